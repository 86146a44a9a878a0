// Bytes of one direction that came with two contents: finds the objects they belong to, and tells what cannot be told
// apart.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/opaque_parser.h"
#include "daemon/protocols/stream_trace.h"

namespace sallyport {

/// Of one direction of one flow; made with its first conflict. What lies in the body of an object goes to that object
/// as another reading. What lies in a head, in framing, in coded bytes, or in an object that cannot take it, is counted
/// by a transfer of its own that is "not inspected: conflict". One thread.
class StreamConflicts {
 public:
  /// `sink` outlives it; `part` as for OpaqueParser, which counts here.
  StreamConflicts(const Flow& flow, Direction direction, Protocol protocol, TransferSink& sink, unsigned part);

  /// Another reading of the bytes at `offset`; the first `fed` bytes of the direction have gone to the parser, what is
  /// beyond waits for its turn.
  void add(std::uint64_t offset, Bytes other, std::uint64_t fed, const TracedWay& way, Timestamp time);
  /// Whether a reading waits for bytes of [offset, offset + size).
  bool waits_for(std::uint64_t offset, std::uint64_t size) const;
  /// The parser has taken everything below `fed`.
  void on_fed(std::uint64_t fed, const TracedWay& way, Timestamp time);
  /// There is no memory for what waits: it is told at once.
  void give_up(Timestamp time);
  std::size_t memory_bytes() const { return sizeof(*this) + waiting_bytes_ + waiting_.capacity() * sizeof(Waiting); }
  /// The direction or the flow is over.
  void finish(CloseReason reason, Timestamp time);

 private:
  struct Waiting {
    std::uint64_t offset = 0;
    ByteBuffer other;
  };

  void settle(std::uint64_t offset, Bytes other, const TracedWay& way, Timestamp time);
  bool give(const StreamPieces::Piece& piece, ByteRange range, Bytes other, Timestamp time);
  void tell(std::uint64_t size, Timestamp time);

  FlowId flow_;
  Direction direction_;
  TransferSink& sink_;
  OpaqueParser untold_;
  std::vector<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
};

}  // namespace sallyport
