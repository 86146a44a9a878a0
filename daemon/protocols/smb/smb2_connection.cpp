#include "daemon/protocols/smb/smb2_connection.h"

#include <utility>

#include "daemon/protocols/smb/parser_state.h"
#include "daemon/protocols/smb/utf16.h"

namespace sallyport::smb {
namespace {

/// Of a node of a table, and of the node of async_ that there may be.
constexpr std::size_t kNodeBytes = 128;

std::size_t bytes_of(const Smb2Request& request) {
  return sizeof request + kNodeBytes + request.name.size() + request.copied.size() * sizeof(ByteRange);
}

}  // namespace

std::string Smb2Connection::name_from(Bytes utf16) const {
  return utf8_from_utf16(utf16, flow_.config.name_bytes_max);
}

void Smb2Connection::remember(std::uint64_t message_id, Smb2Request request) {
  forget(message_id);
  while (!requests_.empty() && requests_.size() >= flow_.config.pending_requests_max) {
    forget(requests_.begin()->first);
    flow_.stats.evicted_requests.add();
  }
  requests_bytes_ += bytes_of(request);
  requests_.insert_or_assign(message_id, std::move(request));
}

void Smb2Connection::forget(std::uint64_t message_id) {
  const auto found = requests_.find(message_id);
  if (found == requests_.end()) return;
  if (found->second.async_id != 0) async_.erase(found->second.async_id);
  requests_bytes_ -= bytes_of(found->second);
  requests_.erase(found);
}

std::optional<Smb2Request> Smb2Connection::take(const Smb2Header& reply) {
  auto found = requests_.find(reply.message_id);
  if (found == requests_.end() && reply.is_async()) {
    const auto async = async_.find(reply.async_id);
    if (async != async_.end()) found = requests_.find(async->second);
  }
  if (found == requests_.end() || found->second.command != reply.command) return std::nullopt;
  if (reply.is(NtStatus::kPending)) {
    if (reply.is_async() && found->second.async_id == 0 && reply.async_id != 0) {
      found->second.async_id = reply.async_id;
      async_[reply.async_id] = found->first;
    }
    return std::nullopt;
  }
  requests_bytes_ -= bytes_of(found->second);
  Smb2Request request = std::move(found->second);
  if (request.async_id != 0) async_.erase(request.async_id);
  requests_.erase(found);
  return request;
}

void Smb2Connection::forget_requests() {
  requests_.clear();
  async_.clear();
  requests_bytes_ = 0;
}

// Both change seldom, and SmbConfig bounds them.
void Smb2Connection::count_tables() {
  tables_bytes_ = (users_.size() + trees_.size()) * kNodeBytes;
  for (const auto& [session, user] : users_) tables_bytes_ += user.size();
  for (const auto& [key, share] : trees_) tables_bytes_ += share.host.size() + share.name.size();
}

void Smb2Connection::set_user(std::uint64_t session, std::string user) {
  flow_.tables.set_user(files_.server(), session, user, flow_.stats.evicted_shared);
  while (!users_.empty() && users_.size() >= flow_.config.sessions_max) users_.erase(users_.begin());
  users_.insert_or_assign(session, std::move(user));
  count_tables();
}

std::string Smb2Connection::user(std::uint64_t session) const {
  const auto found = users_.find(session);
  return found == users_.end() ? flow_.tables.user(files_.server(), session) : found->second;
}

void Smb2Connection::remove_session(std::uint64_t session) {
  flow_.tables.remove_session(files_.server(), session);
  users_.erase(session);
  auto next = trees_.lower_bound({session, 0});
  while (next != trees_.end() && next->first.first == session) next = trees_.erase(next);
  count_tables();
}

void Smb2Connection::set_tree(std::uint64_t session, std::uint32_t tree, Share known) {
  flow_.tables.set_tree(files_.server(), session, tree, known, flow_.stats.evicted_shared);
  while (!trees_.empty() && trees_.size() >= flow_.config.trees_max) trees_.erase(trees_.begin());
  trees_.insert_or_assign(TreeKey{session, tree}, std::move(known));
  count_tables();
}

Share Smb2Connection::tree(std::uint64_t session, std::uint32_t tree) const {
  const auto found = trees_.find({session, tree});
  return found == trees_.end() ? flow_.tables.tree(files_.server(), session, tree) : found->second;
}

void Smb2Connection::remove_tree(std::uint64_t session, std::uint32_t tree) {
  flow_.tables.remove_tree(files_.server(), session, tree);
  trees_.erase({session, tree});
  count_tables();
}

void Smb2Connection::begin_request(const Smb2Header& header, bool first) {
  if (header.is_related() && !first) return;
  session_ = header.session_id;
  tree_ = header.tree_id;
  current_file_ = 0;
}

OpenFile Smb2Connection::new_file() const {
  Share share = tree(session_, tree_);
  OpenFile file;
  file.session = session_;
  file.tree = tree_;
  file.host = std::move(share.host);
  file.share = std::move(share.name);
  file.is_pipe = file.appends = share.is_pipe;
  file.user = user(session_);
  return file;
}

OpenFile& Smb2Connection::unknown_file(Timestamp time) {
  if (OpenFile* const known = files_.find(unknown_file_); known != nullptr) return *known;
  OpenFile file;
  file.appends = file.is_unplaced = true;
  OpenFile& added = files_.add(std::move(file), time);
  unknown_file_ = added.handle;
  return added;
}

OpenFile* Smb2Connection::requested_file(const Smb2Header& header, const FileId& id, Timestamp time) {
  if (header.is_related() && current_file_ != 0) {
    // Servers take the file of the request before, whatever this one says (Samba, MS-SMB2 3.3.5.2.7.2).
    OpenFile* const file = files_.find(current_file_);
    if (file != nullptr && id != kRelatedFileId && file->id != id) malformed(file);
    return file;
  }
  if (id == kRelatedFileId) return nullptr;
  OpenFile* file = files_.find(FileKey{session_, id});
  if (file == nullptr) {
    file = &files_.adopt(new_file(), id, time);
  }
  current_file_ = file->handle;
  return file;
}

void Smb2Connection::write(StateWriter& out) const {
  out.number(has_replies_);
  out.number(chains_compression_ ? 1 + *chains_compression_ : 0);
  out.number(users_.size());
  for (const auto& [session, user] : users_) {
    out.number(session);
    out.text(user);
  }
  out.number(trees_.size());
  for (const auto& [key, share] : trees_) {
    out.number(key.first);
    out.number(key.second);
    write_share(share, out);
  }
}

void Smb2Connection::read(StateReader& in) {
  has_replies_ = in.number() != 0;
  if (const std::uint64_t chains = in.number()) chains_compression_ = chains > 1;
  for (std::uint64_t left = in.number(); left > 0; --left) {
    const std::uint64_t session = in.number();
    users_[session] = in.text();
  }
  for (std::uint64_t left = in.number(); left > 0; --left) {
    const std::uint64_t session = in.number();
    const auto tree = static_cast<std::uint32_t>(in.number());
    trees_[{session, tree}] = read_share(in);
  }
  count_tables();
}

void Smb2Connection::malformed(OpenFile* file) {
  flow_.stats.malformed.add();
  if (file != nullptr) files_.flag(*file, Evasion::kSmbFraming);
}

}  // namespace sallyport::smb
