// Messages of which nothing is known, because they fell into a gap or the framing was lost: whatever they carried was
// not inspected. One transfer for each direction of a flow, with the bytes that are missing and nothing else.
#pragma once

#include <array>
#include <cstdint>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

/// Not thread-safe; lives as long as the parser.
class LostMessages {
 public:
  explicit LostMessages(SmbFlow& flow) : flow_(flow) {}

  /// `size` bytes, at least; zero where nobody knows how many.
  void lost(Direction direction, Protocol protocol, std::uint64_t size, Timestamp time);
  void end_all(EndReason reason, Timestamp time);
  bool is_idle() const { return !running_[0].id && !running_[1].id; }

 private:
  struct Running {
    TransferId id;
    std::uint64_t size = 0;
  };

  SmbFlow& flow_;
  std::array<Running, 2> running_{};  // by index_of(Direction)
};

}  // namespace sallyport::smb
