#include "daemon/protocols/smb/smb1_simple_read_write.h"

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/smb1_file.h"

namespace sallyport::smb {
namespace {

/// One byte before the data of WRITE_AND_CLOSE, whatever it is.
constexpr std::size_t kWriteAndClosePadBytes = 1;

struct SimpleRequest {
  std::uint16_t id = 0;
  std::uint64_t length = 0;
  std::uint64_t offset = 0;
};

std::optional<SimpleRequest> parse_simple_request(Bytes words) {
  ByteReader reader(words);
  SimpleRequest request;
  request.id = reader.u16le();
  request.length = reader.u16le();
  request.offset = reader.u32le();
  return reader.ok() ? std::optional(request) : std::nullopt;
}

// The length stands twice; servers go by the one in the words.
bool is_length_in_block(const Smb1Block& block, std::uint64_t length) {
  ByteReader data(block.bytes);
  data.skip(1);
  return data.u16le() == length && data.ok();
}

struct SimpleWrite {
  SimpleRequest request;
  OpenFile* file = nullptr;
};

/// Nothing where the request brings no bytes: it is malformed, or sets the size of the file.
std::optional<SimpleWrite> begin_write(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                       Smb1Request& request) {
  connection.stats().writes.add();
  const auto write = parse_simple_request(block.words);
  if (!write) {
    connection.malformed(nullptr);
    return std::nullopt;
  }
  OpenFile& file = connection.requested_file(message, write->id);
  if (write->length > 0) return SimpleWrite{*write, &file};
  request.size = ask_size(connection.flow().sink, file, write->offset);
  return std::nullopt;
}

}  // namespace

void on_smb1_read_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                          Smb1Request& request) {
  connection.stats().reads.add();
  const auto read = parse_simple_request(block.words);
  if (!read) return connection.malformed(nullptr);
  request.reads.push_back({connection.requested_file(message, read->id).handle, read->offset});
}

Payload on_smb1_read_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                           Smb1Request& request) {
  if (message.header.is_error() || block.words.empty()) return {};
  ByteReader words(block.words);
  const std::uint64_t length = words.u16le();
  if (length > 0 && !is_length_in_block(block, length)) {
    connection.malformed(nullptr);
    connection.files().flag_all(false, Evasion::kSmbFraming);
  }
  return connection.was_read(message, request, length, block.bytes_at + kDataBlockHeadBytes);
}

Payload on_smb1_write_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                              Smb1Request& request) {
  const auto write = begin_write(connection, message, block, request);
  if (!write) return {};
  const Payload payload = connection.written(message, *write->file, write->request.offset, write->request.length,
                                             block.bytes_at + kDataBlockHeadBytes);
  if (!is_length_in_block(block, write->request.length)) connection.malformed(write->file);
  return payload;
}

Payload on_smb1_write_and_close_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                        Smb1Request& request) {
  // Without data servers differ in whether it closes the file: a CLOSE or the next file with this id will tell.
  const auto write = begin_write(connection, message, block, request);
  if (!write) return {};
  const Payload payload = connection.written(message, *write->file, write->request.offset, write->request.length,
                                             block.bytes_at + kWriteAndClosePadBytes);
  if (payload.size > 0) {
    connection.malformed(write->file);  // a message that is longer than any that may be
    return payload;
  }
  close_smb1_file(connection, *write->file, message.time, request);
  return payload;
}

Payload on_smb1_write_print_file_request(Smb1Connection& connection, const Smb1Message& message,
                                         const Smb1Block& block) {
  connection.stats().writes.add();
  ByteReader words(block.words);
  const std::uint16_t id = words.u16le();
  ByteReader data(block.bytes);
  data.skip(1);
  const std::uint64_t length = data.u16le();
  if (!words.ok() || !data.ok()) {
    connection.malformed(nullptr);
    return {};
  }
  OpenFile& file = connection.requested_file(message, id);
  return connection.written(message, file, file.written_end, length, block.bytes_at + kDataBlockHeadBytes);
}

void on_smb1_write_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                         const Smb1Request& request) {
  OpenFile* const sized = connection.files().find(request.size.file);
  if (message.header.is_error()) {
    if (sized != nullptr) return refuse_size(connection.flow().sink, *sized, request.size);
    connection.stats().refused_writes.add();
  } else {
    if (sized != nullptr) return confirm_size(connection.flow().sink, *sized, request.size);
    connection.stats().accepted_bytes.add(ByteReader(block.words).u16le());
  }
  on_smb1_close_reply(connection, message, request);
}

}  // namespace sallyport::smb
