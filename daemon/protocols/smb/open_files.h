// The files that are open on one flow, and the transfers that their bytes make.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/smb/file_id.h"
#include "daemon/protocols/smb/global_tables.h"
#include "daemon/protocols/smb/message_stream.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

class StateReader;
class StateWriter;

/// What is read from a file, or what is written to it.
struct FileSide {
  TransferId transfer;
  Interest interest = Interest::kNone;
  std::uint64_t appended = 0;    ///< pipes: bytes so far
  std::uint64_t contiguous = 0;  ///< the run of bytes from zero that went by in order
};

struct OpenFile {
  std::uint64_t handle = 0;  ///< ours; never used again on this flow
  Protocol protocol = Protocol::kSmb2;
  std::uint64_t session = 0;
  std::uint32_t tree = 0;
  std::optional<FileId> id;      ///< unknown until the reply to CREATE
  std::uint64_t message_id = 0;  ///< of the CREATE
  std::string identity;          ///< of its transfers, without the side; empty until it is needed or the id is known
  std::string host, share, user, path;
  std::uint64_t copied = 0;          ///< the run of bytes from zero that are those of `source` at their places
  std::string source;                ///< what the server itself copied into it comes from there
  std::string create_guid;           ///< 16 bytes, of a durable handle of version 2
  std::optional<FileId> reconnects;  ///< CREATE: the id that the durable open had before its connection broke
  bool is_pipe = false;
  bool appends = false;  ///< bytes have no offsets of their own (pipes): each side is taken in the order of coming
  /// No CREATE was seen here: other flows may close it and the server give its id to another file at any time.
  bool is_adopted = false;
  /// By `upload`: messages of this direction were lost while it was open, which may have been about it.
  bool lacks_messages[2] = {false, false};
  bool is_unseen = false;    ///< nor anywhere else: what was read or written earlier is not known
  bool is_unplaced = false;  ///< not one file: READ replies whose requests were lost
  bool asks_for_durable = false;
  bool is_durable = false;        ///< its client may come back on another connection
  bool is_close_refused = false;  ///< the server kept it open although we took it as closed
  bool has_rival = false;         ///< another handle wrote to the same path while it was open
  std::string writer_key;         ///< in OpenFiles::writers_, once it was written to
  bool is_matched = false;        ///< ids alone say that channels at several addresses are of it
  std::optional<std::uint64_t> end_of_file;
  bool has_grown = false;         ///< more was read than `end_of_file` said, and no end has shown since
  std::uint64_t size_floor = 0;   ///< it had so many bytes when it was opened, or was made so long
  std::uint64_t written_end = 0;  ///< one past the highest byte written here
  std::uint64_t write_count = 0;
  unsigned open_cuts = 0;                 ///< SMB1: truncations that the server has not answered yet
  std::optional<std::uint64_t> size_set;  ///< by SET_INFO; what is written has this size
  FileSide read, write;
  std::size_t names_bytes = 0;     ///< as OpenFiles counted them
  std::uint64_t transactions = 0;  ///< handle of what FSCTL_PIPE_TRANSCEIVE carries; 0: nothing yet

  FileSide& side(bool upload) { return upload ? write : read; }
};

/// \\server\share\, or nothing where one of them is not known.
std::string share_prefix(const std::string& host, const std::string& share);
/// With it.
std::string full_path(const OpenFile& file);

/// Not thread-safe. Holds at most SmbConfig::open_files_max files; the oldest gives way. References stay valid until
/// the file is removed or another one is added.
class OpenFiles {
 public:
  explicit OpenFiles(SmbFlow& flow) : flow_(flow) {}

  /// The server as part of the identity of its files, so that other flows find the same: the GUID of NEGOTIATE.
  /// `multichannel`: other flows may belong to the same sessions; assumed until this is called.
  void set_server(const std::string& guid, bool multichannel);
  /// Whether NEGOTIATE was seen: if not, other addresses may be of the same server.
  bool knows_server() const { return !guid_.empty(); }
  /// The server has this address, too, at the same port.
  void add_address(const IpAddress& address);
  /// As all flows to it call it.
  std::string server() const;

  OpenFile& add(OpenFile file, Timestamp time);
  OpenFile* find(std::uint64_t handle);
  OpenFile* find(const FileKey& key);
  /// The one opened last with this path on a tree connection; null where none is.
  OpenFile* find(std::uint64_t session, std::uint32_t tree, std::string_view path);
  /// The file is known by this id from now on. One that had it before was closed unseen and ends.
  void set_id(OpenFile& file, const FileId& id, Timestamp time);
  /// SMB2: CREATE has succeeded. All flows know the file from now on; one that `reconnects` goes on as what it was.
  void opened(OpenFile& file, const FileId& id, bool is_replay, Timestamp time);
  /// It had `size` bytes when it was opened, and keeps what is not written anew.
  void keep(OpenFile& file, std::uint64_t size);
  /// SMB2: a file whose CREATE this flow did not see. Perhaps another flow did.
  OpenFile& adopt(OpenFile file, const FileId& id, Timestamp time);
  /// Takes over what the flow of the CREATE, or of a rename, knows.
  void learn(OpenFile& file);
  /// SMB2: CLOSE has succeeded: no flow knows it any longer.
  void closed(OpenFile& file);
  void remove(std::uint64_t handle);
  /// What FSCTL_PIPE_TRANSCEIVE writes to and reads from a pipe, apart from its WRITEs and READs: no order joins them.
  /// Ends with `file`, which may give way to it.
  OpenFile& transactions(OpenFile& file, Timestamp time);

