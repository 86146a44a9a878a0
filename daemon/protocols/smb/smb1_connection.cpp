#include "daemon/protocols/smb/smb1_connection.h"

#include <algorithm>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/smb1_file.h"
#include "daemon/protocols/smb/smb1_read_write.h"
#include "daemon/protocols/smb/smb1_session.h"
#include "daemon/protocols/smb/utf16.h"

namespace sallyport::smb {
namespace {

/// Commands in one chain; MS-CIFS 2.2.3.4 chains make sense up to four.
constexpr unsigned kChainMax = 8;
constexpr std::size_t kWordCountAt = kSmb1HeaderBytes;
constexpr std::size_t kFirstWordAt = kSmb1HeaderBytes + 1;
/// As a FID: the file that the chain has opened.
constexpr std::uint16_t kChainedId = 0xffff;

bool carries_unparsed_data(const Smb1Header& header) {
  switch (header.command) {
    case Smb1Command::kCoreWrite:
    case Smb1Command::kWriteAndUnlock:
    case Smb1Command::kWriteRaw:
    case Smb1Command::kWriteMpx:
    case Smb1Command::kWriteAndClose:
      return !header.is_reply;
    case Smb1Command::kCoreRead:
    case Smb1Command::kLockAndRead:
    case Smb1Command::kReadRaw:
    case Smb1Command::kReadMpx:
      return header.is_reply && !header.is_error();
    default:
      return false;
  }
}

bool may_stream(const Smb1Header& header) {
  return header.command == (header.is_reply ? Smb1Command::kReadAndx : Smb1Command::kWriteAndx);
}

std::size_t bounded(std::uint64_t size, std::size_t wanted) {
  return size < wanted ? static_cast<std::size_t>(size) : wanted;
}

}  // namespace

std::size_t Smb1Connection::head_bytes(Bytes head, std::uint64_t message_size) {
  if (head.size() <= kFirstWordAt) return bounded(message_size, kFirstWordAt + 1);
  const auto header = parse_smb1_header(head);
  const auto word_count = std::to_integer<std::size_t>(head[kWordCountAt]);
  const bool is_alone = static_cast<Smb1Command>(head[kFirstWordAt]) == Smb1Command::kNone;
  if (header && may_stream(*header) && word_count > 0 && is_alone) {
    return bounded(message_size, kFirstWordAt + 2 * word_count + 2);
  }
  if (header && carries_unparsed_data(*header)) return head.size();
  return bounded(message_size, kHeadBytesMax);
}

Payload Smb1Connection::on_message(const Smb1Header& header, Direction direction, Bytes bytes, std::uint64_t size,
                                   Timestamp time) {
  stats().smb1_messages.add();
  Smb1Message message{header, bytes, size, time};
  if (carries_unparsed_data(header)) return on_unparsed(message, direction);
  Smb1Request request;
  if (header.is_reply) request = take(header.request_key);
  const Payload payload = on_chain(message, request);
  if (!header.is_reply) remember(header.request_key, std::move(request));
  return payload;
}

Payload Smb1Connection::on_chain(Smb1Message& message, Smb1Request& request) {
  Payload payload;
  Smb1Command command = message.header.command;
  std::size_t offset = kSmb1HeaderBytes;
  for (unsigned i = 0; i < kChainMax && command != Smb1Command::kNone; ++i) {
    const auto block = parse_smb1_block(message.bytes, command, offset);
    if (!block) {
      malformed(nullptr);
      break;
    }
    const Payload found =
        message.header.is_reply ? on_reply_block(message, *block, request) : on_request_block(message, *block, request);
    if (found.size > 0) payload = found;
    // Going on only forwards: a chain that points back would never end.
    if (block->next_command != Smb1Command::kNone && block->next_offset <= offset) {
      malformed(nullptr);
      break;
    }
    command = block->next_command;
    offset = block->next_offset;
  }
  return payload;
}

Payload Smb1Connection::on_request_block(Smb1Message& message, const Smb1Block& block, Smb1Request& request) {
  switch (block.command) {
    case Smb1Command::kSessionSetupAndx:
      on_smb1_session_setup_request(*this, message, block, request);
      break;
    case Smb1Command::kTreeConnectAndx:
      on_smb1_tree_connect_request(*this, message, block, request);
      break;
    case Smb1Command::kTreeDisconnect:
      request.disconnects_tree = true;
      break;
    case Smb1Command::kNtCreateAndx:
    case Smb1Command::kOpenAndx:
      on_smb1_open_request(*this, message, block, request);
      break;
    case Smb1Command::kClose:
      on_smb1_close_request(*this, message, block, request);
      break;
    case Smb1Command::kReadAndx:
      on_smb1_read_request(*this, message, block, request);
      break;
    case Smb1Command::kWriteAndx:
      return on_smb1_write_request(*this, message, block);
    default:
      break;
  }
  return {};
}

Payload Smb1Connection::on_reply_block(Smb1Message& message, const Smb1Block& block, Smb1Request& request) {
  switch (block.command) {
    case Smb1Command::kSessionSetupAndx:
      on_smb1_session_setup_reply(*this, message, request);
      break;
    case Smb1Command::kTreeConnectAndx:
      on_smb1_tree_connect_reply(*this, message, block, request);
      break;
    case Smb1Command::kTreeDisconnect:
      on_smb1_tree_disconnect_reply(*this, message, request);
      break;
    case Smb1Command::kNtCreateAndx:
    case Smb1Command::kOpenAndx:
      on_smb1_open_reply(*this, message, block, request);
      break;
    case Smb1Command::kClose:
      on_smb1_close_reply(*this, message, request);
      break;
    case Smb1Command::kReadAndx:
      return on_smb1_read_reply(*this, message, block, request);
    case Smb1Command::kWriteAndx:
      on_smb1_write_reply(*this, message, block);
      break;
    default:
      break;
  }
  return {};
}

Payload Smb1Connection::on_unparsed(const Smb1Message& message, Direction direction) {
  stats().smb1_not_inspected.add();
  const std::uint64_t at = message.bytes.size();
  const auto user = users_.find(message.header.user_id);
  return opaque_.payload({OpaqueKind::kSmb1Command, NotInspected::kUnknownCoding, direction},
                         user == users_.end() ? std::string() : user->second, message.size - at, at, message.time);
}

void Smb1Connection::remember(std::uint64_t key, Smb1Request request) {
  while (!requests_.empty() && requests_.size() >= flow_.config.pending_requests_max) {
    requests_.erase(requests_.begin());
    stats().evicted_requests.add();
  }
  requests_.insert_or_assign(key, std::move(request));
}

Smb1Request Smb1Connection::take(std::uint64_t key) {
  const auto found = requests_.find(key);
  if (found == requests_.end()) return {};
  Smb1Request request = std::move(found->second);
  requests_.erase(found);
  return request;
}

std::string Smb1Connection::text(const Smb1Message& message, Bytes bytes) const {
  return message.header.is_unicode ? utf8_from_utf16(bytes, flow_.config.name_bytes_max)
                                   : utf8_from_bytes(bytes, flow_.config.name_bytes_max);
}

std::string Smb1Connection::aligned_text(const Smb1Message& message, const Smb1Block& block,
                                         std::size_t position) const {
  if (message.header.is_unicode) position += (block.bytes_at + position) % 2;
  return position > block.bytes.size() ? std::string() : text(message, block.bytes.subspan(position));
}

OpenFile Smb1Connection::new_file(const Smb1Message& message) const {
  OpenFile file;
  file.protocol = Protocol::kSmb1;
  file.session = kSmb1Session;
  file.tree = message.header.tree_id;
  if (const auto tree = trees_.find(message.header.tree_id); tree != trees_.end()) {
    file.host = tree->second.host;
    file.share = tree->second.name;
    file.is_pipe = file.appends = tree->second.is_pipe;
  }
  if (const auto user = users_.find(message.header.user_id); user != users_.end()) file.user = user->second;
  return file;
}

OpenFile& Smb1Connection::requested_file(const Smb1Message& message, std::uint16_t id) {
  const FileId file_id{0, id};
  OpenFile* known = message.chained_file != 0 ? files_.find(message.chained_file) : nullptr;
  if (known == nullptr) known = files_.find(FileKey{kSmb1Session, file_id});
  if (known != nullptr) return *known;
  OpenFile& adopted = files_.add(new_file(message), message.time);
  if (id != kChainedId) files_.set_id(adopted, file_id, message.time);
  return adopted;
}

OpenFile& Smb1Connection::unknown_file(Timestamp time) {
  if (OpenFile* const known = files_.find(unknown_file_); known != nullptr) return *known;
  OpenFile file;
  file.protocol = Protocol::kSmb1;
  file.session = kSmb1Session;
  file.appends = true;
  OpenFile& added = files_.add(std::move(file), time);
  unknown_file_ = added.handle;
  return added;
}

void Smb1Connection::set_tree(std::uint16_t tree, Share share) {
  while (!trees_.empty() && trees_.size() >= flow_.config.trees_max) trees_.erase(trees_.begin());
  trees_.insert_or_assign(tree, std::move(share));
}

void Smb1Connection::set_user(std::uint16_t id, std::string user) {
  while (!users_.empty() && users_.size() >= flow_.config.sessions_max) users_.erase(users_.begin());
  users_.insert_or_assign(id, std::move(user));
}

Payload Smb1Connection::payload(const Smb1Message& message, OpenFile& file, bool upload, std::uint64_t offset,
                                std::uint64_t size, std::uint64_t at) {
  const std::uint64_t fits = std::min(size, message.size - std::min(at, message.size));
  Payload payload = files_.payload(file, upload, offset, fits, at, message.time);
  (upload ? stats().written_bytes : stats().read_bytes).add(fits);
  if (fits != size) malformed(&file);
  if (payload.size == 0 || at >= message.bytes.size()) return payload;
  // The message was buffered because of its chain: these bytes will not come again.
  const Bytes buffered = prefix(message.bytes.subspan(static_cast<std::size_t>(at)), static_cast<std::size_t>(fits));
  if (payload.interest >= Interest::kDigest) {
    flow_.sink.chunk(payload.id, payload.offset, buffered, flow_.flow.id, message.time);
  } else {
    flow_.sink.pass(payload.id, payload.offset, buffered.size(), flow_.flow.id, message.time);
  }
  payload.offset += buffered.size();
  payload.at += buffered.size();
  payload.size -= buffered.size();
  if (payload.size == 0) flow_.sink.unit_end(payload.id, flow_.flow.id, message.time);
  return payload;
}

void Smb1Connection::malformed(OpenFile* file) {
  stats().malformed.add();
  if (file != nullptr) files_.flag(*file, Evasion::kSmbFraming);
}

}  // namespace sallyport::smb
