// A transfer: one object (a file, an upload, a body part) moving from one endpoint to another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/ids.h"
#include "daemon/base/sha256.h"
#include "daemon/base/time.h"
#include "daemon/contract/byte_ranges.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/not_inspected.h"

namespace sallyport {

enum class Protocol : std::uint8_t { kHttp1, kHttp2, kWebSocket, kSmb1, kSmb2, kTls, kUnknown };
/// "http", "smb2", "tls" ...: the word used in policies, events and metric labels.
std::string_view to_string(Protocol protocol);
std::optional<Protocol> protocol_from(std::string_view word);

/// Signs that somebody tries to be misunderstood. A set of bits.
enum class Evasion : std::uint32_t {
  kTcpOverlap = 1U << 0,        ///< segments contradict: other content in one place, data behind a RST or FIN
  kHttpFraming = 1U << 1,       ///< two parties could read the message boundary differently (RFC 9112 11.2)
  kCodingMismatch = 1U << 2,    ///< the label of a content coding does not fit the bytes
  kTypeMismatch = 1U << 3,      ///< an image under a name or media type that says it is none
  kSmbFraming = 1U << 4,        ///< lengths or offsets that contradict each other
  kUrgentData = 1U << 5,        ///< TCP urgent pointer inside application data
  kTrailingData = 1U << 6,      ///< bytes behind the end of an image, where another object can hide
  kMultipath = 1U << 7,         ///< the connection may carry bytes on other subflows (MPTCP, RFC 8684)
  kContainerFraming = 1U << 8,  ///< an archive whose tables contradict each other: readers find different members
};
inline constexpr std::size_t kEvasionCount = 9;
using EvasionSet = std::uint32_t;
constexpr EvasionSet bit(Evasion evasion) {
  return static_cast<EvasionSet>(evasion);
}
/// The words for the bits set, such as "http_framing", in the order of the enumeration.
std::vector<std::string_view> to_strings(EvasionSet set);

/// What an object *is*, independent of the connections that carry it: transfers with equal keys are one transfer.
/// HTTP message on one connection: flow id + message number. SMB: server GUID + session id + file id + direction,
/// as they were when the file was opened.
struct ObjectIdentity {
  std::string key;
  /// Other flows, on other threads too, may bring parts of it.
  bool spans_flows = false;
  /// Join only: where no transfer with this key runs, none begins and begin() gives id zero. For a flow that brings
  /// names or the end of an object whose bytes, if there were any, came on other flows (SMB multichannel).
  bool join_only = false;
  /// Its pieces are of one unchanging object (HTTP ranges, resumed uploads): another declared size is another object,
  /// and begins anew; bytes that come again with other content are a second reading of it (NotInspected::kConflict).
  bool pieces_agree = false;
  /// It grows for as long as somebody adds to it (an append blob): when nobody does any more it is whole if no byte is
  /// missing.
  bool grows = false;
  /// Material for TransferSink::compose(): from kDigest on its bytes are kept until the part ends, whatever it looks
  /// like, and after EndReason::kPartDone it waits. One that was composed is not told of; one that never was ends as an
  /// object of its own.
  bool is_part = false;
  /// Of a part: by its protocol it is never all of an object. Not composed it is not whole (kGap).
  bool never_whole = false;
  /// A running transfer with this key is replaced: it ends as an object of its own, once its flow is done with it.
  bool replaces = false;
  /// When its last flow breaks, another may take it up again (a durable SMB handle): the transfer waits for it,
  /// TransferConfig::reconnect_linger.
  bool resumable = false;
  /// Of a part: key of the object it is for. While parts of that object come, the others go on waiting.
  std::string whole = {};
  /// Images inside its bytes are looked for by the transfer stage: the producer does not have them in order. What is
  /// found is a transfer of its own beside it.
  bool search_inside = false;
  /// Of what was found inside another transfer, and is told of beside it: key of that one.
  std::string outer = {};
};

/// Which transfers TransferSink::compose() takes bytes from.
struct Composition {
  /// In the composed object, of the first part's first byte. Absent: behind all that came of it.
  std::optional<std::uint64_t> offset = 0;
  /// ObjectIdentity::key, in the order of the bytes; at most limits::kPartsPerObjectMax.
  std::vector<std::string> parts;
  /// For each of `parts` the entity tag it has to have, quoted as in TransferFacts::etag; empty, or too few: any. A
  /// part with another one is an earlier or later sending, not the one that is meant.
  std::vector<std::string> etags = {};
};

/// What the protocol says of an object. Names are as sent, bounded by limits::kNameBytesMax, not yet redacted and not
/// necessarily UTF-8 for HTTP; SMB names are UTF-8. Empty means unknown or none.
struct TransferFacts {
  Protocol protocol = Protocol::kUnknown;
  Endpoint sender;    ///< who has the bytes
  Endpoint receiver;  ///< who gets them: this decides, not who connected
  bool upload =
      true;  ///< the sender opened the connection (PUT, POST, SMB write); false: the receiver did (GET, SMB read)
  FlowId first_flow;

