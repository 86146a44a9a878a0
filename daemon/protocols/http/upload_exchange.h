// A request that brings or makes an object in pieces, together with its reply: what only both say is joined here.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/contract/transfer.h"
#include "daemon/protocols/http/part_list.h"
#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

struct EntityContext;

/// Shared by the request, its body and its reply; one thread. Whoever reads messages (HTTP/1, HTTP/2) calls
/// on_request_end() when the body, if any, is at its orderly end, and on_reply() for each reply head, interim ones
/// included. What the reply does not say, or nobody heard, is never invented: then the pieces stand as the request
/// describes them.
class UploadExchange {
 public:
  /// `facts` of the request; `message_key`: ObjectIdentity::key of its body as an object of its own.
  UploadExchange(UploadRequest request, TransferFacts facts, std::string message_key);

  const UploadRequest& request() const { return request_; }

  /// Decoded bytes of a body that lists parts; others are not looked at.
  void take_list(Bytes bytes);
  /// The body's transfer has ended; `is_piece`: it waits for its place.
  void on_body_end(EntityContext& context, bool is_piece);
  void on_request_end(EntityContext& context, bool had_body);
  void on_reply(EntityContext& context, std::uint16_t status, const Head& head);
  /// No reply was heard on the whole connection: a copy is told of, since it may have been made.
  void on_unheard(EntityContext& context);
  /// The object that a body which was cut begins.
  std::optional<ObjectIdentity> resumes_as() const;
  std::size_t memory_bytes() const;

 private:
  void compose(EntityContext& context, const Composition& parts);
  void declare(EntityContext& context);
  void create(EntityContext& context);
  void place_appended(EntityContext& context, std::optional<std::uint64_t> offset);
  void tell_copy(EntityContext& context, std::uint16_t status);
  void tell_copied_part(EntityContext& context);
  void name_part(EntityContext& context, const Head& head);
  ObjectIdentity created_identity() const;

  UploadRequest request_;
  TransferFacts facts_;
  std::string message_key_;
  std::optional<PartListParser> list_;
  std::optional<WebAddress> created_;  // where the reply says that the object is
  bool body_came_ = false;
  bool piece_waits_ = false;
  bool created_told_ = false;
};

/// Of a kPiece: the object that pieces from other connections belong to as well.
ObjectIdentity piece_identity(const UploadRequest& request);

/// Null where the request is of no such protocol, and cannot be gone on with either.
std::shared_ptr<UploadExchange> make_upload_exchange(const TransferFacts& facts, const Head& head,
                                                     const std::string& message_key);

/// The reply to a HEAD for an upload tells its size (tus, IETF).
void learn_upload_size(EntityContext& context, const TransferFacts& request, const Head& reply);

}  // namespace sallyport::http
