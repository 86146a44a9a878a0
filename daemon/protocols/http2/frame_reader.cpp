#include "daemon/protocols/http2/frame_reader.h"

#include <algorithm>
#include <utility>

namespace sallyport::http2 {
namespace {

std::uint64_t clip(std::uint64_t wanted, std::size_t there) {
  return std::min<std::uint64_t>(wanted, there);
}

}  // namespace

FrameReader::FrameReader(Start start, FrameHandler& handler, Http2Stats& stats) : handler_(handler), stats_(stats) {
  state_ = start == Start::kPreface ? State::kPreface : start == Start::kFrame ? State::kHeader : State::kResync;
}

void FrameReader::push(Bytes bytes) {
  while (!bytes.empty()) bytes = step(bytes);
}

Bytes FrameReader::step(Bytes bytes) {
  switch (state_) {
    case State::kPreface:
      return read_preface(bytes);
    case State::kHeader:
      return read_header(bytes);
    case State::kPrefix:
      return read_prefix(bytes);
    case State::kContent:
      return read_content(bytes);
    case State::kPadding:
      return read_padding(bytes);
    case State::kResync:
      break;
  }
  return resync(bytes);
}

/// A client that was met in the middle has none.
Bytes FrameReader::read_preface(Bytes bytes) {
  const std::string_view wanted = kConnectionPreface.substr(collected_size_);
  const std::size_t size = std::min(wanted.size(), bytes.size());
  if (as_text(bytes).substr(0, size) == wanted.substr(0, size)) {
    collected_size_ += size;
    if (collected_size_ == kConnectionPreface.size()) enter(State::kHeader);
    return bytes.subspan(size);
  }
  append(buffer_, as_byte_span(kConnectionPreface.substr(0, collected_size_)));
  lose_frames(0);
  return bytes;
}

Bytes FrameReader::read_header(Bytes bytes) {
  const std::size_t size = std::min(kFrameHeaderBytes - collected_size_, bytes.size());
  std::copy_n(bytes.begin(), size, collected_.begin() + static_cast<std::ptrdiff_t>(collected_size_));
  collected_size_ += size;
  if (collected_size_ == kFrameHeaderBytes) begin_frame();
  return bytes.subspan(size);
}

void FrameReader::begin_frame() {
  frame_ = parse_frame_header(collected_);
  stats_.frames.add();
  odd_ = false;
  const bool known = frame_.type <= FrameType::kContinuation;
  if (known && !is_well_formed(frame_)) {
    // Its end is certain all the same; an endpoint would close the connection.
    stats_.malformed_frames.add();
    odd_ = true;
    if (frame_.length < prefix_bytes(frame_)) frame_.flags = 0;
    if (frame_.type == FrameType::kPushPromise && frame_.length < prefix_bytes(frame_))
      frame_.type = FrameType::kPriority;
  }
  content_left_ = frame_.length - prefix_bytes(frame_);
  padding_left_ = 0;
  enter(State::kPrefix);
  if (prefix_bytes(frame_) == 0) read_prefix({});
}

Bytes FrameReader::read_prefix(Bytes bytes) {
  const std::size_t wanted = prefix_bytes(frame_);
  const std::size_t size = std::min(wanted - collected_size_, bytes.size());
  std::copy_n(bytes.begin(), size, collected_.begin() + static_cast<std::ptrdiff_t>(collected_size_));
  collected_size_ += size;
  if (collected_size_ < wanted) return bytes.subspan(size);
  if (wanted > 0 && frame_.has(kPadded)) {
    const auto pad = std::to_integer<std::uint64_t>(collected_[0]);
    odd_ = odd_ || pad > content_left_;
    padding_left_ = std::min(pad, content_left_);
    content_left_ -= padding_left_;
  }
  handler_.frame_begin(frame_, Bytes(collected_).first(wanted));
  enter(State::kContent);
  if (content_left_ == 0) read_content({});
  return bytes.subspan(size);
}

Bytes FrameReader::read_content(Bytes bytes) {
  const auto size = static_cast<std::size_t>(clip(content_left_, bytes.size()));
  content_left_ -= size;
  if (size > 0) handler_.frame_content(frame_, bytes.first(size));
  if (content_left_ > 0) return {};
  enter(State::kPadding);
  if (padding_left_ == 0) end_frame();
  return bytes.subspan(size);
}

Bytes FrameReader::read_padding(Bytes bytes) {
  const auto size = static_cast<std::size_t>(clip(padding_left_, bytes.size()));
  padding_left_ -= size;
  const auto is_set = [](std::byte byte) { return byte != std::byte{0}; };
  odd_ = odd_ || std::any_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size), is_set);
  if (padding_left_ == 0) end_frame();
  return bytes.subspan(size);
}

void FrameReader::enter(State state) {
  state_ = state;
  collected_size_ = 0;
}

void FrameReader::end_frame() {
  enter(State::kHeader);
  if (frame_.type == FrameType::kData) {
    const bool same = last_data_.stream == frame_.stream && last_data_.length == frame_.length;
    uniform_data_ = (same || frame_.length == kDefaultFrameBytes) && !frame_.has(kPadded) && !frame_.has(kEndStream);
    last_data_ = frame_;
  }
  handler_.frame_end(frame_, odd_);
}

