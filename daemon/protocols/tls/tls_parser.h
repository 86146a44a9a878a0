// TLS and QUIC: opaque by design. What the client's hello names is read, the rest is counted as encrypted.
#pragma once

#include <memory>

#include "daemon/protocols/opaque_parser.h"
#include "daemon/protocols/recognition.h"
#include "daemon/protocols/tls/client_hello.h"
#include "daemon/protocols/tls/quic_hello.h"

namespace sallyport::tls {

/// TLS records at the start of `bytes` (RFC 8446 5.1): a handshake, or application data where the start was missed. An
/// SSLv2 hello is none.
Recognition recognise(Direction direction, Bytes bytes);

/// One upload and one download transfer per connection, with the server name as host and the protocols
/// that the client offers. After the hello, bytes cost a
/// count. `sink` outlives the parser. `HelloReader`: finds the name in what the client sends first.
template <typename HelloReader>
class HelloParser : public ProtocolParser {
 public:
  HelloParser(const Flow& flow, TransferSink& sink) : opaque_(flow, Protocol::kTls, NotInspected::kEncrypted, sink) {}

  std::size_t feed(Direction direction, Bytes bytes, Timestamp time) override;
  void gap(Direction direction, std::uint64_t size, Timestamp time) override;
  void conflict(Direction direction, Timestamp time) override;
  void half_close(Direction direction, Timestamp time) override;
  void finish(CloseReason reason, Timestamp time) override;
  ParserState state() const override { return ParserState::kRunning; }
  std::size_t memory_bytes() const override { return in_hello_ ? hello_.memory_bytes() : 0; }
  /// Only the name is lost.
  bool give_up(Timestamp time) override {
    end_hello(time);
    return true;
  }

 private:
  void end_hello(Timestamp time);

  OpaqueParser opaque_;
  HelloReader hello_;
  bool in_hello_ = true;
  std::uint64_t held_back_ = 0;  // bytes of the client that are counted when the name is known
};

/// A connection of TLS records.
using TlsParser = HelloParser<ClientHelloReader>;
/// A connection of QUIC; each feed() is a datagram.
using QuicParser = HelloParser<QuicHelloReader>;

/// The one that the flow's transport asks for.
std::unique_ptr<ProtocolParser> make_tls_parser(const Flow& flow, TransferSink& sink);

}  // namespace sallyport::tls
