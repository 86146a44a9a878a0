#include "policy/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "policy/diagnostic.h"

namespace sallyport::policy {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kTimeUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits{{{"GiB", 1U << 30}, {"MiB", 1U << 20}, {"KiB", 1U << 10}, {"B", 1}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

tl::unexpected<ValueFault> bad(std::string_view code, std::string message, std::string suggestion = {}) {
  return tl::unexpected<ValueFault>(ValueFault{code, std::move(message), std::move(suggestion)});
}

/// Splits "20MiB" after its digits.
std::pair<std::string_view, std::string_view> split_unit(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  return {text.substr(0, digits), text.substr(digits)};
}

ValueResult<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  const auto [digits, name] = split_unit(text);
  const auto number = parse_integer(digits);
  if (!number) return bad("bad-value", quoted(text) + " is not a whole number with a unit");
  const auto unit = std::find_if(units.begin(), units.end(), [name = name](const Unit& u) { return u.name == name; });
  if (unit == units.end()) return bad("bad-unit", quoted(text));
  if (*number > std::numeric_limits<std::int64_t>::max() / unit->factor)
    return bad("out-of-range", quoted(text) + " is too large");
  return *number * unit->factor;
}

std::string text_with_unit(std::uint64_t value, std::span<const Unit> units) {
  const auto divides = [value](const Unit& unit) { return value % unit.factor == 0 && value != 0; };
  const auto unit = std::find_if(units.begin(), units.end(), divides);
  const Unit& used = unit == units.end() ? units.back() : *unit;
  return std::to_string(value / used.factor) + std::string(used.name);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// What a unit in the wrong case or with a space before it was meant to be.
std::string meant_size(std::string_view digits, std::string_view unit) {
  const std::string word = lower(unit.substr(std::min(unit.find_first_not_of(' '), unit.size())));
  if (word.empty() || word == "b") return std::string(digits) + "B";
  for (const auto& [name, first] : {std::pair{"KiB", 'k'}, std::pair{"MiB", 'm'}, std::pair{"GiB", 'g'}}) {
    if (word.front() == first) return std::string(digits) + name;
  }
  return {};
}

IpAddress masked(const IpAddress& address, unsigned prefix) {
  std::array<std::byte, 16> bytes{};
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = prefix >= 8 * (i + 1) ? 8 : prefix <= 8 * i ? 0 : prefix - 8 * i;
    bytes[i] = static_cast<std::byte>(address.bytes()[i] & static_cast<unsigned>(0xFF00U >> kept));
  }
  return IpAddress::from_v6(bytes);
}

/// The number that the digits at `begin` spell; nothing where they are none.
std::optional<int> digits_at(std::string_view text, std::size_t begin, std::size_t size) {
  int number = 0;
  const char* const first = text.data() + begin;
  const bool all = std::all_of(first, first + size, is_digit);
  if (!all || std::from_chars(first, first + size, number).ec != std::errc()) return std::nullopt;
  return number;
}

/// "2026-01-31"; nothing for any other text, and for a day that is none.
std::optional<std::chrono::sys_days> day_of(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  if (!year || *year < 1970 || *year > 2200 || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

/// "T08:00:00Z".
std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
  if (text.size() != 10 || text[0] != 'T' || text[3] != ':' || text[6] != ':' || text[9] != 'Z') return std::nullopt;
  const auto hour = digits_at(text, 1, 2);
  const auto minute = digits_at(text, 4, 2);
  const auto second = digits_at(text, 7, 2);
  if (!hour || *hour > 23 || !minute || *minute > 59 || !second || *second > 59) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

}  // namespace

ValueResult<std::uint64_t> parse_integer(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return bad("bad-value", quoted(text) + " is not a whole number");
  }
  if (text.size() > 1 && text[0] == '0') {
    const std::size_t begin = std::min(text.find_first_not_of('0'), text.size() - 1);
    return bad("leading-zero", quoted(text) + " begins with a zero, which some readers take for octal",
               std::string(text.substr(begin)));
  }
  std::uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size())
    return bad("out-of-range", quoted(text) + " is too large");
  return number;
}

ValueResult<bool> parse_flag(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return bad("bad-value", "'" + std::string(text) + "' is neither true nor false");
}

ValueResult<float> parse_score(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "0" : text.substr(point + 1);
  const bool digits =
      std::all_of(fraction.begin(), fraction.end(), is_digit) && !fraction.empty() && fraction.size() <= 9;
  if ((whole != "0" && whole != "1") || !digits) {
    const auto percent = text.ends_with('%') ? parse_integer(text.substr(0, text.size() - 1)) : bad("", "");
    const std::string meant = percent && *percent <= 100 ? score_text(static_cast<float>(*percent) / 100) : "";
    return bad("bad-value", quoted(text) + " is not a score from 0 to 1", meant);
  }
  float score = 0;
  std::from_chars(text.data(), text.data() + text.size(), score);
  if (score > 1) return bad("out-of-range", quoted(text) + " is not a score from 0 to 1");
  return score;
}

ValueResult<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto number = parse_with_unit(text, kTimeUnits);
  if (number) return std::chrono::milliseconds(*number);
  if (number.error().code != "bad-unit") return tl::unexpected<ValueFault>(number.error());
  const auto [digits, unit] = split_unit(text);
  return bad("bad-unit", quoted(text) + " needs one of the units ms, s, m, h, d",
             unit.empty() ? std::string(digits) + "s" : "");
}