void FrameReader::lose(std::uint64_t size) {
  if (state_ == State::kResync) {
    if (!buffer_.empty()) tell_lost(buffer_.size());
    lost_bytes_ += size;
    return;
  }
  if (state_ != State::kPreface && state_ != State::kHeader) size = lose_inside(size);
  if (size == 0) return;
  counts_loss_ = state_ == State::kHeader;
  lose_frames(size + (state_ == State::kHeader ? collected_size_ : 0));
}

/// Loses bytes of the frame that is open; gives how many are beyond it.
std::uint64_t FrameReader::lose_inside(std::uint64_t size) {
  if (state_ == State::kPrefix) {
    // Without the pad length all of the payload may be content, or nearly none.
    content_left_ += prefix_bytes(frame_) - collected_size_;
    odd_ = true;
    handler_.frame_begin(frame_, {});
    handler_.frame_content_lost(frame_, 0);
    padding_left_ = content_left_;
    content_left_ = 0;
    enter(State::kPadding);
  }
  if (const std::uint64_t content = std::min(size, content_left_); content > 0) {
    handler_.frame_content_lost(frame_, content);
    content_left_ -= content;
    size -= content;
  }
  if (content_left_ > 0) return 0;
  const std::uint64_t padding = std::min(size, padding_left_);
  padding_left_ -= padding;
  state_ = State::kPadding;
  if (padding_left_ == 0) end_frame();
  return size - padding;
}

/// `size`: the bytes that are lost from the end of the last frame on, where counts_loss_.
void FrameReader::lose_frames(std::uint64_t size) {
  enter(State::kResync);
  lost_bytes_ = size;
}

Bytes FrameReader::resync(Bytes bytes) {
  const Bytes piece = prefix(bytes, kResyncBytes - buffer_.size());
  append(buffer_, piece);
  if (const auto found = find_frame()) {
    found_frame(*found);
  } else if (buffer_.size() == kResyncBytes) {
    tell_lost(searched_);
  }
  return bytes.subspan(piece.size());
}

/// The loss is not bridged: it, and the first `skipped` bytes of the buffer, are of frames that nobody knows.
void FrameReader::tell_lost(std::size_t skipped) {
  stats_.unparsed_bytes.add(skipped);
  counts_loss_ = false;
  handler_.bytes_lost(std::exchange(lost_bytes_, 0), Bytes(buffer_).first(skipped));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(skipped));
  searched_ = 0;
}

/// The first place in the buffer at which a frame begins. Before searched_ none does for certain.
std::optional<std::size_t> FrameReader::find_frame() {
  for (; searched_ < buffer_.size(); ++searched_) {
    const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(searched_);
    searched_ += static_cast<std::size_t>(std::find(from, buffer_.end(), std::byte{0}) - from);
    bool undecided = false;
    if (searched_ < buffer_.size() && is_frame_at(searched_, undecided)) return searched_;
    if (undecided || searched_ == buffer_.size()) break;
  }
  return std::nullopt;
}

/// One frame of an open stream is enough; else the next header must fit as well.
bool FrameReader::is_frame_at(std::size_t position, bool& undecided) const {
  const Bytes here = Bytes(buffer_).subspan(position);
  undecided = here.size() < kFrameHeaderBytes;
  if (undecided || !is_plausible(here.first(kFrameHeaderBytes))) return false;
  const FrameHeader frame = parse_frame_header(here);
  if (frame.stream != 0 && handler_.is_open(frame.stream)) return true;
  const std::size_t next = kFrameHeaderBytes + frame.length;
  undecided = here.size() < next + kFrameHeaderBytes;
  return !undecided && is_plausible(here.subspan(next, kFrameHeaderBytes));
}

void FrameReader::found_frame(std::size_t position) {
  stats_.resyncs.add();
  if (bridge(position)) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(position));
  } else {
    tell_lost(position);
    handler_.frames_lost();
  }
  enter(State::kHeader);
  counts_loss_ = false;
  lost_bytes_ = 0;
  const ByteBuffer found = std::exchange(buffer_, {});
  searched_ = 0;
  push(found);
}

/// Senders cut one upload into equal frames. Where nothing else was open and the loss, up to the frame that was found,
/// is a whole number of such frames, it is known which bytes are missing, and the rest of the last frame is not.
bool FrameReader::bridge(std::size_t position) {
  const std::uint64_t between = lost_bytes_ + position;
  const std::uint64_t frame_bytes = kFrameHeaderBytes + std::uint64_t{last_data_.length};
  const bool fits = counts_loss_ && uniform_data_ && last_data_.length > 0 && between % frame_bytes == 0;
  if (!fits || handler_.only_open_stream() != last_data_.stream) return false;
  const std::uint64_t frames = between / frame_bytes;
  const auto tail = static_cast<std::size_t>(clip(last_data_.length, position));
  stats_.frames.add(frames);
  handler_.frame_begin(last_data_, {});
  handler_.frame_content_lost(last_data_, frames * last_data_.length - tail);
  if (tail > 0) handler_.frame_content(last_data_, Bytes(buffer_).subspan(position - tail, tail));
  handler_.frame_end(last_data_, false);
  return true;
}

bool FrameReader::finish() {
  const bool orderly = state_ == State::kHeader && collected_size_ == 0;
  if (state_ == State::kResync) {
    tell_lost(buffer_.size());
    handler_.frames_lost();
  }
  return orderly;
}

}  // namespace sallyport::http2
