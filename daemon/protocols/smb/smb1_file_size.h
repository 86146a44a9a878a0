// Sizes that an SMB1 client sets: when a truncation counts, and what is undone where the server refuses it.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/protocols/smb/open_files.h"

namespace sallyport::smb {

/// A request to set the end of a file, until its reply comes. A value.
struct SizeChange {
  std::uint64_t file = 0;  ///< handle in OpenFiles; zero: none was asked for
  std::uint64_t size = 0;
  std::uint64_t write_count = 0;             ///< of the file, when it was asked for
  bool is_applied = false;                   ///< it grew the file, which was taken as done at once
  std::optional<std::uint64_t> size_before;  ///< of a change that was applied: what to go back to on an error
};

/// Growing is taken as done; bytes go only when the server has said so, so that no refused truncation hides a write.
/// While the server has not answered, or more was written before it did, nobody knows what is left of the file: it is
/// not told whole.
SizeChange ask_size(TransferSink& sink, OpenFile& file, std::uint64_t size);
void confirm_size(TransferSink& sink, OpenFile& file, const SizeChange& change);
void refuse_size(TransferSink& sink, OpenFile& file, const SizeChange& change);
/// To be called when what is written to the file ends.
void settle_size(TransferSink& sink, OpenFile& file);

}  // namespace sallyport::smb
