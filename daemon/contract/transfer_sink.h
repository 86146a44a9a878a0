// Seam 3 of the data's way: objects in pieces, from whoever understands a protocol.
// Producers: protocols/*, later frontends/icap. Consumer: transfer/transfer_table.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/base/ids.h"
#include "daemon/contract/interest.h"
#include "daemon/contract/transfer.h"

namespace sallyport {

struct BegunTransfer {
  TransferId id;
  /// Below kDigest the producer need not remove codings nor call chunk(): pass() is enough.
  Interest interest = Interest::kNone;
  bool joined = false;  ///< it ran before
};

/// Calls come on the thread of the flow. Ids that have ended are ignored without complaint, so a producer need not
/// track that. Offsets count bytes of the object as the receiving application would have it: transfer and content
/// codings removed.
class TransferSink {
 public:
  virtual ~TransferSink() = default;

  /// A new transfer, or the running one with this identity: then `facts` fill in what was unknown and `flow` joins its
  /// flows.
  virtual BegunTransfer begin(const ObjectIdentity& identity, const TransferFacts& facts, FlowId flow,
                              Timestamp time) = 0;
  /// begin(), and the bytes of other transfers become bytes of it: all that came of them so far, with their holes, one
  /// transfer behind the other. A part that is not running, or not the one that is meant, leaves a hole of unknown size
  /// (kGap), and so does one whose size is not known: what lies behind it has no place, and those parts stay objects of
  /// their own. One whose bytes are not kept is counted as seen (kOverBudget). The parts go on: the producer ends them
  /// as it would have.
  virtual BegunTransfer compose(const ObjectIdentity& identity, const TransferFacts& facts, const Composition& parts,
                                FlowId flow, Timestamp time) = 0;
  /// A transfer that stays on this flow turns out to be the beginning of an object that other flows may go on with: it
  /// goes on under that identity, with all that came, and its own id is no longer known. Gives the new id; zero where
  /// nothing changed, since such an object runs already and has more. One that has less ends as an object of its own.
  virtual TransferId rekey(TransferId id, const ObjectIdentity& identity, FlowId flow, Timestamp time) = 0;
  /// Names, declared size or type became known or changed (rename). Empty fields change nothing.
  virtual void update(TransferId id, const TransferFacts& facts) = 0;
  /// Bytes at an offset: in any order, repeated or overlapping.
  virtual void chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId flow, Timestamp time) = 0;
  /// `size` bytes went by at `offset` that are counted as seen, but not looked at (opaque, or below kDigest).
  virtual void pass(TransferId id, std::uint64_t offset, std::uint64_t size, FlowId flow, Timestamp time) = 0;
  /// Bytes that were lost; `size` 0: an unknown number from `offset` on. They replace what came at this place before.
  virtual void hole(TransferId id, std::uint64_t offset, std::uint64_t size, NotInspected reason) = 0;
  /// Bytes on their way to `server` were lost that may have been a piece of an object: those there that grow
  /// (ObjectIdentity::grows) cannot be called whole any more.
  virtual void lost_piece(const IpAddress& /*server*/, Timestamp /*time*/) {}
  /// The object is now `size` bytes long (SMB end of file): what is beyond is gone, what is between is zeros not yet
  /// seen.
  virtual void resize(TransferId id, std::uint64_t size) = 0;
  /// Another reading of bytes at `offset` exists (TCP overlap, ambiguous framing).
  virtual void flag(TransferId id, EvasionSet evasions) = 0;
  /// The bytes at `offset`, which came by chunk(), came on the wire with this content too (TCP overlap). Where it
  /// differs the object has a second reading, which leaves as an object of its own, and the transfer is flagged. True
  /// where that reading will be looked at, or is the same; else whoever calls has to tell that it was not. May be
  /// called for a while after end().
  virtual bool reading(TransferId /*id*/, std::uint64_t /*offset*/, Bytes /*other*/, FlowId /*flow*/,
                       Timestamp /*time*/) {
    return false;
  }
  /// A unit that the receiver acts on ends here (an SMB WRITE, a multipart part, a chunk): an inline front end that
  /// must not let an object complete withholds from here until it is known whether more follows.
  virtual void unit_end(TransferId id, FlowId flow, Timestamp time) = 0;
  /// This flow will bring no more of it. `not_inspected` says why when the object cannot be had whole.
  virtual void end(TransferId id, EndReason reason, std::optional<NotInspected> not_inspected, FlowId flow,
                   Timestamp time) = 0;
};

}  // namespace sallyport
