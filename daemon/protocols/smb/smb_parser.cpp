#include "daemon/protocols/smb/smb_parser.h"

#include <array>
#include <optional>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/lost_messages.h"
#include "daemon/protocols/smb/message_stream.h"
#include "daemon/protocols/smb/opaque_traffic.h"
#include "daemon/protocols/smb/open_files.h"
#include "daemon/protocols/smb/parser_state.h"
#include "daemon/protocols/smb/smb1_connection.h"
#include "daemon/protocols/smb/smb1_dispatch.h"
#include "daemon/protocols/smb/smb1_raw.h"
#include "daemon/protocols/smb/smb2_connection.h"
#include "daemon/protocols/smb/smb2_dispatch.h"
#include "daemon/protocols/smb/smb2_transform.h"

namespace sallyport::smb {
namespace {

class SmbParser final : public ProtocolParser, private HeadReader {
 public:
  SmbParser(const Flow& flow, TransferSink& sink, const SmbConfig& config, SmbStats& stats,
            std::shared_ptr<GlobalTables> tables)
      : tables_(tables ? std::move(tables) : std::make_shared<GlobalTables>()),
        flow_{flow, sink, config, stats, *tables_} {}

  std::size_t feed(Direction direction, Bytes bytes, Timestamp time) override;
  void gap(Direction direction, std::uint64_t size, Timestamp time) override;
  void conflict(Direction direction, Timestamp time) override;
  void half_close(Direction, Timestamp) override {}
  void finish(CloseReason reason, Timestamp time) override;
  ParserState state() const override { return state_; }
  std::size_t memory_bytes() const override {
    return sizeof(*this) + files_.memory_bytes() + smb2_.memory_bytes() + smb1_.memory_bytes() +
           streams_[0].memory_bytes() + streams_[1].memory_bytes();
  }
  bool give_up(Timestamp time) override {
    end_all(EndReason::kAborted, NotInspected::kOverBudget, time);
    smb2_.forget_requests();
    smb1_.forget_requests();
    return false;
  }
  bool sleep(ParserMemory& memory) override;
  void go_on(const ParserMemory& memory);

 private:
  HeadPlan on_head(Direction direction, Bytes head, std::uint64_t available, bool first, Timestamp time) override;
  void on_empty_message(Direction direction) override { smb1_raw_.on_empty(direction == flow_.request_direction()); }
  void on_messages_lost(Direction direction, std::uint64_t size, Timestamp time) override;
  tl::expected<PlainMessage, NotInspected> on_whole_frame(Direction direction, Bytes frame, Timestamp) override {
    return on_compressed(smb2_, direction, frame);
  }
  Payload on_frame_refused(Direction direction, std::uint64_t size, NotInspected reason, Timestamp time) override {
    return on_compressed_lost(smb2_, opaque_, reason, direction, size, time);
  }
  HeadPlan on_smb2_head(Direction direction, Bytes head, std::uint64_t available, bool first, Timestamp time);
  std::optional<HeadPlan> on_raw_head(Direction direction, Bytes head, std::uint64_t available, Timestamp time);
  HeadPlan on_compressed_head(Direction direction, Bytes head, std::uint64_t available, bool first, Timestamp time);
  HeadPlan on_smb1_head(Direction direction, Bytes head, std::uint64_t available, Timestamp time);
  bool fits_direction(Direction direction, bool is_reply);
  HeadPlan skip_malformed(std::uint64_t size);
  void end_all(EndReason reason, std::optional<NotInspected> why, Timestamp time);
  MessageStream& stream(Direction direction) { return streams_[index_of(direction)]; }

