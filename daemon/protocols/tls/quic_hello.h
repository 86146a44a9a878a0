// The ClientHello out of a QUIC connection's first datagrams.
#pragma once

#include <cstddef>

#include "daemon/base/bytes.h"
#include "daemon/contract/byte_ranges.h"
#include "daemon/protocols/tls/client_hello.h"

namespace sallyport::tls {

/// Pushed the client's datagrams of a connection from its start, whole. The message may lie across packets and
/// datagrams, its pieces in any order (RFC 9000 19.6). Keeps at most limits::kClientHelloBytes and looks at few
/// datagrams. Not thread-safe.
class QuicHelloReader {
 public:
  void feed(Bytes datagram);
  /// Nothing more will be learnt: it was read, or it cannot be.
  bool done() const { return done_; }
  const ClientHello& hello() const { return hello_; }
  std::size_t memory_bytes() const;

 private:
  bool take_packet(Bytes& datagram);
  void take_frames(Bytes frames);
  bool take_crypto(std::uint64_t offset, Bytes piece);
  void take_message();
  void finish();

  ByteBuffer first_id_;  // of the first packet: what the keys are made of
  ByteBuffer message_;
  ByteRangeSet seen_;  // of it
  unsigned datagrams_ = 0;
  bool done_ = false;
  ClientHello hello_;
};

}  // namespace sallyport::tls
