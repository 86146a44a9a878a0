// Bytes of an HTTP message of which nobody knows what they are: a gap where a message or a part may begin, and what
// goes by until the next one. They may have been a body, so they are a transfer of their own, not inspected.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/embedded/embedded_transfers.h"
#include "daemon/protocols/http/http_config.h"

namespace sallyport::http {

struct EntityContext;

/// One transfer with an account of what came and what did not; its bytes are counted, not kept. Images that can be told
/// inside are transfers beside it. Begins with the first byte; one thread.
class LostBytes {
 public:
  /// `context` lives longer. `reason` is why nobody knows: a gap, or broken framing before it.
  LostBytes(EntityContext& context, TransferFacts facts, std::string key, NotInspected reason);

  /// `size` bytes did not come; 0: an unknown number.
  void lose(std::uint64_t size);
  /// These came and cannot be placed.
  void skip(Bytes bytes);
  void end();
  /// Bytes of memory that it holds, reckoned from above.
  std::size_t memory_bytes() const;

 private:
  void begin();

  EntityContext& context_;
  TransferFacts facts_;
  std::string key_;
  NotInspected reason_;
  TransferId id_;
  Interest interest_ = Interest::kNone;
  std::uint64_t size_ = 0;
  bool is_size_known_ = true;
  std::unique_ptr<embedded::EmbeddedTransfers> embedded_;  // null where nobody asks
};

}  // namespace sallyport::http