  const std::shared_ptr<GlobalTables> tables_;
  SmbFlow flow_;
  OpenFiles files_{flow_};
  OpaqueTraffic opaque_{flow_};
  LostMessages lost_{flow_};
  Smb2Connection smb2_{flow_, files_};
  Smb1Connection smb1_{flow_, files_, opaque_};
  Smb1RawDialogs smb1_raw_{smb1_};
  std::array<MessageStream, 2> streams_{MessageStream(Direction::kClientToServer, flow_, *this),
                                        MessageStream(Direction::kServerToClient, flow_, *this)};
  bool role_known_ = false;
  Protocol protocol_ = Protocol::kSmb2;  // of the last message
  ParserState state_ = ParserState::kRunning;
};

std::size_t SmbParser::feed(Direction direction, Bytes bytes, Timestamp time) {
  if (state_ == ParserState::kFailed) {
    flow_.stats.unparsed_bytes.add(bytes.size());
    return bytes.size();
  }
  stream(direction).feed(bytes, time);
  if (stream(direction).failed()) {
    end_all(EndReason::kFramingError, NotInspected::kProtocolError, time);
    state_ = ParserState::kFailed;
  }
  return bytes.size();
}

void SmbParser::gap(Direction direction, std::uint64_t size, Timestamp time) {
  if (state_ == ParserState::kRunning) stream(direction).gap(size, time);
}

void SmbParser::conflict(Direction direction, Timestamp) {
  if (state_ != ParserState::kRunning) return;
  if (const TransferId open = stream(direction).open_payload()) {
    flow_.sink.flag(open, bit(Evasion::kTcpOverlap));
  } else {
    // Between payloads it is a header that has two readings: any file may be meant.
    files_.flag_all(direction == flow_.request_direction(), Evasion::kTcpOverlap);
  }
}

void SmbParser::on_messages_lost(Direction direction, std::uint64_t size, Timestamp time) {
  const bool upload = direction == flow_.request_direction();
  smb1_raw_.messages_lost(upload);
  files_.messages_lost(upload, NotInspected::kGap);
  lost_.lost(direction, protocol_, size, time);
}

void SmbParser::finish(CloseReason, Timestamp time) {
  if (state_ == ParserState::kRunning) end_all(EndReason::kConnectionClosed, std::nullopt, time);
}

bool SmbParser::sleep(ParserMemory& memory) {
  const bool is_between = state_ == ParserState::kRunning && streams_[0].is_between() && streams_[1].is_between();
  const bool is_idle = files_.is_idle() && opaque_.is_idle() && lost_.is_idle() && smb2_.is_idle() && smb1_.is_idle() &&
                       smb1_raw_.is_idle();
  if (!is_between || !is_idle) return false;
  memory.rest.clear();
  StateWriter out(memory.rest);
  out.number(role_known_);
  out.number(flow_.reversed);
  out.number(static_cast<std::uint64_t>(protocol_));
  files_.write(out);
  smb2_.write(out);
  smb1_.write(out);
  memory.rest.shrink_to_fit();
  return true;
}

void SmbParser::go_on(const ParserMemory& memory) {
  StateReader in(memory.rest);
  role_known_ = in.number() != 0;
  flow_.reversed = in.number() != 0;
  protocol_ = static_cast<Protocol>(in.number());
  files_.read(in);
  smb2_.read(in);
  smb1_.read(in);
}

void SmbParser::end_all(EndReason reason, std::optional<NotInspected> why, Timestamp time) {
  for (MessageStream& direction : streams_) direction.finish(time);
  files_.end_all(reason, why, time);
  opaque_.end_all(reason, time);
  lost_.end_all(reason, time);
}

HeadPlan SmbParser::on_head(Direction direction, Bytes head, std::uint64_t available, bool first, Timestamp time) {
  if (first) {
    if (const auto raw = on_raw_head(direction, head, available, time)) return *raw;
  }
  const std::uint32_t magic = ByteReader(head).u32be();
  const std::uint32_t size_min = message_bytes_min(magic);
  if (size_min == 0 && first && available >= 4) return {.lost = true};
  if (size_min == 0 || available < size_min) return skip_malformed(available);
  if (head.size() < size_min) return {.need = size_min};
  switch (static_cast<Magic>(magic)) {
    case Magic::kSmb1:
      protocol_ = Protocol::kSmb1;
      return on_smb1_head(direction, head, available, time);
    case Magic::kSmb2:
      protocol_ = Protocol::kSmb2;
      return on_smb2_head(direction, head, available, first, time);
    case Magic::kTransform:
      return {.message_size = available, .payload = on_encrypted(smb2_, opaque_, direction, head, available, time)};
    case Magic::kCompressed:
      return on_compressed_head(direction, head, available, first, time);
  }
  return skip_malformed(available);
}

HeadPlan SmbParser::on_smb2_head(Direction direction, Bytes head, std::uint64_t available, bool first, Timestamp time) {
  const auto header = parse_smb2_header(head);
  if (!header) return skip_malformed(available);
  const bool is_last = header->next_command == 0;
  const bool next_fits = header->next_command >= kSmb2HeaderBytes && header->next_command < available;
  const std::uint64_t size = !is_last && next_fits ? header->next_command : available;
  if (const std::size_t wanted = smb2_head_bytes(*header, head, size); head.size() < wanted) return {.need = wanted};
  // Checked when the head is whole, so that it counts once.
  if (!fits_direction(direction, header->is_reply())) return skip_malformed(size);
  const bool next_is_odd = !is_last && (!next_fits || header->next_command % 8 != 0);
  const Payload payload = on_smb2_message(smb2_, Smb2Message{*header, head, size, time}, first);
  if (next_is_odd) {
    flow_.stats.malformed.add();
    files_.flag_all(!header->is_reply(), Evasion::kSmbFraming);
  }
  return {.message_size = size, .payload = payload};
}

// Raw data of SMB1 has no header: what it is follows from what was asked for.
std::optional<HeadPlan> SmbParser::on_raw_head(Direction direction, Bytes head, std::uint64_t available,
                                               Timestamp time) {
  const bool upload = direction == flow_.request_direction();
  if (!smb1_raw_.expects(upload)) return std::nullopt;
  const std::size_t wanted = smb1_raw_head_bytes(head, available);
  if (head.size() < wanted) return HeadPlan{.need = wanted};
  if (!smb1_raw_.is_raw(upload, head)) return std::nullopt;
  return HeadPlan{.message_size = available, .payload = smb1_raw_.on_raw(upload, head, available, time)};
}

HeadPlan SmbParser::on_compressed_head(Direction direction, Bytes head, std::uint64_t available, bool first,
                                       Timestamp time) {
  if (first) return {.whole_frame = true};
  // Inside a compound, compressed or not, no receiver takes it (MS-SMB2 3.3.5.2).
  flow_.stats.malformed.add();
  Payload payload =
      on_compressed_lost(smb2_, opaque_, NotInspected::kProtocolError, direction, available - head.size(), time);
  payload.at = head.size();
  return {.message_size = available, .payload = payload};
}

HeadPlan SmbParser::on_smb1_head(Direction direction, Bytes head, std::uint64_t available, Timestamp time) {
  if (const std::size_t wanted = smb1_head_bytes(head, available); head.size() < wanted) return {.need = wanted};
  const auto header = parse_smb1_header(head);
  if (header && header->is_oplock_break()) return {.message_size = available};
  if (!header || !fits_direction(direction, header->is_reply)) return skip_malformed(available);
  const Smb1Message message{*header, head, available, time};
  return {.message_size = available, .payload = on_smb1_message(smb1_, smb1_raw_, message, direction)};
}

bool SmbParser::fits_direction(Direction direction, bool is_reply) {
  if (!role_known_ && flow_.flow.midstream) {
    flow_.reversed = (direction == Direction::kServerToClient) != is_reply;
  }
  role_known_ = true;
  return (direction == flow_.request_direction()) != is_reply;
}

HeadPlan SmbParser::skip_malformed(std::uint64_t size) {
  flow_.stats.malformed.add();
  return {.message_size = size};
}

bool agrees(Bytes bytes, std::string_view pattern) {
  const std::string_view text = as_text(bytes);
  return text.substr(0, pattern.size()) == pattern.substr(0, text.size());
}

}  // namespace

std::unique_ptr<ProtocolParser> make_smb_parser(const Flow& flow, TransferSink& sink, const SmbConfig& config,
                                                SmbStats& stats, std::shared_ptr<GlobalTables> tables) {
  return std::make_unique<SmbParser>(flow, sink, config, stats, std::move(tables));
}

std::unique_ptr<ProtocolParser> wake_smb_parser(const Flow& flow, const ParserMemory& memory, TransferSink& sink,
                                                const SmbEnvironment& environment) {
  auto parser = std::make_unique<SmbParser>(flow, sink, environment.config, environment.stats, environment.tables);
  parser->go_on(memory);
  return parser;
}

Recognition recognise_smb(Direction, Bytes prefix) {
  using std::string_view_literals::operator""sv;
  constexpr std::size_t kDecidedAt = 8;
  if (prefix.empty()) return Recognition::kMaybe;
  const Recognition fits = prefix.size() < kDecidedAt ? Recognition::kMaybe : Recognition::kYes;
  // RFC 1002 4.3.2: two encoded names of 34 bytes; the reply, 4.3.3, has no body.
  if (agrees(prefix, "\x81\x00\x00\x44\x20"sv)) return fits;
  if (agrees(prefix, "\x82\x00\x00\x00"sv)) return prefix.size() < 4 ? Recognition::kMaybe : Recognition::kYes;
  if (prefix.front() != std::byte{0}) return Recognition::kNo;
  if (prefix.size() <= 4) return Recognition::kMaybe;
  ByteReader reader(prefix.size() < kDecidedAt ? Bytes{} : prefix);
  const std::uint32_t size = reader.u32be();
  if (const std::uint32_t magic = reader.u32be(); reader.ok()) {
    const std::uint32_t size_min = message_bytes_min(magic);
    return size_min > 0 && size >= size_min ? Recognition::kYes : Recognition::kNo;
  }
  const Bytes magic = prefix.subspan(4);
  for (const std::string_view known : {"\xfeSMB"sv, "\xffSMB"sv, "\xfdSMB"sv, "\xfcSMB"sv}) {
    if (agrees(magic, known)) return Recognition::kMaybe;
  }
  return Recognition::kNo;
}

}  // namespace sallyport::smb