ValueResult<std::uint64_t> parse_size(std::string_view text) {
  auto number = parse_with_unit(text, kSizeUnits);
  if (number || number.error().code != "bad-unit") return number;
  const auto [digits, unit] = split_unit(text);
  return bad("bad-unit", quoted(text) + " needs one of the units B, KiB, MiB, GiB", meant_size(digits, unit));
}

ValueResult<Timestamp> parse_moment(std::string_view text) {
  const auto day = day_of(text.substr(0, 10));
  const auto time = text.size() > 10 ? time_of_day(text.substr(10)) : std::chrono::seconds(0);
  if (day && time) return Timestamp(*day + *time);
  return bad("bad-time", quoted(text) + " is not a time such as 2026-01-31 or 2026-01-31T08:00:00Z");
}

ValueResult<Timestamp> parse_end(std::string_view text) {
  auto moment = parse_moment(text);
  if (moment && day_of(text)) *moment += std::chrono::days(1);
  return moment;
}

ValueResult<Cidr> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address || text.substr(0, slash).find('\0') != std::string_view::npos) {
    return bad("bad-cidr", quoted(text) + " is not an IP address or a network such as 10.10.0.0/16");
  }
  const bool written_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const unsigned bits = written_v4 ? 32 : 128;
  if (slash == std::string_view::npos) return Cidr{*address, 128};
  const auto prefix = parse_integer(text.substr(slash + 1));
  if (!prefix || *prefix > bits) {
    return bad("bad-cidr",
               quoted(text) + " needs a prefix length from 0 to " + std::to_string(bits) + " behind the '/'");
  }
  const Cidr cidr{*address, static_cast<unsigned>(*prefix) + (written_v4 ? 96 : 0)};
  const Cidr network{masked(cidr.address, cidr.prefix), cidr.prefix};
  if (network != cidr) {
    return bad("host-bits", quoted(text) + " is an address inside a network: bits behind the prefix are set",
               to_string(network));
  }
  return cidr;
}

std::string to_string(const Cidr& cidr) {
  const bool v4 = cidr.address.is_v4() && cidr.prefix >= 96;
  return cidr.address.to_string() + '/' + std::to_string(cidr.prefix - (v4 ? 96 : 0));
}

std::string score_text(float score) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, score, std::chars_format::fixed).ptr;
  return {text, end};
}

std::string duration_text(std::chrono::milliseconds duration) {
  return text_with_unit(static_cast<std::uint64_t>(duration.count()), kTimeUnits);
}

std::string moment_text(Timestamp moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(moment - day));
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

std::string begin_text(Timestamp begin) {
  const bool of_day = begin == std::chrono::floor<std::chrono::days>(begin);
  return of_day ? moment_text(begin).substr(0, std::string_view("2026-12-31").size()) : moment_text(begin);
}

std::string end_text(Timestamp end) {
  const bool of_day = end == std::chrono::floor<std::chrono::days>(end);
  return of_day ? begin_text(end - std::chrono::days(1)) : moment_text(end);
}

std::string size_text(std::uint64_t size_bytes) {
  return text_with_unit(size_bytes, kSizeUnits);
}

}  // namespace sallyport::policy
