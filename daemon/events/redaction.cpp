#include "daemon/events/redaction.h"

#include <algorithm>
#include <cstdint>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
/// A longer parameter name is more likely a token than a name.
constexpr std::size_t kParameterNameBytesMax = 64;

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
  bool valid = false;
};

/// Number of bytes that a lead byte announces (RFC 3629 4); 0 for a byte that leads nothing.
std::size_t announced_size(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

Character next_character(std::string_view text) {
  static constexpr std::uint32_t kLeadMask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  static constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t size = announced_size(lead);
  if (size == 0 || text.size() < size) return {};
  std::uint32_t code = lead & kLeadMask[size];
  for (std::size_t i = 1; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = code << 6 | (byte & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[size] || surrogate || code > 0x10FFFF) return {};
  return {code, size, true};
}

/// Characters that change what is around them on a screen or in a log.
bool deceives(std::uint32_t code) {
  const bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
  const bool bidirectional = code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                             (code >= 0x2066 && code <= 0x2069);
  return control || bidirectional || code == 0x2028 || code == 0x2029;
}

bool is_http(Protocol protocol) {
  return protocol == Protocol::kHttp1 || protocol == Protocol::kHttp2 || protocol == Protocol::kWebSocket;
}

std::string_view without_user_information(std::string_view authority) {
  const std::size_t at = authority.rfind('@');
  return at == std::string_view::npos ? authority : authority.substr(at + 1);
}

void append_parameter(std::string& out, std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals == std::string_view::npos || equals > kParameterNameBytesMax) {
    out += parameter.empty() ? "" : "-";
    return;
  }
  out += parameter.substr(0, equals + 1);
}

void append_query(std::string& out, std::string_view query) {
  char separator = '?';
  for (bool more = true; more;) {
    const std::size_t end = query.find_first_of("&;");
    out += separator;
    append_parameter(out, query.substr(0, end));
    more = end != std::string_view::npos;
    if (!more) break;
    separator = query[end];
    query.remove_prefix(end + 1);
  }
}

/// Path parameters (RFC 3986 3.3) carry session ids: ";jsessionid=..." keeps its name only.
void append_path(std::string& out, std::string_view path) {
  while (!path.empty()) {
    const std::size_t semicolon = path.find(';');
    out += path.substr(0, semicolon);
    if (semicolon == std::string_view::npos) return;
    path.remove_prefix(semicolon);
    const std::size_t end = std::min(path.find_first_of("/;", 1), path.size());
    const std::size_t equals = path.find('=');
    out += path.substr(0, equals < end ? equals + 1 : end);
    path.remove_prefix(end);
  }
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty() || from == to) return;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string safe_text(std::string_view text, std::size_t bytes_max) {
  std::string safe;
  safe.reserve(std::min(text.size(), bytes_max));
  while (!text.empty()) {
    const Character character = next_character(text);
    const bool keep = character.valid && !deceives(character.code);
    const std::string_view piece = keep ? text.substr(0, character.size) : kReplacement;
    if (safe.size() + piece.size() > bytes_max) break;
    safe += piece;
    text.remove_prefix(character.size);
  }
  return safe;
}

std::string redact_url(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  std::string redacted;
  const std::size_t scheme_end = path.find("://");
  if (scheme_end != std::string_view::npos) {
    redacted = path.substr(0, scheme_end + 3);
    path.remove_prefix(scheme_end + 3);
    const std::size_t slash = std::min(path.find('/'), path.size());
    redacted += without_user_information(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  append_path(redacted, path);
  if (question != std::string_view::npos) append_query(redacted, target.substr(question + 1));
  return redacted;
}

TransferFacts redact(const TransferFacts& facts) {
  TransferFacts redacted = facts;
  if (is_http(facts.protocol)) {
    redacted.path = redact_url(facts.path);
    redacted.source = redact_url(facts.source);
    redacted.host = without_user_information(facts.host);
    if (facts.path.ends_with(facts.file_name)) redacted.file_name = redact_url(facts.file_name);
  }
  redacted.etag.clear();
  for (std::string* const name :
       {&redacted.method, &redacted.host, &redacted.path, &redacted.file_name, &redacted.form_field, &redacted.inside,
        &redacted.source, &redacted.share, &redacted.user, &redacted.media_type, &redacted.alpn}) {
    *name = safe_text(*name, limits::kNameBytesMax);
  }
  return redacted;
}

Verdict redact(const Verdict& verdict, const TransferFacts& raw, const TransferFacts& redacted) {
  Verdict clean = verdict;
  for (RuleMatch& match : clean.matches) {
    replace_all(match.reason, raw.path, redacted.path);
    replace_all(match.reason, raw.file_name, redacted.file_name);
    replace_all(match.reason, raw.host, redacted.host);
    match.reason = safe_text(match.reason, limits::kNameBytesMax);
    match.rule = safe_text(match.rule, limits::kNameBytesMax);
  }
  return clean;
}

}  // namespace sallyport
