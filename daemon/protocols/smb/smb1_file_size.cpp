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

}  // namespace

SizeChange ask_size(TransferSink& sink, OpenFile& file, std::uint64_t size) {
  SizeChange change{file.handle, size, file.write_count, false, file.size_set};
  change.is_applied = size >= std::max(file.written_end, file.size_set.value_or(0));
  if (change.is_applied) resize(sink, file, size);
  return change;
}

void confirm_size(TransferSink& sink, OpenFile& file, const SizeChange& change) {
  if (change.is_applied) return;
  if (change.write_count == file.write_count || change.size >= file.written_end) resize(sink, file, change.size);
}

void refuse_size(TransferSink& sink, OpenFile& file, const SizeChange& change) {
  if (!change.is_applied) return;
  file.size_set = change.size_before;
  const std::uint64_t size = std::max(file.written_end, change.size_before.value_or(0));
  if (file.write.transfer) sink.resize(file.write.transfer, size);
}

}  // namespace sallyport::smb
