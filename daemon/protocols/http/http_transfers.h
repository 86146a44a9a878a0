// A message's body as transfers: the facts it carries, and the second reading where its lengths contradict each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/contract/flow.h"
#include "daemon/protocols/http/body_framing.h"
#include "daemon/protocols/http/http_entity.h"

namespace sallyport::http {

/// What a response needs to know of its request.
struct Exchange {
  std::string method;
  std::string host;
  std::string path;
  std::string user;
  bool wants_json = false;
  std::string upgrade;                          ///< Upgrade field (RFC 9110 7.8), lower case; empty: none
  std::string extensions;                       ///< Sec-WebSocket-Extensions (RFC 6455 11.3.2), as sent
  std::shared_ptr<UploadExchange> upload = {};  ///< where the request is one of an upload in pieces, or of a copy
};
/// From above.
std::size_t bytes_of(const Exchange& exchange);
Exchange exchange_of(std::string_view method, std::string_view target, const Head& head);

/// Facts of a message that goes in `direction` of `flow`.
TransferFacts message_facts(const Flow& flow, Direction direction, const Exchange& exchange, std::uint16_t status);

/// Takes the body of one message, transfer coding removed. One thread. Where the head claims several lengths, the
/// transfer is the longest reading; each shorter one that the body outgrows becomes a transfer of its own, so that
/// whichever length the receiver believes, its object was looked at. That costs a copy of at most
/// config.second_reading_bytes_max.
class MessageBody : public ByteOutput {
 public:
  MessageBody(EntityContext& context, EntityOrigin origin, const Head& head, std::vector<std::uint64_t> other_lengths);

  void announce() { main_.announce(); }
  bool take(Bytes bytes) override;
  void lose(std::uint64_t size);
  void flag(EvasionSet evasions);
  void finish(BodyEnd end) { main_.finish(end); }
  /// A body that stops here is whole for somebody: another claimed length ends here, or its coding says so.
  bool may_end_here() const;
  bool is_empty() const { return size_ == 0; }
  std::size_t memory_bytes() const { return sizeof(*this) + names_bytes_ + kept_.capacity() + main_.memory_bytes(); }

 private:
  void add_second_readings();

  EntityContext& context_;
  EntityOrigin origin_;
  Head head_;
  Entity main_;
  const std::size_t names_bytes_;
  std::vector<std::uint64_t> other_lengths_;  // ascending; those not yet outgrown
  ByteBuffer kept_;                           // the body so far, while other_lengths_ is not empty
  std::uint64_t size_ = 0;
};

}  // namespace sallyport::http
