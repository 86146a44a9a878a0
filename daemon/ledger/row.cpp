#include "daemon/ledger/row.h"

#include <algorithm>

#include "daemon/base/hex.h"
#include "daemon/ledger/row_detail.h"

namespace sallyport {
namespace {

std::int64_t nanoseconds(Timestamp time) {
  return time.time_since_epoch().count();
}
Timestamp timestamp(std::int64_t nanoseconds) {
  return Timestamp(Duration(nanoseconds));
}

/// The bytes that hexadecimal digits spell; other text stays what it is.
std::string packed(std::string_view text) {
  const auto is_hex = [](char c) { return hex_digit(c) >= 0; };
  if (text.size() % 2 != 0 || !std::all_of(text.begin(), text.end(), is_hex)) return std::string(text);
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes += static_cast<char>(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
  }
  return bytes;
}

std::string unpacked(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// ["a","b"], for SQLite's json_each(). A name of a rule has nothing to escape; what has is not told here.
std::string rule_names(const Verdict& verdict, bool shadow) {
  std::string names;
  for (const RuleMatch& match : verdict.matches) {
    if (match.shadow != shadow || match.rule.find_first_of("\"\\") != std::string::npos) continue;
    names += (names.empty() ? "[\"" : ",\"") + match.rule + '"';
  }
  return names.empty() ? names : names + ']';
}

template <class Enum, std::size_t N>
Enum value_of(std::string_view word, const std::array<Enum, N>& values, Enum otherwise) {
  const auto found = std::find_if(values.begin(), values.end(), [word](Enum each) { return to_string(each) == word; });
  return found == values.end() ? otherwise : *found;
}

/// Walks the columns of a row in order.
class Columns {
 public:
  explicit Columns(const Statement& select) : select_(select) {}

  std::int64_t integer() { return select_.integer(column_++); }
  std::uint64_t size() { return static_cast<std::uint64_t>(integer()); }
  std::string_view text() { return select_.text(column_++); }
  Bytes blob() { return select_.blob(column_++); }
  void skip(int count) { column_ += count; }
  bool endpoint(Endpoint& to) {
    const auto address = IpAddress::parse(text());
    to = {address.value_or(IpAddress()), static_cast<std::uint16_t>(integer())};
    return address.has_value();
  }

 private:
  const Statement& select_;
  int column_ = 0;
};

class Binder {
 public:
  explicit Binder(Statement& insert) : insert_(insert) {}

  void integer(std::int64_t value) { insert_.bind(parameter_++, value); }
  void size(std::uint64_t value) { integer(static_cast<std::int64_t>(value)); }
  void text(std::string_view value) { insert_.bind_text(parameter_++, value); }
  void blob(Bytes value) { insert_.bind_blob(parameter_++, value); }

 private:
  Statement& insert_;
  int parameter_ = 1;
};

void bind_transfer(Binder& to, const Transfer& transfer, const RowTexts& texts) {
  const TransferFacts& facts = transfer.facts;
  to.integer(nanoseconds(transfer.begun));
  to.integer(nanoseconds(transfer.last_seen));
  to.text(to_string(facts.protocol));
  to.text(texts.sender);
  to.integer(facts.sender.port);
  to.text(texts.receiver);
  to.integer(facts.receiver.port);
  to.integer(facts.upload ? 1 : 0);
  for (const std::string* const name : {&facts.host, &facts.path, &facts.share, &facts.user, &facts.file_name}) {
    to.text(*name);
  }
  to.text(to_string(transfer.content));
  to.size(transfer.size);
  to.size(transfer.account.delivered);
  to.size(transfer.account.missing_bytes);
  to.blob(transfer.sha256 ? Bytes(*transfer.sha256) : Bytes());
}

bool read_transfer(Columns& from, Transfer& transfer) {
  TransferFacts& facts = transfer.facts;
  transfer.begun = timestamp(from.integer());
  transfer.last_seen = timestamp(from.integer());
  facts.protocol = protocol_from(from.text()).value_or(Protocol::kUnknown);
  const bool has_sender = from.endpoint(facts.sender);
  const bool has_receiver = from.endpoint(facts.receiver);
  facts.upload = from.integer() != 0;
  for (std::string* const name : {&facts.host, &facts.path, &facts.share, &facts.user, &facts.file_name}) {
    *name = from.text();
  }
  transfer.content = content_type_from(from.text()).value_or(ContentType::kUnknown);
  transfer.size = from.size();
  transfer.account.delivered = from.size();
  transfer.account.missing_bytes = from.size();
  const Bytes sha256 = from.blob();
  if (sha256.size() == sizeof(Sha256Digest)) {
    transfer.sha256.emplace();
    std::copy(sha256.begin(), sha256.end(), transfer.sha256->begin());
  }
  return has_sender && has_receiver;
}

void read_verdict(Columns& from, Event& event) {
  static constexpr std::array kActions{Action::kAllow, Action::kAlert};
  static constexpr std::array kSeverities{Severity::kInformational, Severity::kLow, Severity::kMedium, Severity::kHigh};
  static constexpr std::array kDispositions{Disposition::kAlerted, Disposition::kBlocked, Disposition::kResetAttempted,
                                            Disposition::kBlockTooLate};
  event.verdict.not_inspected = not_inspected_from(from.text());
  event.verdict.action = value_of(from.text(), kActions, Action::kBlock);
  event.verdict.severity = value_of(from.text(), kSeverities, Severity::kCritical);
  event.disposition = value_of(from.text(), kDispositions, Disposition::kAllowed);
  from.skip(2);  // the names of rules are in the detail too
  event.verdict.policy_digest = unpacked(from.blob());
  event.id = unpacked(from.blob());
}

}  // namespace

RowTexts texts_of(const Event& event) {
  const TransferFacts& facts = event.transfer.facts;
  return {facts.sender.address.to_string(),
          facts.receiver.address.to_string(),
          rule_names(event.verdict, false),
          rule_names(event.verdict, true),
          packed(event.verdict.policy_digest),
          packed(event.id),
          encode_detail(event)};
}

void bind_row(Statement& insert, const Event& event, const RowTexts& texts) {
  Binder to(insert);
  to.integer(nanoseconds(event.time));
  bind_transfer(to, event.transfer, texts);
  to.text(event.verdict.not_inspected ? to_string(*event.verdict.not_inspected) : std::string_view());
  to.text(to_string(event.verdict.action));
  to.text(to_string(event.verdict.severity));
  to.text(to_string(event.disposition));
  to.text(texts.rules);
  to.text(texts.shadow_rules);
  to.blob(as_byte_span(texts.policy));
  to.blob(as_byte_span(texts.event));
  to.integer(is_told(event) ? 1 : 0);
  to.blob(as_byte_span(texts.detail));
}

bool read_row(const Statement& select, LedgerRow& row) {
  row = LedgerRow();
  Columns from(select);
  row.id = from.integer();
  Event& event = row.event;
  event.time = timestamp(from.integer());
  const bool has_ends = read_transfer(from, event.transfer);
  read_verdict(from, event);
  row.told = from.integer() != 0;
  return has_ends && decode_detail(from.blob(), event);
}

}  // namespace sallyport
