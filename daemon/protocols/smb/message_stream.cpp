#include "daemon/protocols/smb/message_stream.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kMagicBytes = 4;
/// A buffer that grew beyond this for one message is given back: many idle flows must not each keep a large one.
constexpr std::size_t kHeadBytesKept = 4096;

std::size_t smaller(std::uint64_t limit, std::size_t size) {
  return limit < size ? static_cast<std::size_t>(limit) : size;
}

}  // namespace

void MessageStream::feed(Bytes bytes, Timestamp time) {
  while (!bytes.empty() && !framing_.failed()) {
    if (frame_left_ == 0) {
      begin_frame(bytes, time);
    } else {
      bytes = bytes.subspan(take(prefix(bytes, smaller(frame_left_, bytes.size())), time));
    }
  }
}

void MessageStream::begin_frame(Bytes& bytes, Timestamp time) {
  const bool was_scanning = framing_.is_scanning();
  const MessageStart start = framing_.next(bytes);
  if (!was_scanning && (framing_.is_scanning() || start.magic != 0)) reader_.on_messages_lost(direction_, 0, time);
  if (start.is_empty) reader_.on_empty_message(direction_);
  if (start.size == 0) return;
  frame_size_ = start.size;
  frame_left_ = start.size;
  first_ = true;
  begin_message();
  if (start.magic == 0) return;
  std::byte magic[kMagicBytes];
  for (unsigned i = 0; i < kMagicBytes; ++i) magic[i] = static_cast<std::byte>(start.magic >> (24 - 8 * i));
  take(magic, time);
}

void MessageStream::begin_message() {
  in_head_ = true;
  if (head_.capacity() > kHeadBytesKept) ByteBuffer().swap(head_);
  head_.clear();
  need_ = smaller(frame_left_, kMagicBytes);
  lead_ = tail_ = 0;
  payload_ = {};
}

std::size_t MessageStream::take(Bytes body, Timestamp time) {
  if (in_head_) return take_head(body, time);
  if (collecting_) return collect(body, time);
  std::size_t taken = 0;
  if (lead_ > 0) {
    taken = smaller(lead_, body.size());
    lead_ -= taken;
  } else if (payload_.size > 0) {
    taken = smaller(payload_.size, body.size());
    deliver(body.first(taken), time);
  } else {
    taken = smaller(tail_, body.size());
    tail_ -= taken;
  }
  frame_left_ -= taken;
  if (message_done() && frame_left_ > 0) begin_message();
  return taken;
}

std::size_t MessageStream::take_head(Bytes body, Timestamp time) {
  const std::size_t taken = smaller(need_ - head_.size(), body.size());
  append(head_, body.first(taken));
  frame_left_ -= taken;
  if (head_.size() == need_) read_head(time);
  return taken;
}

void MessageStream::read_head(Timestamp time) {
  const std::uint64_t available = head_.size() + frame_left_;
  const HeadPlan plan = reader_.on_head(direction_, head_, available, first_, time);
  if (plan.lost) {
    framing_.lose(frame_size_, ByteReader(head_).u32be());
    reader_.on_messages_lost(direction_, frame_size_, time);
    in_head_ = false;
    frame_left_ = 0;
    return;
  }
  if (plan.need > head_.size()) {
    need_ = smaller(available, plan.need);
    return;
  }
  if (plan.whole_frame) return begin_collecting(time);
  first_ = false;
  in_head_ = false;
  const std::uint64_t message_left =
      std::clamp<std::uint64_t>(plan.message_size, head_.size(), available) - head_.size();
  payload_ = plan.payload;
  lead_ =
      payload_.size > 0 ? std::min(std::max<std::uint64_t>(payload_.at, head_.size()) - head_.size(), message_left) : 0;
  payload_.size = std::min(payload_.size, message_left - lead_);
  tail_ = message_left - lead_ - payload_.size;
  if (message_done() && frame_left_ > 0) begin_message();
}