  /// The transfer of one side, begun if need be.
  FileSide& begin(OpenFile& file, bool upload, Timestamp time);
  /// The transfer of one side if there is one, wherever its bytes came; else zero. None is begun.
  TransferId running(OpenFile& file, bool upload, Timestamp time);
  /// `size` bytes at `offset` of that side, `at` bytes after the beginning of the message.
  Payload payload(OpenFile& file, bool upload, std::uint64_t offset, std::uint64_t size, std::uint64_t at,
                  Timestamp time);
  /// The file is now `size` bytes long: what is beyond is gone.
  void resize(OpenFile& file, std::uint64_t size, Timestamp time);
  /// The server says at its CLOSE how long the file is: other ways than those that were seen may have lengthened it.
  void tell_size(OpenFile& file, std::uint64_t size, Timestamp time);
  /// The server put bytes there that did not come over the wire, a copy of `source` where that is known.
  void fill_unseen(OpenFile& file, const std::vector<ByteRange>& ranges, const CopySource& source, Timestamp time);
  /// \\server\share\path, as far as that is known; empty where nobody knows.
  std::string path_of(const FileKey& key);
  /// Tells the transfers of both sides what is known now.
  void update(OpenFile& file, Timestamp time);
  void rename(OpenFile& file, std::string path, Timestamp time);
  /// The server keeps it open when its connection breaks, and its client may come back.
  void make_durable(OpenFile& file);
  /// A WRITE up to `end` was asked for.
  void note_written(OpenFile& file, std::uint64_t end);
  /// WRITE requests so far, of all flows; nothing where other flows may write and nobody knows.
  std::optional<std::uint64_t> write_count(const OpenFile& file) const;
  bool spans_flows(const OpenFile& file) const;
  /// kComplete also ends a transfer of this file whose bytes came on other flows only.
  void end(OpenFile& file, bool upload, EndReason reason, std::optional<NotInspected> why, Timestamp time);
  void end_all(EndReason reason, std::optional<NotInspected> why, Timestamp time);
  /// Ends, as complete, and removes all files of a tree connection, or of a session where `tree` is none.
  void close_tree(std::uint64_t session, std::optional<std::uint32_t> tree, Timestamp time);
  void flag(OpenFile& file, Evasion evasion);
  /// Messages of this direction were lost: no open file can be told whole any more, but one that is read and whose size
  /// is known.
  void messages_lost(bool upload, NotInspected reason);
  /// Flags every running transfer in this direction, and every one that begins later.
  void flag_all(bool upload, Evasion evasion);
  /// Whether none is open; then the rest goes through ParserMemory.
  bool is_idle() const { return files_.empty(); }
  /// From above.
  std::size_t memory_bytes() const { return files_.size() * kFileBytes + names_bytes_; }
  void write(StateWriter& out) const;
  void read(StateReader& in);

 private:
  struct KeyHash {
    std::size_t operator()(const FileKey& key) const noexcept;
  };

  /// Of a file without its names: nodes of all tables, too.
  static constexpr std::size_t kFileBytes = sizeof(OpenFile) + 320;

  void count_names(OpenFile& file);
  bool may_lack_bytes(const OpenFile& file, bool upload) const;
  std::string new_identity(const OpenFile& file) const;
  ObjectIdentity identity(OpenFile& file, bool upload) const;
  KnownOpen known(const OpenFile& file) const;
  std::optional<KnownOpen> find_shared(const OpenFile& file) const;
  bool is_elsewhere(const OpenFile& file) const;
  void note_writer(OpenFile& file);
  void tell_copy(OpenFile& file);
  void publish(const OpenFile& file);
  static void take(OpenFile& file, const KnownOpen& known);
  TransferFacts facts(const OpenFile& file, bool upload) const;
  void evict_oldest(Timestamp time);

  SmbFlow& flow_;
  std::string guid_;  // of the server; empty until NEGOTIATE was seen
  bool multichannel_ = true;
  std::uint64_t last_handle_ = 0;
  std::size_t names_bytes_ = 0;              // of all files, as they were when they were counted
  EvasionSet flagged_[2] = {0, 0};           // by `upload`
  std::optional<NotInspected> lost_[2];      // by `upload`: messages were, and why the last ones
  std::map<std::uint64_t, OpenFile> files_;  // by handle: the oldest first
  std::unordered_map<FileKey, std::uint64_t, KeyHash> handles_;
  std::unordered_map<std::string, std::uint64_t> writers_;  // session, tree and path -> handle that began to write last
};

}  // namespace sallyport::smb
