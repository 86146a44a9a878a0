// Seam 4 of the data's way: whole objects, from the assembler to whoever decides about them.
// Producer: transfer/transfer_table. Consumer: pipeline/inspection.
#pragma once

#include <memory>

#include "daemon/base/ids.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/interest.h"
#include "daemon/contract/object_bytes.h"
#include "daemon/contract/transfer.h"

namespace sallyport {

/// Calls but on_withheld_bytes() come on the thread of the shard that began the transfer, whatever shard its bytes come
/// from.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;

  /// A transfer begins. Gives how much of it is wanted.
  virtual Interest on_begin(const Transfer& transfer) = 0;
  /// Names changed, the content type became known, or another flow joined. Gives how much is wanted from now on; bytes
  /// that were not kept so far do not come back.
  virtual Interest on_known(const Transfer& transfer) = 0;
  /// Bytes of a transfer that is to be withheld (TransferTable::withhold) are being handed in on `flow`, which is one
  /// of this shard: the moment to hold what brings them. Comes with every piece, on the thread of the flow.
  virtual void on_withheld_bytes(TransferId /*id*/, FlowId /*flow*/, Direction /*direction*/) {}
  /// A unit ended (TransferSink::unit_end) or the protocol said the object is whole on `flow`: the moment to hold its
  /// tail.
  virtual void on_unit_end(const Transfer& transfer, FlowId flow) = 0;
  /// The last call. `bytes` is null where Interest was below kContent or nothing came. Of a composed transfer
  /// (Transfer::composed) nothing is to be said: the object that took its bytes is told of.
  virtual void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) = 0;
};

}  // namespace sallyport