  std::string method;      ///< HTTP method, SMB command ("WRITE", "READ")
  std::string host;        ///< Host, TLS SNI, SMB server name
  std::string path;        ///< HTTP target path with query; SMB path inside the share, with backslashes
  std::string file_name;   ///< filename of a part or Content-Disposition, else the last segment of `path`
  std::string form_field;  ///< name= of a form part
  /// How the object lay inside another: "base64", "grpc", "websocket"; outermost first, joined by '/'. Empty: it did
  /// not.
  std::string inside;
  std::string source;      ///< of a copy that the server makes itself: the path it copies from
  std::string share;       ///< SMB share, without the server
  std::string user;        ///< SMB account (DOMAIN\user), HTTP Basic user; never a password
  std::string media_type;  ///< as declared; never believed
  std::string etag;
  /// Protocols that the client of a TLS or QUIC connection offers (ALPN, RFC 7301), in its order, separated by commas.
  std::string alpn;
  std::optional<std::uint64_t> declared_size;  ///< of the object with codings removed, where the protocol says it
  std::uint16_t status = 0;                    ///< HTTP status of a response
  bool wants_json = false;  ///< the HTTP client asks for JSON, not for a page (Accept, RFC 9110 12.5.1)
  bool is_pipe = false;     ///< SMB named pipe: remote procedure calls, not a file
  /// Set when the bytes cannot be had at all (TLS, SMB3 encryption): the transfer then has account only.
  std::optional<NotInspected> opaque;
};

/// Bytes of all its texts.
std::size_t name_bytes(const TransferFacts& facts);

/// Between whom bytes of an object went.
struct Parties {
  Endpoint sender;
  Endpoint receiver;
};

/// An honest account of the bytes of one object.
struct ByteAccount {
  std::uint64_t seen = 0;          ///< distinct bytes of the object that came
  std::uint64_t repeated = 0;      ///< bytes that came again
  std::uint64_t conflicting = 0;   ///< bytes that came again with other content
  std::uint64_t delivered = 0;     ///< of `seen`, those that had left for the receiver when the verdict was made
  std::vector<ByteRange> missing;  ///< known holes below the size, at most limits::kMissingRangesMax
  std::uint64_t missing_bytes = 0;
};

enum class EndReason : std::uint8_t {
  kComplete,          ///< the protocol said that this is all
  kPartDone,          ///< this flow has brought its part (a range, a channel); others may bring the rest
  kAborted,           ///< the protocol said that it stops early (RST_STREAM, error status, connection cut in a body)
  kConnectionClosed,  ///< the flow ended; other flows may go on with a spanning object
  kFramingError,      ///< from here on the bytes of the flow cannot be understood
};

/// The state of a transfer at one moment. A value: safe to keep.
struct Transfer {
  TransferId id;
  TransferFacts facts;
  /// Of flows that brought a part of it between other addresses than those of `facts`: what joins its pieces may be a
  /// name that anybody can claim. One for each pair of addresses, at most limits::kOtherPartiesMax.
  std::vector<Parties> other_parties;
  bool has_untold_parties = false;  ///< there were more: who they were is not known
  Timestamp begun;
  Timestamp last_seen;
  bool ended = false;
  /// All bytes of the object, from 0 to its size, were seen and the protocol said that this is all.
  bool complete = false;
  std::uint64_t size = 0;  ///< one past the highest byte known of: declared, seen or truncated to
  ByteAccount account;
  ContentType content = ContentType::kUnknown;  ///< by content; kUnknown until enough bytes came
  std::optional<Sha256Digest> sha256;         ///< when ended, of a complete object, where Interest was kDigest or more
  std::optional<NotInspected> not_inspected;  ///< why the bytes could not be (wholly) had; the first reason stays
  EvasionSet evasions = 0;
  /// When ended: every byte of it is told of as part of another object (TransferSink::compose), nothing more is to be
  /// said of it.
  bool composed = false;
  /// Of the whole objects found inside it that were transfers of their own (ObjectIdentity::outer): who takes it apart
  /// need not tell of them again. At most limits::kToldInsideMax.
  std::vector<Sha256Digest> told_inside;
  std::string key;  ///< ObjectIdentity::key: an event id and a remembered block are made from it
};

}  // namespace sallyport