void MessageStream::begin_collecting(Timestamp time) {
  in_head_ = false;
  collecting_ = true;
  frame_head_ = head_.size();
  frame_.expect(frame_size_);
  if (!frame_.append(head_)) return refuse_frame(NotInspected::kOverBudget, time);
  if (frame_left_ == 0) open_frame(time);
}

std::size_t MessageStream::collect(Bytes body, Timestamp time) {
  if (!frame_.append(body)) {
    refuse_frame(NotInspected::kOverBudget, time);
    return 0;  // they go by as what the frame counts as now
  }
  frame_left_ -= body.size();
  if (frame_left_ == 0) open_frame(time);
  return body.size();
}

void MessageStream::open_frame(Timestamp time) {
  const auto plain = reader_.on_whole_frame(direction_, frame_.bytes(), time);
  if (!plain) return refuse_frame(plain.error(), time);
  collecting_ = false;
  frame_.clear();
  read_plain(plain->bytes(), time);
}

void MessageStream::refuse_frame(NotInspected reason, Timestamp time) {
  collecting_ = false;
  payload_ = reader_.on_frame_refused(direction_, frame_size_ - frame_head_, reason, time);
  if (frame_.bytes().size() > frame_head_) deliver(frame_.bytes().subspan(frame_head_), time);
  frame_.clear();
}

void MessageStream::read_plain(Bytes message, Timestamp time) {
  frame_size_ = static_cast<std::uint32_t>(message.size());
  frame_left_ = message.size();
  first_ = true;
  begin_message();
  while (frame_left_ > 0) message = message.subspan(take(prefix(message, smaller(frame_left_, message.size())), time));
}

void MessageStream::finish(Timestamp time) {
  if (collecting_) refuse_frame(NotInspected::kAborted, time);
}

void MessageStream::deliver(Bytes bytes, Timestamp time) {
  if (payload_.id) {
    if (payload_.interest >= Interest::kDigest) {
      flow_.sink.chunk(payload_.id, payload_.offset, bytes, flow_.flow.id, time);
    } else {
      flow_.sink.pass(payload_.id, payload_.offset, bytes.size(), flow_.flow.id, time);
    }
  }
  payload_went_by(bytes.size(), time);
}

void MessageStream::payload_went_by(std::uint64_t size, Timestamp time) {
  payload_.offset += size;
  payload_.size -= size;
  if (payload_.size == 0 && payload_.id && payload_.is_unit) flow_.sink.unit_end(payload_.id, flow_.flow.id, time);
}

void MessageStream::gap(std::uint64_t size, Timestamp time) {
  while (size > 0 && frame_left_ > 0) size -= lose(size, time);
  if (size == 0) return;
  framing_.gap(size);
  reader_.on_messages_lost(direction_, size, time);
}

std::uint64_t MessageStream::lose(std::uint64_t size, Timestamp time) {
  if (collecting_) {
    flow_.stats.lost_messages.add();
    refuse_frame(NotInspected::kGap, time);
  }
  if (in_head_) {
    // Where the next message of a compound begins stood in the head: the rest of the frame cannot be read.
    flow_.stats.lost_messages.add();
    reader_.on_messages_lost(direction_, head_.size() + frame_left_, time);
    in_head_ = false;
    tail_ = frame_left_;
  }
  std::uint64_t lost = 0;
  if (lead_ > 0) {
    lost = std::min(lead_, size);
    lead_ -= lost;
  } else if (payload_.size > 0) {
    lost = std::min(payload_.size, size);
    if (payload_.id) flow_.sink.hole(payload_.id, payload_.offset, lost, NotInspected::kGap);
    payload_went_by(lost, time);
  } else {
    lost = std::min(tail_, size);
    tail_ -= lost;
  }
  frame_left_ -= lost;
  if (message_done() && frame_left_ > 0) begin_message();
  return lost;
}

}  // namespace sallyport::smb
