// The name of the server out of a TLS ClientHello: the last thing that can be read before everything is encrypted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/bytes.h"

namespace sallyport::tls {

/// The server's name in a handshake message of which these are the first bytes; nothing while more of it is needed.
/// Empty where there is none. Beside an encrypted one (ECH, RFC 9849 5) the name in clear may be a screen; but browsers
/// send that extension everywhere as grease (ibid. 6.2), and any name is a claim of the client.
std::optional<std::string> server_name_in(Bytes message);

/// Pushed the client's bytes of a connection from its start, cut anywhere: the message may lie across records and
/// segments (RFC 8446 5.1, 4.1.2; server_name: RFC 6066 3). Keeps at most limits::kClientHelloBytes. Not thread-safe.
class ClientHelloReader {
 public:
  void feed(Bytes bytes);
  /// Nothing more will be learnt: the name was read, there is none, or these bytes are no ClientHello.
  bool done() const { return done_; }
  /// As sent; empty where server_name_in() says so.
  const std::string& server_name() const { return server_name_; }
  std::size_t memory_bytes() const { return record_header_.capacity() + message_.capacity(); }

 private:
  void take_record_header();
  void take_message();
  void finish();

  ByteBuffer record_header_;
  std::size_t record_left_ = 0;
  ByteBuffer message_;
  bool done_ = false;
  std::string server_name_;
};

}  // namespace sallyport::tls
