#include "daemon/protocols/websocket/joined_image.h"

#include <utility>

#include "daemon/protocols/embedded/magic.h"

namespace sallyport::websocket {

JoinedImage::JoinedImage(http::EntityContext& context, const WebSocketConfig& config, WebSocketStats& stats)
    : context_(context), config_(config), stats_(stats) {}

JoinedImage::~JoinedImage() {
  release_kept();
}

void JoinedImage::begin_message(const http::EntityOrigin& origin) {
  next_origin_ = origin;
  state_ = State::kStart;
  start_.clear();
}

void JoinedImage::push(Bytes bytes) {
  if (state_ == State::kStart) {
    const Bytes piece = prefix(bytes, embedded::kMagicBytes - start_.size());
    append(start_, piece);
    bytes = bytes.subspan(piece.size());
    if (start_.size() < embedded::kMagicBytes) return;
    judge_start();
  }
  if (state_ == State::kFirst) first_bytes(bytes);
  if (state_ == State::kNext) next_bytes(bytes);
}

void JoinedImage::judge_start() {
  const ContentType type = embedded::match_magic(start_, embedded::Place::kStart);
  if (is_image(type)) {
    give_up();
    begin_image(type);
  } else {
    state_ = is_open() ? State::kNext : State::kNone;
  }
  if (state_ == State::kFirst) first_bytes(start_);
  if (state_ == State::kNext) next_bytes(start_);
}

void JoinedImage::begin_image(ContentType type) {
  end_.emplace(type);
  if (end_->lost()) return drop();
  origin_ = next_origin_;
  origin_.key += " joined";
  size_ = 0;
  state_ = State::kFirst;
}

void JoinedImage::first_bytes(Bytes bytes) {
  end_->feed(bytes);
  size_ += bytes.size();
  // Whole in its message, or no image after all.
  if (end_->end() || end_->lost()) return drop();
  keep(bytes);
}

void JoinedImage::keep(Bytes bytes) {
  const bool fits = kept_.size() + bytes.size() <= config_.join_bytes_max &&
                    stats_.join_bytes.value() + bytes.size() <= config_.join_bytes_of_shard_max;
  if (!fits) {
    stats_.joins_given_up.add();
    return drop();
  }
  append(kept_, bytes);
  stats_.join_bytes.add(bytes.size());
}

void JoinedImage::next_bytes(Bytes bytes) {
  if (bytes.empty()) return;
  if (!body_) {
    body_ = std::make_unique<http::Entity>(context_, origin_, http::Head());
    body_->push(kept_);
    release_kept();
  }
  if (end_->end()) return body_->flag(bit(Evasion::kTrailingData));
  end_->feed(bytes);
  const std::uint64_t wanted = end_->end() ? *end_->end() - size_ : bytes.size();
  body_->push(bytes.first(static_cast<std::size_t>(wanted)));
  if (wanted < bytes.size()) body_->flag(bit(Evasion::kTrailingData));
  size_ += wanted;
}

void JoinedImage::end_message() {
  if (state_ == State::kStart && !start_.empty()) judge_start();
  if (body_ && end_->end()) finish();
  if (body_ && end_->lost()) give_up();
  state_ = State::kNone;
}

void JoinedImage::finish() {
  stats_.joined_images.add();
  body_->finish({});
  drop();
}

void JoinedImage::give_up() {
  if (body_) {
    stats_.joins_given_up.add();
    body_->finish({EndReason::kAborted, NotInspected::kAborted});
  }
  drop();
}

void JoinedImage::release_kept() {
  stats_.join_bytes.set(stats_.join_bytes.value() - kept_.size());
  kept_ = {};
}

void JoinedImage::drop() {
  release_kept();
  body_.reset();
  end_.reset();
  state_ = State::kNone;
}

void JoinedImage::flag(EvasionSet evasions) {
  origin_.evasions |= evasions;
  if (body_) body_->flag(evasions);
}

}  // namespace sallyport::websocket
