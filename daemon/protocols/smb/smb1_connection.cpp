#include "daemon/protocols/smb/smb1_connection.h"

#include <algorithm>
#include <utility>

#include "daemon/protocols/smb/parser_state.h"
#include "daemon/protocols/smb/utf16.h"

namespace sallyport::smb {
namespace {

/// As a FID: the file that the chain has opened.
constexpr std::uint16_t kChainedId = 0xffff;
/// Files end before it: offsets are signed.
constexpr std::uint64_t kFileEndMax = std::uint64_t{1} << 63;

/// Of a node of a table.
constexpr std::size_t kNodeBytes = 64;

std::size_t bytes_of(const Smb1Request& request) {
  return sizeof request + kNodeBytes + request.reads.capacity() * sizeof(Smb1Read) + request.new_path.size() +
         request.tree_path.size() + request.user.size();
}

}  // namespace

void Smb1Connection::remember(const Smb1Header& header, Smb1Request request) {
  request.command = header.command;
  request.number = ++last_request_;
  const auto before = requests_.find(header.request_key);
  if (before != requests_.end()) {
    // Ids come round again: a request of long ago will not be answered any more.
    const bool waits = request.number - before->second.number < flow_.config.pending_requests_max;
    const bool matters = waits && !before->second.is_empty();
    if (matters && request.is_empty()) return;
    has_mixed_ids_ |= matters;
    requests_bytes_ += bytes_of(request) - bytes_of(before->second);
    before->second = std::move(request);
    return;
  }
  while (!requests_.empty() && requests_.size() >= flow_.config.pending_requests_max) {
    requests_bytes_ -= bytes_of(requests_.begin()->second);
    requests_.erase(requests_.begin());
    stats().evicted_requests.add();
  }
  requests_bytes_ += bytes_of(request);
  requests_.emplace(header.request_key, std::move(request));
}

Smb1Request Smb1Connection::take(const Smb1Header& reply) {
  const auto found = requests_.find(reply.request_key);
  if (found == requests_.end() || found->second.command != reply.command) return {};
  requests_bytes_ -= bytes_of(found->second);
  Smb1Request request = std::move(found->second);
  requests_.erase(found);
  return has_mixed_ids_ ? Smb1Request() : request;
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
  place_file(file, message);
  return file;
}

void Smb1Connection::place_file(OpenFile& file, const Smb1Message& reply) const {
  file.tree = reply.header.tree_id;
  if (const auto tree = trees_.find(reply.header.tree_id); tree != trees_.end()) {
    file.host = tree->second.host;
    file.share = tree->second.name;
    file.is_pipe = file.appends = tree->second.is_pipe;
  }
  if (const auto user = users_.find(reply.header.user_id); user != users_.end()) file.user = user->second;
}

OpenFile& Smb1Connection::requested_file(const Smb1Message& message, std::uint16_t id) {
  const FileId file_id{0, id};
  OpenFile* known = message.chained_file != 0 ? files_.find(message.chained_file) : nullptr;
  if (known == nullptr) known = files_.find(FileKey{kSmb1Session, file_id});
  if (known != nullptr) return *known;
  OpenFile& adopted = files_.add(new_file(message), message.time);
  adopted.is_adopted = true;
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

Payload Smb1Connection::written(const Smb1Message& message, OpenFile& file, std::uint64_t offset, std::uint64_t size,
                                std::uint64_t at) {
  const bool is_beyond = offset > kFileEndMax - size;
  const std::uint64_t begin = is_beyond ? file.written_end : offset;
  const Payload found = payload(message, file, true, begin, size, at);
  ++file.write_count;
  file.written_end = std::max(file.written_end, begin + size);
  if (file.end_of_file) file.end_of_file = std::max(*file.end_of_file, file.written_end);
  if (is_beyond) malformed(&file);
  return found;
}

Payload Smb1Connection::was_read(const Smb1Message& message, Smb1Request& request, std::uint64_t size,
                                 std::uint64_t at) {
  std::optional<Smb1Read> asked;
  if (!request.reads.empty()) {
    asked = request.reads.front();
    request.reads.erase(request.reads.begin());
  }
  if (size == 0) return {};
  OpenFile* file = asked ? files_.find(asked->file) : nullptr;
  if (file == nullptr) {
    stats().unknown_reads.add();
    file = &unknown_file(message.time);
  }
  const std::uint64_t offset = asked ? asked->offset : 0;
  const Payload found = payload(message, *file, false, offset, size, at);
  if (offset > kFileEndMax - size) malformed(file);
  return found;
}

Payload Smb1Connection::opaque(const Smb1Message& message, Direction direction) {
  stats().smb1_not_inspected.add();
  const std::uint64_t at = message.bytes.size();
  const auto user = users_.find(message.header.user_id);
  return opaque_.payload({OpaqueKind::kSmb1Command, NotInspected::kUnknownCoding, direction},
                         user == users_.end() ? std::string() : user->second, message.size - at, at, message.time);
}

void Smb1Connection::forget_requests() {
  requests_.clear();
  requests_bytes_ = 0;
}

// A name of a user or share is 4 KiB at most, and there are few of either.
std::size_t Smb1Connection::memory_bytes() const {
  std::size_t bytes = requests_bytes_;
  for (const auto& [id, user] : users_) bytes += kNodeBytes + user.size();
  for (const auto& [tree, share] : trees_) bytes += kNodeBytes + share.host.size() + share.name.size();
  return bytes;
}

void Smb1Connection::write(StateWriter& out) const {
  out.number(last_request_);
  out.number(has_mixed_ids_);
  out.number(users_.size());
  for (const auto& [id, user] : users_) {
    out.number(id);
    out.text(user);
  }
  out.number(trees_.size());
  for (const auto& [tree, share] : trees_) {
    out.number(tree);
    write_share(share, out);
  }
}

void Smb1Connection::read(StateReader& in) {
  last_request_ = in.number();
  has_mixed_ids_ = in.number() != 0;
  for (std::uint64_t left = in.number(); left > 0; --left) {
    const auto id = static_cast<std::uint16_t>(in.number());
    users_[id] = in.text();
  }
  for (std::uint64_t left = in.number(); left > 0; --left) {
    const auto tree = static_cast<std::uint16_t>(in.number());
    trees_[tree] = read_share(in);
  }
}

void Smb1Connection::malformed(OpenFile* file) {
  stats().malformed.add();
  if (file != nullptr) files_.flag(*file, Evasion::kSmbFraming);
}

std::size_t end_of_smb1_text(Bytes bytes, std::size_t position, bool is_unicode) {
  const std::size_t step = is_unicode ? 2 : 1;
  for (; position < bytes.size() && bytes.size() - position >= step; position += step) {
    const bool is_nul = bytes[position] == std::byte{0} && (!is_unicode || bytes[position + 1] == std::byte{0});
    if (is_nul) return position + step;
  }
  return bytes.size();
}

}  // namespace sallyport::smb
