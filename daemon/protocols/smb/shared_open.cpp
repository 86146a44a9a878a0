// What OpenFiles shares with other flows through GlobalTables.
#include <algorithm>
#include <utility>

#include "daemon/protocols/smb/open_files.h"
#include "daemon/protocols/smb/parser_state.h"

namespace sallyport::smb {

std::string share_prefix(const std::string& host, const std::string& share) {
  return host.empty() || share.empty() ? std::string() : "\\\\" + host + '\\' + share + '\\';
}

std::string full_path(const OpenFile& file) {
  return file.path.empty() ? std::string() : share_prefix(file.host, file.share) + file.path;
}

KnownOpen OpenFiles::known(const OpenFile& file) const {
  KnownOpen open;
  open.identity = file.identity;
  open.host = file.host;
  open.share = file.share;
  open.user = file.user;
  open.path = file.path;
  open.create_guid = file.create_guid;
  open.tree = file.tree;
  open.spans_flows = spans_flows(file);
  open.is_matched = file.is_matched;
  open.is_pipe = file.is_pipe;
  open.is_durable = file.is_durable;
  open.create_seen = !file.is_unseen;
  if (file.write_count == 0) open.end_of_file = file.end_of_file;
  open.size_floor = file.size_floor;
  return open;
}

void OpenFiles::take(OpenFile& file, const KnownOpen& known) {
  if (!known.path.empty()) {
    file.host = known.host;
    file.share = known.share;
    file.user = known.user;
    file.path = known.path;
  }
  file.is_pipe = file.appends = file.is_pipe || known.is_pipe;
  file.is_durable = known.is_durable;
  file.is_matched |= known.is_matched;
  file.is_unseen = !known.create_seen;
  file.create_guid = known.create_guid;
  if (!file.end_of_file && file.write_count == 0) file.end_of_file = known.end_of_file;
  file.size_floor = known.size_floor;
}

void OpenFiles::opened(OpenFile& file, const FileId& id, bool is_replay, Timestamp time) {
  set_id(file, id, time);
  const FileKey key{file.session, id};
  if (file.reconnects) {
    const auto before =
        flow_.tables.reconnect(server(), *file.reconnects, file.create_guid, key, flow_.stats.evicted_shared);
    if (before) {
      file.identity = before->identity;
      const std::string path = std::exchange(file.path, before->path);
      if (file.path.empty()) file.path = path;
      file.is_unseen = !before->create_seen;
      file.size_floor = before->size_floor;
      file.is_matched = before->is_matched;
      // A blocked one is stopped here, before it goes on.
      for (const bool upload : {true, false}) running(file, upload, time);
      return;
    }
    // It was opened before anybody looked: what moved until now is not known.
    file.is_unseen = true;
  }
  if (file.identity.empty()) file.identity = new_identity(file);
  file.identity = flow_.tables.add_open(server(), key, known(file), is_replay, flow_.stats.evicted_shared);
  count_names(file);
}

void OpenFiles::add_address(const IpAddress& address) {
  const Endpoint place{address, flow_.smb_server().port};
  flow_.tables.link_address(place.to_string(), server(), flow_.stats.evicted_shared);
}

std::optional<KnownOpen> OpenFiles::find_shared(const OpenFile& file) const {
  const FileKey key{file.session, *file.id};
  const auto known = flow_.tables.find_open(server(), key);
  return known ? known : flow_.tables.match_open(server(), key, file.tree, flow_.stats.evicted_shared);
}

// Whether bytes of it came at an address that nobody could link to this one, to an object of their own.
bool OpenFiles::is_elsewhere(const OpenFile& file) const {
  if (file.protocol != Protocol::kSmb2 || !file.id || spans_flows(file)) return false;
  const auto known = flow_.tables.find_open(server(), FileKey{file.session, *file.id});
  return known && known->is_elsewhere;
}

OpenFile& OpenFiles::adopt(OpenFile file, const FileId& id, Timestamp time) {
  const FileKey key{file.session, id};
  file.is_adopted = true;
  OpenFile& adopted = add(std::move(file), time);
  set_id(adopted, id, time);
  adopted.identity = new_identity(adopted);
  if (const auto other = find_shared(adopted)) {
    adopted.identity = other->identity;
    take(adopted, *other);
  } else {
    // It may be durable: nobody knows what its CREATE asked for.
    adopted.is_unseen = adopted.is_durable = true;
    flow_.tables.add_open(server(), key, known(adopted), false, flow_.stats.evicted_shared);
  }
  count_names(adopted);
  return adopted;
}

void OpenFiles::learn(OpenFile& file) {
  if (!file.id || !spans_flows(file)) return;
  if (const auto other = flow_.tables.find_open(server(), FileKey{file.session, *file.id})) take(file, *other);
  count_names(file);
}

void OpenFiles::publish(const OpenFile& file) {
  if (!file.id || !spans_flows(file)) return;
  flow_.tables.update_open(server(), FileKey{file.session, *file.id}, known(file), flow_.stats.evicted_shared);
}

void OpenFiles::rename(OpenFile& file, std::string path, Timestamp time) {
  file.path = std::move(path);
  count_names(file);
  publish(file);
  update(file, time);
}

void OpenFiles::make_durable(OpenFile& file) {
  // What began as a transfer of this flow alone stays that.
  if (!spans_flows(file) && (file.read.transfer || file.write.transfer)) return;
  learn(file);
  file.is_durable = true;
  publish(file);
}

void OpenFiles::note_written(OpenFile& file, std::uint64_t end) {
  ++file.write_count;
  file.written_end = std::max(file.written_end, end);
  if (file.end_of_file) file.end_of_file = std::max(*file.end_of_file, end);
  if (file.id && spans_flows(file)) flow_.tables.count_write(server(), FileKey{file.session, *file.id});
}

std::optional<std::uint64_t> OpenFiles::write_count(const OpenFile& file) const {
  if (!spans_flows(file)) return file.write_count;
  const auto shared = file.id ? flow_.tables.find_open(server(), FileKey{file.session, *file.id}) : std::nullopt;
  return shared ? std::optional(shared->write_count) : std::nullopt;
}

std::string OpenFiles::path_of(const FileKey& key) {
  if (const OpenFile* const file = find(key); file != nullptr && !file->path.empty()) return full_path(*file);
  const auto other = flow_.tables.find_open(server(), key);
  return other && !other->path.empty() ? share_prefix(other->host, other->share) + other->path : std::string();
}

void OpenFiles::closed(OpenFile& file) {
  if (file.protocol == Protocol::kSmb2 && file.id) flow_.tables.remove_open(server(), FileKey{file.session, *file.id});
}

void OpenFiles::write(StateWriter& out) const {
  out.text(guid_);
  out.number(multichannel_);
  out.number(last_handle_);
  for (const std::size_t side : {0U, 1U}) {
    out.number(flagged_[side]);
    out.number(lost_[side] ? 1 + static_cast<std::uint64_t>(*lost_[side]) : 0);
  }
}

void OpenFiles::read(StateReader& in) {
  guid_ = in.text();
  multichannel_ = in.number() != 0;
  last_handle_ = in.number();
  for (const std::size_t side : {0U, 1U}) {
    flagged_[side] = static_cast<EvasionSet>(in.number());
    if (const std::uint64_t lost = in.number()) lost_[side] = static_cast<NotInspected>(lost - 1);
  }
}

}  // namespace sallyport::smb
