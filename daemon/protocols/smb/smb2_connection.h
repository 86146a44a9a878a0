// What one SMB2 connection knows: sessions, tree connections, requests without a reply.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/protocols/smb/open_files.h"
#include "daemon/protocols/smb/share.h"
#include "daemon/protocols/smb/smb2_header.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

/// One message of a compound, or as much of it as was buffered.
struct Smb2Message {
  const Smb2Header& header;
  Bytes bytes;         ///< from the protocol identifier on
  std::uint64_t size;  ///< of the whole message
  Timestamp time;

  Bytes body() const { return bytes.subspan(kSmb2HeaderBytes); }
};

/// Ranges remembered of one copy; clients ask for one run of neighbouring chunks. More are taken together.
inline constexpr std::size_t kCopyRangesMax = 16;

/// What a reply needs to know of its request.
struct Smb2Request {
  Command command = Command::kNegotiate;
  std::uint64_t session = 0;
  std::uint32_t tree = 0;
  std::uint64_t file = 0;    ///< handle in OpenFiles
  std::uint64_t offset = 0;  ///< READ: of the data. SET_INFO: the size asked for
  std::uint32_t length = 0;  ///< READ: bytes asked for
  std::string name;          ///< TREE_CONNECT: \\server\share. SET_INFO: the new path. IOCTL: the path copied from
  std::uint64_t async_id = 0;
  std::optional<std::uint64_t> write_count;  ///< SET_INFO: of the file, when it was asked for
  bool is_applied = false;                   ///< SET_INFO: it grew the file, which was taken as done at once
  bool is_allocation = false;                ///< SET_INFO: of the allocation size, which can only take bytes away
  std::optional<std::uint64_t> size_before;  ///< SET_INFO that was applied: what to go back to on an error
  std::uint64_t floor_before = 0;            ///< likewise
  bool waits_for_size = false;               ///< CLOSE: the written side ends when its reply tells the size
  bool is_replay = false;                    ///< CREATE: repeated by the client
  std::uint32_t control_code = 0;            ///< IOCTL
  bool is_shifted = false;                   ///< IOCTL: bytes go to other offsets than they have in the source
  std::vector<ByteRange> copied;  ///< IOCTL: what the server is asked to fill by itself; kCopyRangesMax at most
};

/// Not thread-safe; every table is bounded by SmbConfig, the entry with the lowest key gives way.
class Smb2Connection {
 public:
  Smb2Connection(SmbFlow& flow, OpenFiles& files) : flow_(flow), files_(files) {}

  SmbFlow& flow() { return flow_; }
  OpenFiles& files() { return files_; }
  const OpenFiles& files() const { return files_; }
  SmbStats& stats() { return flow_.stats; }
  std::string name_from(Bytes utf16) const;

  void remember(std::uint64_t message_id, Smb2Request request);
  /// The request of a reply; it is forgotten unless the reply is an interim one (STATUS_PENDING), which gives nothing.
  std::optional<Smb2Request> take(const Smb2Header& reply);
  void forget(std::uint64_t message_id);

  void set_user(std::uint64_t session, std::string user);
  std::string user(std::uint64_t session) const;
  void remove_session(std::uint64_t session);

  void set_tree(std::uint64_t session, std::uint32_t tree, Share known);
  Share tree(std::uint64_t session, std::uint32_t tree) const;
  void remove_tree(std::uint64_t session, std::uint32_t tree);

  /// Whether the server takes chained compression; unknown until its NEGOTIATE reply.
  void set_chains_compression(bool chains) { chains_compression_ = chains; }
  std::optional<bool> chains_compression() const { return chains_compression_; }

  /// Where the present request belongs; related requests inherit it from the one before (MS-SMB2 3.3.5.2.7.2).
  void begin_request(const Smb2Header& header, bool first);
  std::uint64_t session() const { return session_; }
  std::uint32_t tree() const { return tree_; }
  void set_current_file(std::uint64_t handle) { current_file_ = handle; }
  /// A file on the tree connection of the present request, with what is known from there.
  OpenFile new_file() const;
  /// The file that a request names, or inherits. One that was opened unseen is adopted. Null: related to nothing.
  OpenFile* requested_file(const Smb2Header& header, const FileId& id, Timestamp time);
  /// Where READ replies go whose request was not seen.
  OpenFile& unknown_file(Timestamp time);
  /// Only requests are seen of some connections (asymmetric routes): then no reply is waited for.
  void note_reply() { has_replies_ = true; }
  bool has_replies() const { return has_replies_; }
  /// Counts a message that contradicts itself and flags what may be affected.
  void malformed(OpenFile* file);
  /// Whether no request waits for its reply; then the rest goes through ParserMemory.
  bool is_idle() const { return requests_.empty(); }
  /// From above.
  std::size_t memory_bytes() const { return requests_bytes_ + tables_bytes_; }
  void forget_requests();
  void write(StateWriter& out) const;
  void read(StateReader& in);

 private:
  using TreeKey = std::pair<std::uint64_t, std::uint32_t>;

  void count_tables();

  SmbFlow& flow_;
  OpenFiles& files_;
  std::size_t requests_bytes_ = 0;
  std::size_t tables_bytes_ = 0;                   // of users_ and trees_
  std::map<std::uint64_t, Smb2Request> requests_;  // by MessageId, which rises
  std::map<std::uint64_t, std::uint64_t> async_;   // AsyncId -> MessageId, of entries in requests_
  std::map<std::uint64_t, std::string> users_;     // by SessionId
  std::map<TreeKey, Share> trees_;
  std::optional<bool> chains_compression_;
  std::uint64_t session_ = 0;
  std::uint32_t tree_ = 0;
  std::uint64_t current_file_ = 0;
  std::uint64_t unknown_file_ = 0;
  bool has_replies_ = false;
};

}  // namespace sallyport::smb
