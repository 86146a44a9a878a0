#include "daemon/protocols/http2/message.h"

#include <utility>

#include "daemon/protocols/embedded/magic.h"
#include "daemon/protocols/http/body_framing.h"

namespace sallyport::http2 {

/// A body whose fields were lost: its first bytes may tell what it is.
struct Message::Undecided {
  http::EntityContext& context;
  http::EntityOrigin origin;
  http::Head head;
  ByteBuffer start;
};

namespace {

/// Bytes that stand before the messages of a gRPC body, and no large message: 0 or 1, four bytes of length.
bool looks_like_grpc(Bytes start) {
  return start.size() > 5 && std::to_integer<unsigned>(start[0]) <= 1 && start[1] == std::byte{0};
}

/// The media type that a lost content-type may have had. A wrong guess costs nothing: a form that is none stays whole,
/// and gRPC messages are only looked into.
std::string_view guess_media_type(Bytes start) {
  if (as_text(start).starts_with("--")) return "multipart/form-data";
  return looks_like_grpc(start) ? "application/grpc" : "";
}

}  // namespace

Message::Message() = default;
Message::~Message() = default;
Message::Message(Message&&) noexcept = default;

void Message::open(http::EntityContext& context, http::EntityOrigin origin, const FieldSection& section,
                   bool bodiless) {
  if (state_ == State::kEnded) return;
  const http::BodyPlan plan = http::plan_body(section.head, {false, false, false});
  declared_.reset();
  if (!bodiless && section.head.find("content-length")) declared_ = plan.length;
  if (declared_ && !plan.ambiguous) origin.facts.declared_size = plan.length;
  if (plan.ambiguous || section.odd) origin.evasions |= bit(Evasion::kHttpFraming);
  fields_unknown_ = section.incomplete && !section.head.find("content-encoding");
  state_ = State::kBody;
  if (fields_unknown_) {
    undecided_ = std::make_unique<Undecided>(Undecided{context, std::move(origin), section.head, {}});
  } else {
    body_ = std::make_unique<http::Entity>(context, std::move(origin), section.head);
  }
}

std::size_t Message::memory_bytes() const {
  if (body_) return body_->memory_bytes();
  return undecided_ ? sizeof(Undecided) + http::bytes_of(undecided_->head) + undecided_->start.capacity() : 0;
}

void Message::restart() {
  state_ = State::kIdle;
  lost_ = doubtful_ = start_lost_ = false;
  received_ = 0;
  ++restarts_;
}

void Message::take(Bytes bytes) {
  received_ += bytes.size();
  if (undecided_) {
    const Bytes piece = prefix(bytes, embedded::kMagicBytes - undecided_->start.size());
    append(undecided_->start, piece);
    bytes = bytes.subspan(piece.size());
    if (undecided_->start.size() == embedded::kMagicBytes) settle_start();
  }
  if (body_) body_->push(bytes);
}

/// Without the fields nobody knows whether a coding is on; a type that the bytes tell is believed all the same.
void Message::settle_start() {
  if (!undecided_) return;
  const std::unique_ptr<Undecided> start = std::move(undecided_);
  const std::string_view guess = guess_media_type(start->start);
  if (!guess.empty() && !start->head.find("content-type"))
    start->head.fields.push_back({"content-type", std::string(guess), false, false});
  const bool told = embedded::match_magic(start->start, embedded::Place::kStart) != ContentType::kUnknown;
  doubtful_ = !told && !as_text(start->start).starts_with("--");
  body_ = std::make_unique<http::Entity>(start->context, std::move(start->origin), start->head);
  body_->push(start->start);
}

void Message::lose(std::uint64_t size) {
  settle_start();
  received_ += size;
  lost_ = lost_ || size == 0;
  if (!body_) return;
  size == 0 ? body_->lose_rest(NotInspected::kGap) : body_->lose(size);
}

void Message::flag(EvasionSet evasions) {
  if (undecided_) undecided_->origin.evasions |= evasions;
  if (body_) body_->flag(evasions);
}

bool Message::end() {
  settle_start();
  const bool differs = body_ && received_ > 0 && declared_ && !lost_ && *declared_ != received_;
  if (body_ && differs) {
    body_->flag(bit(Evasion::kHttpFraming));
    body_->end_here();
  }
  std::optional<NotInspected> reason;
  if (doubtful_) reason = NotInspected::kUnknownCoding;
  const bool start_lost = start_lost_ && doubtful_;
  if (lost_ || start_lost) reason = NotInspected::kGap;
  if (body_) body_->finish({start_lost ? EndReason::kFramingError : EndReason::kComplete, reason});
  body_.reset();
  state_ = State::kEnded;
  return differs;
}

void Message::cut(http::BodyEnd end) {
  settle_start();
  if (body_) body_->finish(end);
  body_.reset();
  state_ = State::kEnded;
}

void Message::reset_by_receiver() {
  if (state_ == State::kEnded) return;
  cut({EndReason::kAborted, NotInspected::kAborted});
  state_ = State::kAfterReset;
}

}  // namespace sallyport::http2
