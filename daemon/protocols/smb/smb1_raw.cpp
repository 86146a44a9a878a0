#include "daemon/protocols/smb/smb1_raw.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/netbios_framing.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kReadWordsWithHighOffset = 10;
constexpr std::size_t kWriteWordsWithHighOffset = 14;
/// Of frames that are raw data.
constexpr Smb1Header kNoHeader{};

bool looks_like_message(Bytes head) {
  return message_bytes_min(ByteReader(head).u32be()) > 0;
}

}  // namespace

std::size_t smb1_raw_head_bytes(Bytes head, std::uint64_t available) {
  if (!looks_like_message(head)) return head.size();
  return available < kSmb1HeaderBytes ? static_cast<std::size_t>(available) : kSmb1HeaderBytes;
}

bool Smb1RawDialogs::is_part(const Smb1Header& header) {
  return header.command == Smb1Command::kWriteRaw || header.command == Smb1Command::kWriteComplete ||
         (header.command == Smb1Command::kReadRaw && !header.is_reply);
}

Payload Smb1RawDialogs::on_message(const Smb1Message& message) {
  if (message.header.is_reply) {
    on_write_reply(message);
  } else if (message.header.command == Smb1Command::kReadRaw) {
    on_read_request(message);
  } else if (message.header.command == Smb1Command::kWriteRaw) {
    return on_write_request(message);
  }
  return {};
}

Payload Smb1RawDialogs::on_write_request(const Smb1Message& message) {
  connection_.stats().writes.add();
  const auto block = parse_smb1_block(message.bytes, message.header.command, kSmb1HeaderBytes);
  ByteReader words(block ? block->words : Bytes{});
  const std::uint16_t id = words.u16le();
  const std::uint64_t total = words.u16le();
  words.skip(2);
  std::uint64_t offset = words.u32le();
  words.skip(10);  // timeout, write mode, reserved
  const std::uint64_t length = words.u16le();
  const std::uint64_t data_offset = words.u16le();
  if (block && block->words.size() >= 2 * kWriteWordsWithHighOffset) offset |= std::uint64_t{words.u32le()} << 32;
  if (!words.ok()) {
    connection_.malformed(nullptr);
    return {};
  }
  OpenFile& file = connection_.requested_file(message, id);
  if (write_) give_up_write();
  write_ = RawWrite{message.header.request_key, file.handle, offset + length, total - std::min(total, length)};
  if (length == 0) return {};
  const std::uint64_t at = std::max<std::uint64_t>(data_offset, block->bytes_at);
  const Payload payload = connection_.written(message, file, offset, length, at);
  if (at != data_offset || length > total) connection_.malformed(&file);
  return payload;
}

void Smb1RawDialogs::on_write_reply(const Smb1Message& message) {
  if (message.header.is_error()) connection_.stats().refused_writes.add();
  if (!write_ || write_->request_key != message.header.request_key) return;
  const bool is_interim = message.header.command == Smb1Command::kWriteRaw && !message.header.is_error();
  if (is_interim) {
    write_->is_confirmed = true;
  } else if (!write_->is_confirmed) {
    write_.reset();
  }
}

void Smb1RawDialogs::on_read_request(const Smb1Message& message) {
  connection_.stats().reads.add();
  const auto block = parse_smb1_block(message.bytes, message.header.command, kSmb1HeaderBytes);
  ByteReader words(block ? block->words : Bytes{});
  const std::uint16_t id = words.u16le();
  std::uint64_t offset = words.u32le();
  const std::uint64_t size_max = words.u16le();
  words.skip(8);  // least bytes, timeout, reserved
  if (block && block->words.size() >= 2 * kReadWordsWithHighOffset) offset |= std::uint64_t{words.u32le()} << 32;
  if (!words.ok() || reads_.size() >= kRawReadsMax) return connection_.malformed(nullptr);
  reads_.push_back({connection_.requested_file(message, id).handle, offset, size_max});
}

bool Smb1RawDialogs::is_raw(bool upload, Bytes head) {
  if (!looks_like_message(head)) return true;
  if (upload) {
    if (write_->is_confirmed) return true;
    give_up_write();
    return false;
  }
  const auto header = parse_smb1_header(head);
  if (header && header->is_oplock_break()) return false;
  if (!connection_.expects_replies()) return true;
  if (OpenFile* const file = connection_.files().find(reads_.front().file)) connection_.malformed(file);
  return false;
}

Payload Smb1RawDialogs::on_raw(bool upload, Bytes head, std::uint64_t size, Timestamp time) {
  connection_.stats().smb1_raw_messages.add();
  const Smb1Message frame{kNoHeader, head, size, time};
  return upload ? take_write(frame) : take_read(frame);
}

Payload Smb1RawDialogs::take_write(const Smb1Message& frame) {
  const RawWrite write = *write_;
  write_.reset();
  OpenFile* const file = connection_.files().find(write.file);
  if (file == nullptr) return {};
  const Payload payload = connection_.written(frame, *file, write.offset, frame.size, 0);
  if (frame.size > write.size) connection_.malformed(file);
  return payload;
}

Payload Smb1RawDialogs::take_read(const Smb1Message& frame) {
  const RawRead read = reads_.front();
  reads_.pop_front();
  Smb1Request request;
  request.reads.push_back({read.file, read.offset});
  const Payload payload = connection_.was_read(frame, request, frame.size, 0);
  if (frame.size > read.size_max) connection_.malformed(connection_.files().find(read.file));
  return payload;
}

void Smb1RawDialogs::on_empty(bool upload) {
  if (upload) {
    write_.reset();
  } else if (!reads_.empty()) {
    reads_.pop_front();
  }
}

void Smb1RawDialogs::messages_lost(bool upload) {
  if (upload && write_) give_up_write();
  if (upload) return;
  for (const RawRead& read : reads_) {
    const OpenFile* const file = connection_.files().find(read.file);
    if (file == nullptr || !file->read.transfer || file->end_of_file) continue;
    connection_.flow().sink.hole(file->read.transfer, read.offset, 0, NotInspected::kGap);
  }
  reads_.clear();
}

// What was to be written raw was not seen, or is not known to be what was.
void Smb1RawDialogs::give_up_write() {
  const RawWrite write = *write_;
  write_.reset();
  OpenFile* const file = connection_.files().find(write.file);
  if (file == nullptr || write.size == 0) return;
  if (file->write.transfer) {
    connection_.flow().sink.hole(file->write.transfer, write.offset, write.size, NotInspected::kGap);
  }
  connection_.malformed(file);
}

}  // namespace sallyport::smb
