// One direction of one TCP connection: sequence numbers -> 64-bit offsets, segments -> bytes in order.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/stream_sink.h"
#include "daemon/net/net_stats.h"
#include "daemon/net/recent_bytes.h"

namespace sallyport {

/// Where a stream's events go while one packet, or one timeout, is handled.
struct StreamOutput {
  StreamSink& sink;
  NetStats& stats;
  FlowId flow;
  Direction direction;
  Timestamp time;
  std::size_t history_bytes;                  ///< a power of two, or zero
  const std::optional<CloseReason>& stopped;  ///< once set, nothing more is called
  /// Of bytes that contradict earlier ones nothing is taken, new ones among them neither: their packet is dropped.
  bool refuses_conflicts = false;
};

/// Delivers each byte once: the first version wins, a later one with other content is reported. In-order bytes are
/// passed through without a copy; what is ahead is copied and charged to held_charge(). Offset 0 is the first byte
/// after the SYN, or the first byte seen. The owner bounds held_charge() by lose_first_hole(). Anybody can forge a FIN:
/// it counts once its receiver has acknowledged it, and what comes behind it waits until then. One thread.
/// A gateway follows millions of these: one that keeps no bytes has no memory beside the object itself.
class TcpStream {
 public:
  /// Sets offset 0. Without it nothing else may be called but started().
  void start(std::uint32_t first_sequence);
  bool started() const { return started_; }

  /// Notes what the receiver has confirmed: its acknowledgement number. May come before start().
  void acknowledge(std::uint32_t sequence);
  /// The highest acknowledgement number; nothing while none was seen.
  std::optional<std::uint32_t> acknowledged() const {
    return is_acknowledged_ ? std::optional(acknowledged_) : std::nullopt;
  }
  /// The first acknowledgement number; only where acknowledged().
  std::uint32_t first_acknowledged() const { return first_acknowledged_; }
  /// Whether the receiver has confirmed everything below `offset`.
  bool is_acknowledged(std::uint64_t offset) const;

  std::uint64_t next() const { return next_; }
  bool finished() const { return half_closed_; }
  /// All that came before a FIN was delivered, and nothing shows yet whether the FIN is real.
  bool is_end_in_doubt() const { return kept_ && kept_->fin == next_ && !half_closed_; }
  /// What the receiver expects by what was delivered; behind the FIN unless something contradicts it.
  std::uint32_t next_sequence() const;
  std::uint32_t first_sequence() const { return first_sequence_; }
  /// One past the highest byte, delivered or held.
  std::uint64_t highest() const;
  /// The offset that lies nearest to what is expected next (RFC 9293 3.4); negative before the start.
  std::int64_t offset_of(std::uint32_t sequence) const;
  std::uint32_t sequence_of(std::uint64_t offset) const { return first_sequence_ + static_cast<std::uint32_t>(offset); }

  /// Bytes at `offset`, and `missing` more behind them that went by and were not captured. False: they were refused
  /// (StreamOutput::refuses_conflicts); the conflict was reported.
  bool add(std::int64_t offset, Bytes bytes, std::uint32_t missing, StreamOutput& out);
  /// Whether `bytes` contradict earlier ones: reports the conflict, and takes nothing.
  bool contradicts(std::int64_t offset, Bytes bytes, StreamOutput& out);
  /// Somebody says that the direction ends at `offset`.
  void end_at(std::int64_t offset);
  /// Believes a FIN that was acknowledged, and disowns one where the receiver has acknowledged more, or where more than
  /// `behind_max` waits behind it.
  void judge_end(std::size_t behind_max, StreamOutput& out);

  bool has_hole() const { return kept_ && (!kept_->held.empty() || (kept_->fin && !half_closed_)); }
  /// One past the first hole; only where has_hole(). An end in doubt is a hole of no bytes.
  std::uint64_t hole_end() const;
  /// Reports the first hole as a gap and delivers what waited behind it; decides an end in doubt by what is known.
  void lose_first_hole(StreamOutput& out);
  /// Reports everything up to `offset` as lost where it is beyond what came.
  void lose_until(std::uint64_t offset, StreamOutput& out);

  /// Whether the receiver has confirmed all that came, and nothing is waited for.
  bool settled() const { return !has_hole() && (next_ == 0 || is_acknowledged(next_)); }

  std::size_t held_charge() const { return kept_ ? kept_->held_charge : 0; }
  std::size_t charge() const { return kept_ ? sizeof(Kept) + kept_->held_charge + kept_->recent.capacity() : 0; }
  /// What was delivered and comes again is not compared any more, but given to on_repeat().
  void forget_history();
  /// Throws held bytes and history away, without a call, and a FIN behind a hole.
  void clear_buffers() { kept_.reset(); }

 private:
  struct Piece {
    ByteBuffer bytes;
    std::uint64_t lost = 0;  ///< bytes of a truncated capture: then `bytes` is empty
    std::uint64_t size() const { return bytes.size() + lost; }
  };
  using Pieces = std::map<std::uint64_t, Piece>;
  /// What only a stream with bytes, or with a FIN ahead of them, needs.
  struct Kept {
    std::size_t held_charge = 0;
    std::optional<std::uint64_t> fin;        // the nearest, until it is disowned
    std::optional<std::uint64_t> later_fin;  // another one behind it
    RecentBytes recent;
    Pieces held;  // disjoint, all of it at or after next_
  };

  Kept& kept();
  void drop_if_unused();
  /// Where the direction ends, as far as anybody said.
  std::optional<std::uint64_t> fin() const;
  bool holds() const { return kept_ && !kept_->held.empty(); }
  static std::optional<std::uint64_t> cut_start(std::int64_t offset, Bytes& bytes, std::uint32_t& missing,
                                                StreamOutput& out);
  void add_out_of_order(std::uint64_t offset, Bytes bytes, StreamOutput& out);
  bool compare(std::uint64_t offset, Bytes bytes, StreamOutput& out);
  bool compare_with_held(std::uint64_t offset, Bytes bytes, StreamOutput& out);
  bool compare_with_delivered(std::uint64_t offset, Bytes bytes, StreamOutput& out);
  void add_lost(std::uint64_t offset, std::uint64_t size, StreamOutput& out);
  void hold_free_parts(std::uint64_t offset, Bytes bytes, std::uint64_t lost);
  void hold(std::uint64_t offset, Bytes bytes, std::uint64_t lost);
  void drain(StreamOutput& out);
  void deliver(Bytes bytes, StreamOutput& out);
  void lose(std::uint64_t size, StreamOutput& out);
  bool is_like_keep_alive(std::uint64_t offset, Bytes bytes) const;
  void set_behind_aside(std::uint64_t end, std::uint64_t offset, Bytes& bytes, std::uint32_t& missing,
                        StreamOutput& out);
  void split_held_at(std::uint64_t end);
  void drop_held(StreamOutput& out);
  void report_repeat(std::uint64_t offset, Bytes bytes, StreamOutput& out);
  void report_conflict(std::uint64_t offset, Bytes other, StreamOutput& out);
  void finish(StreamOutput& out);
  void disown_end(StreamOutput& out);

  std::uint64_t next_ = 0;
  std::unique_ptr<Kept> kept_;
  std::uint32_t first_sequence_ = 0;
  std::uint32_t first_acknowledged_ = 0;
  std::uint32_t acknowledged_ = 0;
  bool is_acknowledged_ = false;
  bool started_ = false;
  bool half_closed_ = false;
};

}  // namespace sallyport
