#include "daemon/protocols/smb/smb1_file_size.h"

#include <algorithm>

namespace sallyport::smb {
namespace {

void resize(TransferSink& sink, OpenFile& file, std::uint64_t size) {
  file.size_set = size;
  file.written_end = std::min(file.written_end, size);
  if (file.end_of_file) file.end_of_file = size;
  if (file.write.transfer) sink.resize(file.write.transfer, size);
}

// Two readings: with the bytes that the server may have cut off, and without.
void doubt(TransferSink& sink, const OpenFile& file, std::uint64_t size) {
  if (!file.write.transfer) return;
  sink.flag(file.write.transfer, bit(Evasion::kSmbFraming));
  sink.hole(file.write.transfer, size, 0, NotInspected::kGap);
}

}  // namespace

SizeChange ask_size(TransferSink& sink, OpenFile& file, std::uint64_t size) {
  SizeChange change{file.handle, size, file.write_count, false, file.size_set};
  change.is_applied = size >= std::max(file.written_end, file.size_set.value_or(0));
  if (change.is_applied) {
    resize(sink, file, size);
  } else {
    ++file.open_cuts;
  }
  return change;
}

void confirm_size(TransferSink& sink, OpenFile& file, const SizeChange& change) {
  if (change.is_applied) return;
  if (file.open_cuts > 0) --file.open_cuts;
  if (change.write_count == file.write_count || change.size >= file.written_end) return resize(sink, file, change.size);
  doubt(sink, file, change.size);
}

void refuse_size(TransferSink& sink, OpenFile& file, const SizeChange& change) {
  if (!change.is_applied) {
    if (file.open_cuts > 0) --file.open_cuts;
    return;
  }
  file.size_set = change.size_before;
  const std::uint64_t size = std::max(file.written_end, change.size_before.value_or(0));
  if (file.write.transfer) sink.resize(file.write.transfer, size);
}

void settle_size(TransferSink& sink, OpenFile& file) {
  if (file.open_cuts > 0) doubt(sink, file, file.written_end);
  file.open_cuts = 0;
}

}  // namespace sallyport::smb
