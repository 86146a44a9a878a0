// The words of policies, events and metric labels, one table per enumeration.
#include <array>
#include <cstddef>

#include "daemon/base/check.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/event.h"
#include "daemon/contract/not_inspected.h"
#include "daemon/contract/transfer.h"
#include "daemon/contract/verdict.h"

namespace sallyport {
namespace {

using std::string_view;

constexpr std::array<string_view, kNotInspectedCount> kNotInspectedWords{
    "encrypted",       "unknown_protocol",   "unknown_coding",  "gap",
    "over_budget",     "too_large",          "expansion_limit", "deadline",
    "worker_crash",    "worker_unavailable", "decode_error",    "unsupported_format",
    "protocol_error",  "detector_missing",   "aborted",         "encrypted_archive",
    "container_limit", "no_bytes",           "conflict"};
constexpr std::array<string_view, 7> kProtocolWords{"http", "http2", "websocket", "smb1", "smb2", "tls", "unknown"};
constexpr std::array<string_view, 32> kContentWords{
    "unknown", "empty",       "jpeg", "png",   "gif",  "bmp", "tiff",      "webp",  "jpeg_2000", "heif",  "avif",
    "jpeg_xl", "other_image", "zip",  "gzip",  "pdf",  "tar", "seven_zip", "rar",   "xz",        "bzip2", "zstd",
    "cpio",    "iso",         "ole",  "email", "icon", "svg", "dicom",     "video", "text",      "other"};
constexpr std::array<string_view, kEvasionCount> kEvasionWords{"tcp_overlap",   "http_framing", "coding_mismatch",
                                                               "type_mismatch", "smb_framing",  "urgent_data",
                                                               "trailing_data", "multipath",    "container_framing"};
constexpr std::array<string_view, 3> kActionWords{"allow", "alert", "block"};
constexpr std::array<string_view, 6> kSeverityWords{"", "informational", "low", "medium", "high", "critical"};
constexpr std::array<string_view, kCameraSignCount> kCameraSignWords{"exif", "quantisation", "overlay"};
constexpr std::array<string_view, 5> kDispositionWords{"allowed", "alerted", "blocked", "reset_attempted",
                                                       "block_too_late"};

template <class Enum, std::size_t N>
string_view word(const std::array<string_view, N>& words, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  SALLYPORT_CHECK(index < N);
  return words[index];
}

template <class Enum, std::size_t N>
std::optional<Enum> value(const std::array<string_view, N>& words, string_view wanted) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == wanted) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

string_view to_string(NotInspected reason) {
  return word(kNotInspectedWords, reason);
}
std::optional<NotInspected> not_inspected_from(string_view text) {
  return value<NotInspected>(kNotInspectedWords, text);
}
string_view to_string(Protocol protocol) {
  return word(kProtocolWords, protocol);
}
std::optional<Protocol> protocol_from(string_view text) {
  return value<Protocol>(kProtocolWords, text);
}
string_view to_string(ContentType type) {
  return word(kContentWords, type);
}
std::optional<ContentType> content_type_from(string_view text) {
  return value<ContentType>(kContentWords, text);
}
string_view to_string(Action action) {
  return word(kActionWords, action);
}
string_view to_string(Severity severity) {
  return word(kSeverityWords, severity);
}
string_view to_string(Disposition disposition) {
  return word(kDispositionWords, disposition);
}

string_view to_string(CameraSign sign) {
  return word(kCameraSignWords, sign);
}
std::optional<CameraSign> camera_sign_from(string_view text) {
  return value<CameraSign>(kCameraSignWords, text);
}

std::vector<string_view> to_strings(EvasionSet set) {
  std::vector<string_view> words;
  for (std::size_t i = 0; i < kEvasionWords.size(); ++i) {
    if (set & (1U << i)) words.push_back(kEvasionWords[i]);
  }
  return words;
}

const RuleMatch* Verdict::deciding() const {
  for (const RuleMatch& match : matches) {
    if (!match.shadow && match.action == action) return &match;
  }
  return nullptr;
}

std::size_t name_bytes(const TransferFacts& facts) {
  std::size_t bytes = 0;
  for (const std::string* const text :
       {&facts.method, &facts.host, &facts.path, &facts.file_name, &facts.form_field, &facts.inside, &facts.source,
        &facts.share, &facts.user, &facts.media_type, &facts.etag, &facts.alpn}) {
    bytes += text->size();
  }
  return bytes;
}

}  // namespace sallyport
