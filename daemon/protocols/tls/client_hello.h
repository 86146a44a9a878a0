// What a TLS ClientHello says of the server and of what is to come: the last that can be read before all is encrypted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/bytes.h"

namespace sallyport::tls {

/// Both are claims of the client, and empty where there is none.
struct ClientHello {
  /// As sent (RFC 6066 3). Beside an encrypted one (ECH, RFC 9849 5) it may be a screen; but browsers send that
  /// extension everywhere as grease (ibid. 6.2).
  std::string server_name;
  /// The protocols offered (ALPN, RFC 7301 3.1), in the client's order, separated by commas: "h2,http/1.1". Bytes that
  /// are not printable, commas and percent signs are percent-encoded, as in RFC 7639 2.2. Whole names only, so many as
  /// there is room for.
  std::string protocols;

  bool operator==(const ClientHello&) const = default;
};

/// In a handshake message of which these are the first bytes; nothing while more of it is needed. Another message, or
/// one that is too large or broken, says nothing.
std::optional<ClientHello> client_hello_in(Bytes message);

/// Pushed the client's bytes of a connection from its start, cut anywhere: the message may lie across records and
/// segments (RFC 8446 5.1, 4.1.2). Keeps at most limits::kClientHelloBytes. Not thread-safe.
class ClientHelloReader {
 public:
  void feed(Bytes bytes);
  /// Nothing more will be learnt: it was read, or these bytes are no ClientHello.
  bool done() const { return done_; }
  const ClientHello& hello() const { return hello_; }
  std::size_t memory_bytes() const { return record_header_.capacity() + message_.capacity(); }

 private:
  void take_record_header();
  void take_message();
  void finish();

  ByteBuffer record_header_;
  std::size_t record_left_ = 0;
  ByteBuffer message_;
  bool done_ = false;
  ClientHello hello_;
};

}  // namespace sallyport::tls
