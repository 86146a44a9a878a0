// One HTTP body or multipart part on its way to the TransferSink: codings off, parts split, ranges placed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/embedded/embedded_transfers.h"
#include "daemon/protocols/http/body_place.h"
#include "daemon/protocols/http/content_decoder.h"
#include "daemon/protocols/http/http_config.h"
#include "daemon/protocols/http/http_headers.h"
#include "daemon/protocols/http/lost_bytes.h"
#include "daemon/protocols/http/multipart.h"
#include "daemon/protocols/http/upload_exchange.h"

namespace sallyport::http {

/// What all entities of one direction share. Outlives them.
struct EntityContext {
  FlowId flow;
  TransferSink& sink;
  const HttpConfig& config;
  HttpStats& stats;
  Timestamp time;  ///< of the bytes being handed in
};

struct BodyEnd {
  EndReason reason = EndReason::kComplete;
  std::optional<NotInspected> not_inspected;
};

/// Where an entity comes from.
struct EntityOrigin {
  TransferFacts facts;  ///< of the message; a part puts its own names over them
  std::string key;      ///< unique for the message or part
  bool is_part = false;
  std::size_t depth = 0;  ///< multiparts around it
  EvasionSet evasions = 0;
  std::shared_ptr<UploadExchange> upload = {};  ///< of a request that brings an object in pieces
  std::string last_modified = {};               ///< of a response: validator where there is no ETag
};

class GrpcBody;

/// Pushed; one body; one thread. A transfer begins with the first byte, so an empty body is none; or with announce().
class Entity : public ByteOutput, public PartHandler {
 public:
  Entity(EntityContext& context, EntityOrigin origin, const Head& head);
  ~Entity() override;

  /// Its transfer begins now, and not with the first byte.
  void announce();
  /// Bytes as they stand in the message, transfer coding removed.
  void push(Bytes bytes);
  void lose(std::uint64_t size);
  /// An unknown number of bytes cannot be had: what comes later has no known place, but for later parts of a multipart
  /// body.
  void lose_rest(NotInspected reason);
  /// The body ends here, whatever size was declared.
  void end_here();
  void flag(EvasionSet evasions);
  void finish(BodyEnd end);
  /// The content coding itself says that the object is whole.
  bool whole() const { return decoder_ && decoder_->whole(); }
  /// With everything inside of it, from above.
  std::size_t memory_bytes() const;

 private:
  bool take(Bytes bytes) override;
  void part_begin(const Head& head) override;
  void part_bytes(Bytes bytes) override;
  void part_end() override;

  void prepare();
  void set_names();
  void set_place();
  void set_codings();
  void begin();
  void emit(Bytes bytes);
  void scan(Bytes bytes);
  void begin_scan(Bytes first_bytes);
  void split(Bytes bytes);
  void fall_back_to_whole();
  void note_failure(NotInspected reason);
  void lose_in_parts(std::uint64_t size, NotInspected reason);
  void finish_parts(BodyEnd end);
  void end_transfer(BodyEnd end);
  bool goes_on_elsewhere(BodyEnd end);
  BodyEnd end_of_piece(BodyEnd end);
  bool inspected() const { return interest_ >= Interest::kDigest; }

  EntityContext& context_;
  EntityOrigin origin_;
  Head head_;
  std::size_t names_bytes_;  // of origin_ and head_, from above
  bool prepared_ = false;
  std::optional<BodyPlace> place_;
  std::unique_ptr<ContentDecoder> decoder_;
  std::unique_ptr<MultipartParser> parts_;
  std::unique_ptr<Entity> part_;
  std::unique_ptr<LostBytes> lost_part_;                   // behind a gap, until the next delimiter
  std::unique_ptr<GrpcBody> grpc_;                         // the objects in its messages, where it is such a body
  std::unique_ptr<embedded::EmbeddedTransfers> embedded_;  // what is inside; null where nobody asks or it is an image
  bool scan_begun_ = false;
  std::uint64_t part_number_ = 0;
  TransferId id_;
  Interest interest_ = Interest::kNone;
  std::uint64_t offset_ = 0;  // in the object
  bool broken_ = false;       // later bytes cannot be decoded
  std::optional<NotInspected> failure_;
};

}  // namespace sallyport::http
