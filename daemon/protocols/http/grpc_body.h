// The objects inside of a gRPC or protobuf body: fields of its messages that are images, archives or documents.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/contract/image_end.h"
#include "daemon/protocols/embedded/embedded_transfers.h"
#include "daemon/protocols/grpc/length_prefixed.h"
#include "daemon/protocols/grpc/protobuf_fields.h"
#include "daemon/protocols/http/http_entity.h"

namespace sallyport::http {

/// How a body of this media type holds messages.
enum class GrpcForm : std::uint8_t {
  kNone,
  kFramed,      ///< application/grpc, application/grpc-web, and with +proto, +json ...
  kFramedText,  ///< application/grpc-web-text: the same in base64, piece by piece
  kMessage,     ///< application/x-protobuf and its like: one message
};
GrpcForm grpc_form(std::string_view media_type);

/// Pushed the body beside the transfer that it is. Each object is a transfer of its own, `inside` "grpc" or "protobuf",
/// with exactly the field's bytes. An image whose structure does not end with its field goes on in later fields at the
/// same place (a client that streams a file in pieces). Bytes outside of such fields are searched as text and unknown
/// bytes are. One body; one thread.
class GrpcBody : private grpc::MessageHandler, private grpc::FieldHandler, private ByteOutput {
 public:
  /// `outer`: of the body. `context` outlives this.
  GrpcBody(EntityContext& context, const EntityOrigin& outer, const Head& head, GrpcForm form);
  ~GrpcBody() override;

  void push(Bytes bytes);
  /// `size` 0: an unknown number.
  void lose(std::uint64_t size);
  void flag(EvasionSet evasions);
  void finish(BodyEnd end);
  /// Why some message could not be looked into; the first reason stays.
  std::optional<NotInspected> failure() const { return failure_; }
  std::size_t memory_bytes() const;

 private:
  class TextDecoder;

  void message_begin(std::uint8_t flags, std::uint32_t size) override;
  void message_bytes(Bytes bytes) override;
  void message_lost(std::uint64_t size) override;
  void message_end() override;
  bool goes_on(grpc::FieldPath path) const override;
  void object_begin(grpc::FieldPath path, ContentType content) override;
  void object_bytes(Bytes bytes) override;
  void object_lost(std::uint64_t size) override;
  void object_end(bool whole) override;
  void other_bytes(Bytes bytes) override;
  bool take(Bytes bytes) override;

  void read(Bytes bytes);
  void fail(NotInspected reason);
  void end_object(BodyEnd end);
  EntityOrigin origin_of_object() const;

  EntityContext& context_;
  EntityOrigin outer_;
  GrpcForm form_;
  std::optional<Coding> coding_;  // of compressed messages
  grpc::LengthPrefixed framing_;
  grpc::ProtobufFields fields_;
  embedded::EmbeddedTransfers others_;
  std::unique_ptr<TextDecoder> text_;
  std::unique_ptr<ContentDecoder> decoder_;  // of the message that is open
  bool skips_message_ = false;
  std::optional<NotInspected> failure_;
  // --- the object
  std::uint64_t objects_ = 0;
  std::unique_ptr<Entity> object_;
  grpc::FieldPath object_path_ = 0;
  std::optional<ImageEnd> image_end_;
  bool waits_ = false;  // its field is over, the image is not
};

}  // namespace sallyport::http
