// The files that are open on one flow, and the transfers that their bytes make.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/smb/message_stream.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

/// MS-SMB2 2.2.14.1. SMB1: `volatile_part` is the 16-bit FID.
struct FileId {
  std::uint64_t persistent = 0;
  std::uint64_t volatile_part = 0;
  bool operator==(const FileId&) const = default;
};
/// "The file of the request before" in a compound, MS-SMB2 3.2.4.1.4.
inline constexpr FileId kRelatedFileId{~std::uint64_t{0}, ~std::uint64_t{0}};

struct FileKey {
  std::uint64_t session = 0;
  FileId id;
  bool operator==(const FileKey&) const = default;
};

/// What is read from a file, or what is written to it.
struct FileSide {
  TransferId transfer;
  Interest interest = Interest::kNone;
  std::uint64_t appended = 0;    ///< pipes: bytes so far
  std::uint64_t contiguous = 0;  ///< the run of bytes from zero that went by in order
  bool is_private = false;       ///< begun before the file had an id: no other flow can join, and it stays so
};

struct OpenFile {
  std::uint64_t handle = 0;  ///< ours; never used again on this flow
  Protocol protocol = Protocol::kSmb2;
  std::uint64_t session = 0;
  std::uint32_t tree = 0;
  std::optional<FileId> id;      ///< unknown until the reply to CREATE
  std::uint64_t message_id = 0;  ///< of the CREATE
  std::string host, share, user, path;
  bool is_pipe = false;
  bool appends = false;  ///< bytes have no offsets of their own (pipes): each side is taken in the order of coming
  /// No CREATE was seen here: other flows may close it and the server give its id to another file at any time.
  bool is_adopted = false;
  bool is_close_refused = false;  ///< the server kept it open although we took it as closed
  std::optional<std::uint64_t> end_of_file;
  std::uint64_t written_end = 0;  ///< one past the highest byte written here
  std::uint64_t write_count = 0;
  std::optional<std::uint64_t> size_set;  ///< by SET_INFO; what is written has this size
  FileSide read, write;

  FileSide& side(bool upload) { return upload ? write : read; }
};

/// Not thread-safe. Holds at most SmbConfig::open_files_max files; the oldest gives way. References stay valid until
/// the file is removed or another one is added.
class OpenFiles {
 public:
  explicit OpenFiles(SmbFlow& flow) : flow_(flow) {}

  /// The server as part of the identity of its files, so that other flows find the same: the GUID of NEGOTIATE.
  /// `multichannel`: other flows may belong to the same sessions; assumed until this is called.
  void set_server(std::string server, bool multichannel) {
    server_ = std::move(server);
    multichannel_ = multichannel;
  }

  OpenFile& add(OpenFile file, Timestamp time);
  OpenFile* find(std::uint64_t handle);
  OpenFile* find(const FileKey& key);
  /// The file is known by this id from now on. One that had it before was closed unseen and ends.
  void set_id(OpenFile& file, const FileId& id, Timestamp time);
  void remove(std::uint64_t handle);

  /// The transfer of one side, begun if need be.
  FileSide& begin(OpenFile& file, bool upload, Timestamp time);
  /// `size` bytes at `offset` of that side, `at` bytes after the beginning of the message.
  Payload payload(OpenFile& file, bool upload, std::uint64_t offset, std::uint64_t size, std::uint64_t at,
                  Timestamp time);
  /// Tells the transfers of both sides what is known now.
  void update(OpenFile& file);
  /// kComplete also ends a transfer of this file whose bytes came on other flows only.
  void end(OpenFile& file, bool upload, EndReason reason, std::optional<NotInspected> why, Timestamp time);
  void end_all(EndReason reason, std::optional<NotInspected> why, Timestamp time);
  /// Ends, as complete, and removes all files of a tree connection, or of a session where `tree` is none.
  void close_tree(std::uint64_t session, std::optional<std::uint32_t> tree, Timestamp time);
  void flag(OpenFile& file, Evasion evasion);
  /// Messages of this direction were lost: transfers of unknown size may lack bytes at their end, those that run and
  /// those that begin later for a file that may have been open then.
  void messages_lost(bool upload, NotInspected reason);
  /// Flags every running transfer in this direction, and every one that begins later.
  void flag_all(bool upload, Evasion evasion);

 private:
  struct KeyHash {
    std::size_t operator()(const FileKey& key) const noexcept;
  };

  bool spans_flows(const OpenFile& file) const;
  ObjectIdentity identity(const OpenFile& file, bool upload) const;
  TransferFacts facts(const OpenFile& file, bool upload) const;
  void evict_oldest(Timestamp time);
  void tell_loss(OpenFile& file, bool upload, NotInspected reason);

  SmbFlow& flow_;
  std::string server_;
  bool multichannel_ = true;
  std::uint64_t last_handle_ = 0;
  struct Loss {
    NotInspected reason;
    std::uint64_t last_handle;  // of the files that were open then
  };

  EvasionSet flagged_[2] = {0, 0};           // by `upload`
  std::optional<Loss> lost_[2];              // by `upload`; the last one
  std::map<std::uint64_t, OpenFile> files_;  // by handle: the oldest first
  std::unordered_map<FileKey, std::uint64_t, KeyHash> handles_;
};

}  // namespace sallyport::smb
