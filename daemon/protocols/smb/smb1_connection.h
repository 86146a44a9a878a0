// What one SMB1 connection knows: users, tree connections, requests without a reply.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/protocols/smb/opaque_traffic.h"
#include "daemon/protocols/smb/open_files.h"
#include "daemon/protocols/smb/share.h"
#include "daemon/protocols/smb/smb1_file_size.h"
#include "daemon/protocols/smb/smb1_header.h"
#include "daemon/protocols/smb/smb_flow.h"

namespace sallyport::smb {

/// SMB1 has no session in the sense of SMB2: all its files are in this one.
inline constexpr std::uint64_t kSmb1Session = ~std::uint64_t{0};

struct Smb1Read {
  std::uint64_t file = 0;  ///< handle in OpenFiles
  std::uint64_t offset = 0;
};

/// What the replies to one message need to know of it; a chain is answered as one.
struct Smb1Request {
  Smb1Command command = Smb1Command::kNone;
  std::uint64_t number = 0;       ///< of all requests of the connection
  std::uint64_t opened_file = 0;  ///< handle in OpenFiles
  std::vector<Smb1Read> reads;    ///< of a chain, in its order; at most kSmb1ChainMax
  std::uint64_t closed_file = 0;
  std::uint64_t renamed_file = 0;
  SizeChange size;
  std::string new_path;
  std::string tree_path;
  std::string user;
  bool disconnects_tree = false;

  /// Whether its reply tells nothing that we wait for.
  bool is_empty() const {
    return opened_file == 0 && reads.empty() && closed_file == 0 && renamed_file == 0 && size.file == 0 &&
           tree_path.empty() && user.empty() && !disconnects_tree;
  }
};

/// Commands in one chain; MS-CIFS 2.2.3.4 chains make sense up to four.
inline constexpr unsigned kSmb1ChainMax = 8;

/// One message as far as it was buffered, and what its chain has found so far.
struct Smb1Message {
  const Smb1Header& header;
  Bytes bytes;
  std::uint64_t size;  ///< of the whole message
  Timestamp time;
  std::uint64_t chained_file = 0;  ///< handle of the file that a command before opened
};

/// Not thread-safe; every table is bounded by SmbConfig, the entry with the lowest key gives way.
class Smb1Connection {
 public:
  Smb1Connection(SmbFlow& flow, OpenFiles& files, OpaqueTraffic& opaque)
      : flow_(flow), files_(files), opaque_(opaque) {}

  SmbFlow& flow() { return flow_; }
  OpenFiles& files() { return files_; }
  SmbStats& stats() { return flow_.stats; }

  void remember(const Smb1Header& header, Smb1Request request);
  /// The request of a reply, which is then forgotten; an empty one where it is not known. Some clients give all their
  /// requests the same id. Where two of them wait for replies, one reply was lost or comes late, and no later one can
  /// be told from it: from then on none is matched.
  Smb1Request take(const Smb1Header& reply);
  bool expects_replies() const { return !requests_.empty(); }

  std::string text(const Smb1Message& message, Bytes bytes) const;
  /// Text in the data of a block from `position` on, aligned where it is Unicode.
  std::string aligned_text(const Smb1Message& message, const Smb1Block& block, std::size_t position) const;
  OpenFile new_file(const Smb1Message& message) const;
  /// The server has told in its reply where the file is: of help where the request connected to the share, too.
  void place_file(OpenFile& file, const Smb1Message& reply) const;
  /// The file a request names; in a chain, the one opened before. One that was opened unseen is adopted.
  OpenFile& requested_file(const Smb1Message& message, std::uint16_t id);
  /// Where READ replies go whose request was not seen.
  OpenFile& unknown_file(Timestamp time);
  void set_tree(std::uint16_t tree, Share share);
  void remove_tree(std::uint16_t tree) { trees_.erase(tree); }
  void set_user(std::uint16_t id, std::string user);

  /// Object bytes of a message: streamed behind the head, or taken at once where they were buffered.
  Payload payload(const Smb1Message& message, OpenFile& file, bool upload, std::uint64_t offset, std::uint64_t size,
                  std::uint64_t at);
  /// The same for data written, with what that means for the file's size.
  Payload written(const Smb1Message& message, OpenFile& file, std::uint64_t offset, std::uint64_t size,
                  std::uint64_t at);
  /// The same for the next of the reads that a message asked for.
  Payload was_read(const Smb1Message& message, Smb1Request& request, std::uint64_t size, std::uint64_t at);
  /// A message of a command that carries data and is not taken apart.
  Payload opaque(const Smb1Message& message, Direction direction);
  void malformed(OpenFile* file);
  /// Whether no request waits for its reply; then the rest goes through ParserMemory.
  bool is_idle() const { return requests_.empty(); }
  void forget_requests();
  /// From above.
  std::size_t memory_bytes() const;
  void write(StateWriter& out) const;
  void read(StateReader& in);

 private:
  SmbFlow& flow_;
  OpenFiles& files_;
  OpaqueTraffic& opaque_;
  std::map<std::uint64_t, Smb1Request> requests_;
  std::size_t requests_bytes_ = 0;
  std::uint64_t last_request_ = 0;
  bool has_mixed_ids_ = false;  // two requests with one id waited at once
  std::map<std::uint16_t, Share> trees_;
  std::map<std::uint16_t, std::string> users_;
  std::uint64_t unknown_file_ = 0;
};

/// Bytes a name takes with its NUL, so that the next one can be found.
std::size_t end_of_smb1_text(Bytes bytes, std::size_t position, bool is_unicode);

}  // namespace sallyport::smb
