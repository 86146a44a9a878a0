#include "daemon/protocols/smb/smb1_read_write.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kReadWordsWithHighOffset = 12;
constexpr std::size_t kWriteWordsWithHighOffset = 14;

struct WriteRequest {
  std::uint16_t id = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t data_offset = 0;
};

std::optional<WriteRequest> parse_write_request(Bytes words) {
  ByteReader reader(words);
  reader.skip(4);
  WriteRequest request;
  request.id = reader.u16le();
  request.offset = reader.u32le();
  reader.skip(8);  // timeout, write mode, remaining
  request.length = std::uint64_t{reader.u16le()} << 16;
  request.length |= reader.u16le();
  request.data_offset = reader.u16le();
  if (words.size() >= 2 * kWriteWordsWithHighOffset) request.offset |= std::uint64_t{reader.u32le()} << 32;
  if (!reader.ok()) return std::nullopt;
  return request;
}

}  // namespace

void on_smb1_read_andx_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                               Smb1Request& request) {
  connection.stats().reads.add();
  ByteReader words(block.words);
  words.skip(4);
  const std::uint16_t id = words.u16le();
  std::uint64_t offset = words.u32le();
  words.skip(10);  // counts, timeout, remaining
  if (block.words.size() >= 2 * kReadWordsWithHighOffset) offset |= std::uint64_t{words.u32le()} << 32;
  if (!words.ok()) return connection.malformed(nullptr);
  request.reads.push_back({connection.requested_file(message, id).handle, offset});
}

Payload on_smb1_read_andx_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                Smb1Request& request) {
  if (message.header.is_error() || block.words.empty()) return {};
  ByteReader words(block.words);
  words.skip(10);  // AndX, available, compaction mode, reserved
  std::uint64_t length = words.u16le();
  const std::uint64_t data_offset = words.u16le();
  length |= std::uint64_t{words.u16le()} << 16;
  if (!words.ok()) {
    connection.malformed(nullptr);
    return {};
  }
  const std::uint64_t at = std::max<std::uint64_t>(data_offset, block.bytes_at);
  if (length > 0 && at != data_offset) {
    connection.malformed(nullptr);
    connection.files().flag_all(false, Evasion::kSmbFraming);
  }
  return connection.was_read(message, request, length, at);
}

Payload on_smb1_write_andx_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block) {
  connection.stats().writes.add();
  const auto write = parse_write_request(block.words);
  if (!write) {
    connection.malformed(nullptr);
    return {};
  }
  OpenFile& file = connection.requested_file(message, write->id);
  const std::uint64_t at = std::max<std::uint64_t>(write->data_offset, block.bytes_at);
  const Payload payload = connection.written(message, file, write->offset, write->length, at);
  if (write->length > 0 && at != write->data_offset) connection.malformed(&file);
  return payload;
}

void on_smb1_write_andx_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block) {
  if (message.header.is_error()) return connection.stats().refused_writes.add();
  ByteReader words(block.words);
  words.skip(4);
  const std::uint64_t low = words.u16le();
  words.skip(2);
  connection.stats().accepted_bytes.add(low | std::uint64_t{words.u16le()} << 16);
}

}  // namespace sallyport::smb
