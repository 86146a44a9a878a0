// What all flows of a server's clients have in common: users of sessions, shares of tree connections, open files
// (MS-SMB2 3.3.1.5 GlobalSessionTable, GlobalOpenTable). A flow that did not see the LOGON, TREE_CONNECT or CREATE asks
// here: channels bound to a session, and connections that take up a durable open again, carry bytes of files that other
// flows opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/base/counter.h"
#include "daemon/protocols/smb/file_id.h"
#include "daemon/protocols/smb/lru_table.h"
#include "daemon/protocols/smb/share.h"

namespace sallyport::smb {

/// An open file as every flow knows it.
struct KnownOpen {
  std::string identity;  ///< ObjectIdentity::key without the side; stays over reconnects
  std::string host, share, user, path;
  std::string create_guid;  ///< 16 bytes of DH2Q, or empty
  std::uint32_t tree = 0;
  bool spans_flows = true;  ///< its transfers may be joined by other flows
  bool is_matched = false;  ///< ids alone say that channels at several addresses are of it
  /// The same ids were seen at another address of a server, whose bytes went to an object of their own.
  bool is_elsewhere = false;
  bool is_pipe = false;
  bool is_durable = false;   ///< its client may come back on another connection (durable, resilient, persistent)
  bool create_seen = false;  ///< false: some flow met it in the middle of its life
  std::optional<std::uint64_t> end_of_file;  ///< as it was opened; none once something was written
  std::uint64_t size_floor = 0;              ///< the file is at least so long, whatever was written
  std::uint64_t write_count = 0;             ///< WRITE requests of all flows
};

/// What a server copies from.
struct CopySource {
  std::string path;  ///< \\server\share\path, as far as that is known
  bool keeps_places =
      false;  ///< the bytes are at the same offsets in the copy; of a token: its first byte is the file's
};

/// Sizes that bound what hostile clients can make it remember; about 180 MB together. What gives way costs names, and
/// the continuity of a reconnected transfer, never an account.
struct GlobalTablesLimits {
  std::size_t servers_max = 16384;
  std::size_t sessions_max = 65536;
  std::size_t trees_max = 131072;
  std::size_t opens_max = 262144;
  std::size_t copy_sources_max = 16384;  ///< resume keys and offload tokens
  std::size_t bytes_max = 32U << 20;     ///< of each table
};

/// Any thread; one mutex, held for look-ups only. READ and WRITE of files that stay on one flow never come here.
/// Outlives the parsers. `evicted` of a call counts entries that gave way.
class GlobalTables {
 public:
  explicit GlobalTables(const GlobalTablesLimits& limits = {});

  /// A server is known by the GUID of its NEGOTIATE reply; `address` lets a flow that did not see it find the same.
  void set_server(const std::string& address, const std::string& guid, Counter& evicted);
  /// The GUID, or an address where none is known.
  std::string server_at(const std::string& address);
  /// `address` is one of `server`, a GUID or an address too, as the server says of itself (MS-SMB2 2.2.32.5). What is
  /// known of it already stays.
  void link_address(const std::string& address, const std::string& server, Counter& evicted);

  void set_user(const std::string& server, std::uint64_t session, std::string user, Counter& evicted);
  std::string user(const std::string& server, std::uint64_t session);
  void remove_session(const std::string& server, std::uint64_t session);

  void set_tree(const std::string& server, std::uint64_t session, std::uint32_t tree, Share share, Counter& evicted);
  Share tree(const std::string& server, std::uint64_t session, std::uint32_t tree);
  void remove_tree(const std::string& server, std::uint64_t session, std::uint32_t tree);

  /// Gives the identity of the open: that of `open`, unless flows that met it before its CREATE was seen gave it
  /// another, or another file had this id and its CLOSE was not seen. `is_replay`: the client repeats a CREATE
  /// (MS-SMB2 3.3.5.9.10).
  std::string add_open(const std::string& server, const FileKey& key, KnownOpen open, bool is_replay, Counter& evicted);
  std::optional<KnownOpen> find_open(const std::string& server, const FileKey& key);
  /// For a file that is not known at `server`: the open with the same session, tree and file ids that was met last at
  /// another one. Where the NEGOTIATE of one of the two was not seen they are two addresses of one server, and are one
  /// from now on. Nothing where both are known, or where that open stays on its flow: then it `is_elsewhere`.
  std::optional<KnownOpen> match_open(const std::string& server, const FileKey& key, std::uint32_t tree,
                                      Counter& evicted);
  /// Replaces what is known, but for identity and count; nothing where the open is not known.
  void update_open(const std::string& server, const FileKey& key, KnownOpen open, Counter& evicted);
  /// A WRITE was asked for.
  void count_write(const std::string& server, const FileKey& key);
  void remove_open(const std::string& server, const FileKey& key);
  /// A durable open goes on as `now`: found by the persistent part of its old id, else by its CreateGuid
  /// (MS-SMB2 3.3.5.9.7, 3.3.5.9.12).
  std::optional<KnownOpen> reconnect(const std::string& server, const FileId& before, const std::string& create_guid,
                                     const FileKey& now, Counter& evicted);

  /// What a resume key or an offload token stands for, to be copied by the server; no path where nobody knows.
  void set_copy_source(const std::string& token, CopySource source, Counter& evicted);
  CopySource copy_source(const std::string& token);

 private:
  void store(const std::string& server, const FileKey& key, const KnownOpen& open, Counter& evicted);
  std::string resolve(const std::string& address);
  KnownOpen* same_ids(const std::string& server, const FileKey& key, std::uint32_t tree);
  const KnownOpen* met_elsewhere(const std::string& server, const FileKey& key, KnownOpen& open);

  std::mutex mutex_;
  LruTable<std::string> servers_;  // guarded by mutex_, as all below
  LruTable<std::string> users_;
  LruTable<Share> trees_;
  LruTable<KnownOpen> opens_;
  LruTable<std::string> durable_;  // server and persistent id, or server and CreateGuid -> key in opens_
  LruTable<CopySource> copy_sources_;
  LruTable<std::string> places_;  // ids of a file -> server in opens_ where it was met last
};

}  // namespace sallyport::smb
