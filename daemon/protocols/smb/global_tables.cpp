#include "daemon/protocols/smb/global_tables.h"

#include <array>
#include <charconv>
#include <utility>

namespace sallyport::smb {
namespace {

/// An address that stands for an address that stands for a GUID; more come of servers that say false things.
constexpr int kAliasHopsMax = 4;

void append_hex(std::string& text, std::uint64_t value) {
  std::array<char, 16> digits;
  text += '|';
  text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr);
}

std::string key_of(const std::string& server, std::uint64_t number) {
  std::string key = server;
  append_hex(key, number);
  return key;
}

std::string key_of(const std::string& server, std::uint64_t session, std::uint32_t tree) {
  std::string key = key_of(server, session);
  append_hex(key, tree);
  return key;
}

std::string key_of(const std::string& server, const FileKey& file) {
  std::string key = key_of(server, file.session);
  append_hex(key, file.id.persistent);
  append_hex(key, file.id.volatile_part);
  return key;
}

std::string key_of(const std::string& server, const std::string& create_guid) {
  return server + "|guid|" + create_guid;
}

std::string place_key(const FileKey& file) {
  return key_of("file", file);
}

/// A GUID has no colon.
bool is_address(const std::string& server) {
  return server.find(':') != std::string::npos;
}

std::size_t bytes_of(const KnownOpen& open) {
  return sizeof(open) + open.identity.size() + open.host.size() + open.share.size() + open.user.size() +
         open.path.size();
}

void fill(std::string& known, const std::string& told) {
  if (known.empty()) known = told;
}

}  // namespace

GlobalTables::GlobalTables(const GlobalTablesLimits& limits)
    : servers_(limits.servers_max, limits.bytes_max),
      users_(limits.sessions_max, limits.bytes_max),
      trees_(limits.trees_max, limits.bytes_max),
      opens_(limits.opens_max, limits.bytes_max),
      durable_(limits.opens_max, limits.bytes_max),
      copy_sources_(limits.copy_sources_max, limits.bytes_max),
      places_(limits.opens_max, limits.bytes_max) {}

void GlobalTables::set_server(const std::string& address, const std::string& guid, Counter& evicted) {
  const std::lock_guard lock(mutex_);
  evicted.add(servers_.set(address, guid, guid.size()));
}

std::string GlobalTables::server_at(const std::string& address) {
  const std::lock_guard lock(mutex_);
  return resolve(address);
}

// Called with the mutex held. An address may stand for another one, which a NEGOTIATE named later.
std::string GlobalTables::resolve(const std::string& address) {
  std::string server = address;
  for (int hops = 0; hops < kAliasHopsMax; ++hops) {
    const std::string* const known = servers_.find(server);
    if (known == nullptr || *known == server) break;
    server = *known;
  }
  return server;
}

void GlobalTables::link_address(const std::string& address, const std::string& server, Counter& evicted) {
  const std::lock_guard lock(mutex_);
  if (servers_.find(address) != nullptr || resolve(server) == address) return;
  evicted.add(servers_.set(address, server, server.size()));
}

void GlobalTables::set_user(const std::string& server, std::uint64_t session, std::string user, Counter& evicted) {
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = user.size();
  evicted.add(users_.set(key_of(server, session), std::move(user), bytes));
}

std::string GlobalTables::user(const std::string& server, std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  const std::string* const known = users_.find(key_of(server, session));
  return known == nullptr ? std::string() : *known;
}

void GlobalTables::remove_session(const std::string& server, std::uint64_t session) {
  const std::lock_guard lock(mutex_);
  users_.erase(key_of(server, session));
}

void GlobalTables::set_tree(const std::string& server, std::uint64_t session, std::uint32_t tree, Share share,
                            Counter& evicted) {
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = share.host.size() + share.name.size();
  evicted.add(trees_.set(key_of(server, session, tree), std::move(share), bytes));
}

Share GlobalTables::tree(const std::string& server, std::uint64_t session, std::uint32_t tree) {
  const std::lock_guard lock(mutex_);
  const Share* const known = trees_.find(key_of(server, session, tree));
  return known == nullptr ? Share{} : *known;
}

void GlobalTables::remove_tree(const std::string& server, std::uint64_t session, std::uint32_t tree) {
  const std::lock_guard lock(mutex_);
  trees_.erase(key_of(server, session, tree));
}

std::string GlobalTables::add_open(const std::string& server, const FileKey& key, KnownOpen open, bool is_replay,
                                   Counter& evicted) {
  const std::lock_guard lock(mutex_);
  const KnownOpen* before = opens_.find(key_of(server, key));
  if (before == nullptr && open.create_seen) before = met_elsewhere(server, key, open);
  if (before != nullptr) {
    open.is_matched |= before->is_matched;
    if (is_replay || !before->create_seen) {
      open.identity = before->identity;
    } else if (before->identity == open.identity) {
      open.identity += '+';
    }
  }
  store(server, key, open, evicted);
  return open.identity;
}

std::optional<KnownOpen> GlobalTables::find_open(const std::string& server, const FileKey& key) {
  const std::lock_guard lock(mutex_);
  const KnownOpen* const known = opens_.find(key_of(server, key));
  return known == nullptr ? std::nullopt : std::optional(*known);
}

