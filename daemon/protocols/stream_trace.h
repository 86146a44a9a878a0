// Between the parsers and seam 3: remembers which bytes of a stream became which bytes of an object, so that bytes
// which come again with other content find the object that they belong to.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/contract/transfer_sink.h"

namespace sallyport {

/// What the last bytes of one direction of one flow became. At most limits::kTracedPiecesMax pieces.
class StreamPieces {
 public:
  struct Piece {
    ByteRange stream;
    TransferId transfer;
    std::uint64_t offset = 0;  ///< in the object
    bool direct = true;        ///< false: decoded or kept back on the way, so that places do not agree
  };

  void add(const Piece& piece);
  /// What became of `old_id` is known by another id from now on.
  void rename(TransferId old_id, TransferId new_id);
  const std::vector<Piece>& all() const { return pieces_; }
  std::size_t memory_bytes() const { return pieces_.capacity() * sizeof(Piece); }

 private:
  std::vector<Piece> pieces_;  // in the order in which they came
};

/// One direction as the trace knows it.
struct TracedWay {
  StreamPieces pieces;
  EvasionSet signs = 0;           ///< of every transfer that begins or goes on
  std::vector<TransferId> sized;  ///< with Evasion::kMultipath: transfers whose size the protocol said
};

/// A sink for the parsers of one dispatcher that hands everything on to another. A chunk whose bytes lie in the span
/// that is being fed has its place in the stream; the parsers need not know. One thread.
class StreamTrace : public TransferSink {
 public:
  explicit StreamTrace(TransferSink& sink) : sink_(sink) {}

  /// While it lives, calls come from the parser of `way`, which is fed `bytes` at `offset` of the stream. They nest: a
  /// verdict about one flow may end another.
  class Scope {
   public:
    Scope(StreamTrace& trace, TracedWay& way, std::uint64_t offset, Bytes bytes);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    friend class StreamTrace;
    StreamTrace& trace_;
    Scope* const outer_;
    TracedWay& way_;
    const std::uint64_t offset_;
    const Bytes bytes_;
  };

  BegunTransfer begin(const ObjectIdentity& identity, const TransferFacts& facts, FlowId flow, Timestamp time) override;
  BegunTransfer compose(const ObjectIdentity& identity, const TransferFacts& facts, const Composition& parts,
                        FlowId flow, Timestamp time) override;
  TransferId rekey(TransferId id, const ObjectIdentity& identity, FlowId flow, Timestamp time) override;
  void update(TransferId id, const TransferFacts& facts) override { sink_.update(id, facts); }
  void chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId flow, Timestamp time) override;
  void pass(TransferId id, std::uint64_t offset, std::uint64_t size, FlowId flow, Timestamp time) override {
    sink_.pass(id, offset, size, flow, time);
  }
  void hole(TransferId id, std::uint64_t offset, std::uint64_t size, NotInspected reason) override {
    sink_.hole(id, offset, size, reason);
  }
  void lost_piece(const IpAddress& server, Timestamp time) override { sink_.lost_piece(server, time); }
  void resize(TransferId id, std::uint64_t size) override { sink_.resize(id, size); }
  void flag(TransferId id, EvasionSet evasions) override { sink_.flag(id, evasions); }
  bool reading(TransferId id, std::uint64_t offset, Bytes other, FlowId flow, Timestamp time) override {
    return sink_.reading(id, offset, other, flow, time);
  }
  /// Transfers that parsers ended so far.
  std::uint64_t ended() const { return ended_; }
  void unit_end(TransferId id, FlowId flow, Timestamp time) override { sink_.unit_end(id, flow, time); }
  /// Where bytes may have gone another path, only a size that the protocol said shows that none did.
  void end(TransferId id, EndReason reason, std::optional<NotInspected> not_inspected, FlowId flow,
           Timestamp time) override;

 private:
  bool is_multipath() const;
  void note_begun(TransferId id, const TransferFacts& facts);

  TransferSink& sink_;
  Scope* scope_ = nullptr;
  std::uint64_t ended_ = 0;
};

}  // namespace sallyport
