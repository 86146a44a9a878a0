#include "daemon/protocols/grpc/protobuf_fields.h"

#include <algorithm>

namespace sallyport::grpc {
namespace {

constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};
constexpr unsigned kVarintBitsMax = 70;  // ten bytes
constexpr std::uint64_t kFieldNumberMax = (1U << 29) - 1;

enum WireType : std::uint8_t { kNumber = 0, kEight = 1, kDelimited = 2, kGroupBegin = 3, kGroupEnd = 4, kFour = 5 };

FieldPath path_below(FieldPath path, std::uint64_t field) {
  for (int shift = 0; shift < 32; shift += 8) path = (path ^ ((field >> shift) & 0xff)) * 0x100000001b3ULL;
  return path;
}

}  // namespace

void ProtobufFields::begin(std::optional<std::uint64_t> size) {
  levels_.assign(1, Level{size.value_or(kNoEnd), kWholeMessage});
  position_ = 0;
  path_ = kWholeMessage;
  start_size_ = 0;
  state_ = State::kStart;
}

void ProtobufFields::push(Bytes bytes) {
  while (!bytes.empty() && !levels_.empty()) bytes = step(bytes);
}

Bytes ProtobufFields::step(Bytes bytes) {
  switch (state_) {
    case State::kTag:
    case State::kVarint:
    case State::kLength:
      return read_fields(bytes);
    case State::kStart:
      return read_start(bytes);
    case State::kSkip:
      return read_skip(bytes);
    case State::kObject:
      break;
  }
  return read_object(bytes);
}

/// The next field, one level up where this one is over.
void ProtobufFields::enter_tag() {
  while (levels_.size() > 1 && position_ >= levels_.back().end) levels_.pop_back();
  state_ = State::kTag;
  varint_ = 0;
  varint_bits_ = 0;
}

/// Tags, numbers and lengths, up to a payload.
Bytes ProtobufFields::read_fields(Bytes bytes) {
  std::size_t used = 0;
  bool goes_on = true;
  while (goes_on && used < bytes.size() && left() > 0) {
    ++position_;
    goes_on = field_byte(std::to_integer<std::uint8_t>(bytes[used++]));
  }
  handler_.other_bytes(bytes.first(used));
  if (left() > 0 || state_ == State::kSkip) return bytes.subspan(used);
  if (levels_.size() == 1) return {};  // what comes behind the message is not of it
  enter_tag();
  return bytes.subspan(used);
}

/// False at a payload.
bool ProtobufFields::field_byte(std::uint8_t byte) {
  if (!varint_byte(byte)) return state_ != State::kSkip;
  switch (state_) {
    case State::kTag:
      return on_tag();
    case State::kLength:
      return on_length();
    default:
      enter_tag();
      return true;
  }
}

/// True when the varint is whole.
bool ProtobufFields::varint_byte(std::uint8_t byte) {
  if (varint_bits_ < 64) varint_ |= std::uint64_t{byte & 0x7fU} << varint_bits_;
  varint_bits_ += 7;
  if (!(byte & 0x80U)) return true;
  if (varint_bits_ >= kVarintBitsMax) skip_level();
  return false;
}

bool ProtobufFields::on_tag() {
  const std::uint64_t field = varint_ >> 3;
  const auto type = static_cast<std::uint8_t>(varint_ & 7U);
  varint_ = 0;
  varint_bits_ = 0;
  if (field == 0 || field > kFieldNumberMax || type > kFour) {
    skip_level();
    return false;
  }
  path_ = path_below(levels_.back().path, field);
  if (type == kNumber) state_ = State::kVarint;
  if (type == kDelimited) state_ = State::kLength;
  if (type != kEight && type != kFour) return true;
  const std::uint64_t size = type == kEight ? 8 : 4;
  if (size > left()) {
    skip_level();
    return false;
  }
  state_ = State::kSkip;
  skip_to_ = position_ + size;
  return false;
}