// Called with the mutex held. Null where the ids mean nothing elsewhere, or something else.
KnownOpen* GlobalTables::same_ids(const std::string& server, const FileKey& key, std::uint32_t tree) {
  const std::string* const other = places_.find(place_key(key));
  if (other == nullptr || *other == server || (!is_address(server) && !is_address(*other))) return nullptr;
  KnownOpen* const known = opens_.find(key_of(*other, key));
  return known == nullptr || known->tree != tree ? nullptr : known;
}

// Called with the mutex held. Threads do not wait for each other: bytes of a channel may have come before the CREATE.
const KnownOpen* GlobalTables::met_elsewhere(const std::string& server, const FileKey& key, KnownOpen& open) {
  KnownOpen* const met = same_ids(server, key, open.tree);
  if (met == nullptr || met->create_seen) return nullptr;
  open.is_elsewhere = !open.spans_flows;
  met->is_matched = open.spans_flows;
  return open.spans_flows ? met : nullptr;
}

std::optional<KnownOpen> GlobalTables::match_open(const std::string& server, const FileKey& key, std::uint32_t tree,
                                                  Counter& evicted) {
  const std::lock_guard lock(mutex_);
  KnownOpen* const known = same_ids(server, key, tree);
  if (known == nullptr) return std::nullopt;
  const std::string other = *places_.find(place_key(key));
  if (!known->spans_flows) {
    known->is_elsewhere = true;
    return std::nullopt;
  }
  known->is_matched = true;
  const KnownOpen open = *known;
  const bool keeps_place = is_address(server);
  const std::string& alias = keeps_place ? server : other;
  const std::string& name = keeps_place ? other : server;
  evicted.add(servers_.set(alias, name, name.size()));
  if (keeps_place) return open;
  opens_.erase(key_of(other, key));
  store(server, key, open, evicted);
  return open;
}

void GlobalTables::update_open(const std::string& server, const FileKey& key, KnownOpen open, Counter& evicted) {
  const std::lock_guard lock(mutex_);
  const KnownOpen* const before = opens_.find(key_of(server, key));
  if (before == nullptr) return;
  open.identity = before->identity;
  open.write_count = before->write_count;
  open.is_matched |= before->is_matched;
  open.is_elsewhere |= before->is_elsewhere;
  store(server, key, open, evicted);
}

void GlobalTables::count_write(const std::string& server, const FileKey& key) {
  const std::lock_guard lock(mutex_);
  KnownOpen* const known = opens_.find(key_of(server, key));
  if (known == nullptr) return;
  ++known->write_count;
  known->end_of_file.reset();
}

void GlobalTables::remove_open(const std::string& server, const FileKey& key) {
  const std::lock_guard lock(mutex_);
  const std::string name = key_of(server, key);
  const KnownOpen* const known = opens_.find(name);
  if (known == nullptr) return;
  for (const std::string& alias : {key_of(server, key.id.persistent), key_of(server, known->create_guid)}) {
    const std::string* const meant = durable_.find(alias);
    if (meant != nullptr && *meant == name) durable_.erase(alias);
  }
  opens_.erase(name);
  const std::string* const place = places_.find(place_key(key));
  if (place != nullptr && *place == server) places_.erase(place_key(key));
}

std::optional<KnownOpen> GlobalTables::reconnect(const std::string& server, const FileId& before,
                                                 const std::string& create_guid, const FileKey& now, Counter& evicted) {
  const std::lock_guard lock(mutex_);
  const std::string* meant = durable_.find(key_of(server, before.persistent));
  if (meant == nullptr && !create_guid.empty()) meant = durable_.find(key_of(server, create_guid));
  const KnownOpen* const known = meant == nullptr ? nullptr : opens_.find(*meant);
  // Two opens with one persistent id (MS-SMB2 3.3.5.9.12: the CreateGuid must be the same).
  const bool is_other =
      known != nullptr && !create_guid.empty() && !known->create_guid.empty() && known->create_guid != create_guid;
  if (known == nullptr || is_other) return std::nullopt;
  KnownOpen open = *known;
  fill(open.create_guid, create_guid);
  opens_.erase(std::string(*meant));
  store(server, now, open, evicted);
  return open;
}

void GlobalTables::set_copy_source(const std::string& token, CopySource source, Counter& evicted) {
  const std::lock_guard lock(mutex_);
  const std::size_t bytes = source.path.size();
  evicted.add(copy_sources_.set(token, std::move(source), bytes));
}

CopySource GlobalTables::copy_source(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const CopySource* const source = copy_sources_.find(token);
  return source == nullptr ? CopySource{} : *source;
}

// Called with the mutex held.
void GlobalTables::store(const std::string& server, const FileKey& key, const KnownOpen& open, Counter& evicted) {
  const std::string name = key_of(server, key);
  evicted.add(opens_.set(name, open, bytes_of(open)));
  places_.set(place_key(key), server, server.size());
  if (!open.is_durable) return;
  evicted.add(durable_.set(key_of(server, key.id.persistent), name, name.size()));
  if (!open.create_guid.empty()) evicted.add(durable_.set(key_of(server, open.create_guid), name, name.size()));
}

}  // namespace sallyport::smb