bool ProtobufFields::on_length() {
  const std::uint64_t size = varint_;
  if (size > left() || size >= kNoEnd - position_) {
    skip_level();
    return false;
  }
  if (size == 0) {
    enter_tag();
    return true;
  }
  if (levels_.size() > kLevelsMax) {
    too_deep_ = true;
    state_ = State::kSkip;
    skip_to_ = position_ + size;
    return false;
  }
  levels_.push_back({position_ + size, path_});
  start_size_ = 0;
  state_ = State::kStart;
  return false;
}

/// These bytes are no message: nothing more is read of them.
void ProtobufFields::skip_level() {
  state_ = State::kSkip;
  skip_to_ = levels_.back().end;
}

Bytes ProtobufFields::read_skip(Bytes bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(skip_to_ - position_, bytes.size()));
  position_ += size;
  if (size > 0) handler_.other_bytes(bytes.first(size));
  if (position_ < skip_to_) return {};
  const bool is_over = levels_.size() == 1 && left() == 0;
  if (is_over) return {};
  enter_tag();
  return bytes.subspan(size);
}

Bytes ProtobufFields::read_start(Bytes bytes) {
  const std::uint64_t wanted = std::min<std::uint64_t>(left() + start_size_, start_.size());
  const Bytes piece = prefix(bytes, static_cast<std::size_t>(wanted) - start_size_);
  std::copy(piece.begin(), piece.end(), start_.begin() + static_cast<std::ptrdiff_t>(start_size_));
  start_size_ += piece.size();
  position_ += piece.size();
  if (start_size_ == wanted) judge_start();
  return bytes.subspan(piece.size());
}

void ProtobufFields::judge_start() {
  const std::array<std::byte, embedded::kMagicBytes> start = start_;
  const Bytes bytes = Bytes(start).first(start_size_);
  const FieldPath path = levels_.back().path;
  const ContentType content = embedded::match_magic(bytes, embedded::Place::kStart);
  position_ -= bytes.size();
  if (content != ContentType::kUnknown || handler_.goes_on(path)) {
    handler_.object_begin(path, content);
    state_ = State::kObject;
  } else {
    enter_tag();
  }
  // At most as many levels as there are pairs of bytes.
  push(bytes);
}

Bytes ProtobufFields::read_object(Bytes bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left(), bytes.size()));
  position_ += size;
  if (size > 0) handler_.object_bytes(bytes.first(size));
  if (left() > 0) return {};
  handler_.object_end(true);
  if (levels_.size() == 1) {
    levels_.clear();
    return {};
  }
  enter_tag();
  return bytes.subspan(size);
}

void ProtobufFields::lose(std::uint64_t size) {
  if (levels_.empty()) return;
  if (state_ == State::kStart) judge_start();
  if (state_ == State::kObject) {
    const std::uint64_t inside = std::min(size, left());
    handler_.object_lost(inside);
    position_ += inside;
    size -= inside;
    if (left() == 0) {
      handler_.object_end(true);
      if (levels_.size() == 1) return levels_.clear();
      enter_tag();
    }
  }
  if (size == 0) return;
  if (state_ == State::kSkip && size <= skip_to_ - position_) {
    position_ += size;
    return;
  }
  // What was lost may have held tags: the fields around it that end behind it can be gone on with.
  position_ += std::min(size, levels_.front().end - position_);
  while (levels_.size() > 1 && position_ > levels_.back().end) levels_.pop_back();
  skip_level();
  if (position_ >= skip_to_ && levels_.size() > 1) enter_tag();
}

void ProtobufFields::end() {
  if (!levels_.empty() && state_ == State::kStart && start_size_ > 0) judge_start();
  if (!levels_.empty() && state_ == State::kObject)
    handler_.object_end(levels_.front().end == kNoEnd && levels_.size() == 1);
  levels_.clear();
}

}  // namespace sallyport::grpc
