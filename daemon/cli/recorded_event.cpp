#include "daemon/cli/recorded_event.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/base/limits.h"
#include "daemon/contract/pdq.h"

namespace sallyport::cli {
namespace {

using Json = nlohmann::json;

constexpr int kClassDataSecurityFinding = 2006;

/// The value under the keys; null where one of them is not there.
const Json& at(const Json& json, std::initializer_list<const char*> keys) {
  static const Json kNothing;
  const Json* value = &json;
  for (const char* const key : keys) {
    const auto found = value->is_object() ? value->find(key) : value->end();
    if (!value->is_object() || found == value->end()) return kNothing;
    value = &*found;
  }
  return *value;
}

std::string text_at(const Json& json, std::initializer_list<const char*> keys) {
  const Json& value = at(json, keys);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint64_t number_at(const Json& json, std::initializer_list<const char*> keys) {
  const Json& value = at(json, keys);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::optional<NotInspected> reason_at(const Json& json, std::initializer_list<const char*> keys) {
  return not_inspected_from(text_at(json, keys));
}

Timestamp time_at(const Json& json, std::initializer_list<const char*> keys) {
  // What lies beyond the clock's range is no time that a daemon wrote.
  constexpr std::uint64_t kMost = 9'000'000'000'000;
  return Timestamp(std::chrono::milliseconds(std::min(number_at(json, keys), kMost)));
}

Result<Endpoint> endpoint_at(const Json& json, const char* key) {
  const auto address = IpAddress::parse(text_at(json, {key, "ip"}));
  if (!address) return fail(ErrorCode::kCorrupt, std::string("the event has no address under ") + key + ".ip");
  return Endpoint{*address, static_cast<std::uint16_t>(number_at(json, {key, "port"}))};
}

std::string user_of(const Json& json) {
  const std::string domain = text_at(json, {"actor", "user", "domain"});
  return (domain.empty() ? "" : domain + '\\') + text_at(json, {"actor", "user", "name"});
}

TransferFacts facts_of(const Json& json, const Endpoint& sender, const Endpoint& receiver) {
  TransferFacts facts;
  facts.sender = sender;
  facts.receiver = receiver;
  facts.protocol = protocol_from(text_at(json, {"unmapped", "transfer", "protocol"})).value_or(Protocol::kUnknown);
  facts.upload = text_at(json, {"unmapped", "transfer", "direction"}) != "download";
  facts.method = text_at(json, {"unmapped", "transfer", "method"});
  facts.host = text_at(json, {"unmapped", "transfer", "host"});
  facts.path = text_at(json, {"file", "path"});
  facts.file_name = text_at(json, {"file", "name"});
  if (facts.file_name == "unnamed") facts.file_name.clear();
  facts.share = text_at(json, {"file", "volume"});
  facts.user = user_of(json);
  return facts;
}

std::vector<Parties> other_parties_of(const Json& json) {
  std::vector<Parties> parties;
  for (const Json& pair : json.is_array() ? json : Json::array()) {
    if (parties.size() == limits::kOtherPartiesMax) break;
    const auto sender = endpoint_at(pair, "sender");
    const auto receiver = endpoint_at(pair, "receiver");
    if (sender && receiver) parties.push_back({*sender, *receiver});
  }
  return parties;
}

EvasionSet evasions_of(const Json& words) {
  EvasionSet set = 0;
  for (std::size_t i = 0; i < kEvasionCount && words.is_array(); ++i) {
    const EvasionSet one = EvasionSet{1} << i;
    const std::string word(to_strings(one).front());
    if (std::find(words.begin(), words.end(), Json(word)) != words.end()) set |= one;
  }
  return set;
}

std::optional<Sha256Digest> hash_of(const Json& hashes, std::string_view algorithm) {
  if (!hashes.is_array()) return std::nullopt;
  for (const Json& hash : hashes) {
    if (text_at(hash, {"algorithm"}) == algorithm) return sha256_from_hex(text_at(hash, {"value"}));
  }
  return std::nullopt;
}

/// What the event tells may be only some of what there was.
bool is_in_part(const Json& image, std::string_view word) {
  const Json& words = at(image, {"at_least"});
  return words.is_array() && std::find(words.begin(), words.end(), Json(word)) != words.end();
}

void read_detections(const Json& json, const char* word, FindingKind kind, ImageFindings& image) {
  const Json& list = at(json, {word});
  if (!list.is_array()) return;
  if (!is_in_part(json, word)) image.looked_for |= bit(kind);
  for (const Json& item : list) {
    const Json& score = at(item, {"score"});
    const double told = score.is_number() ? score.get<double>() : 0;
    const Detection detection{{}, static_cast<float>(std::clamp(told, 0.0, 1.0))};
    (kind == FindingKind::kFace ? image.faces : image.plates).push_back(detection);
  }
}

void read_cameras(const Json& json, ImageFindings& image) {
  const Json& unreadable = at(json, {"camera_unreadable"});
  image.camera_unreadable = unreadable.is_boolean() && unreadable.get<bool>();
  const Json& cameras = at(json, {"cameras"});
  if (!cameras.is_array()) return;
  image.looked_for |= bit(FindingKind::kCamera);
  for (const Json& match : cameras) {
    const auto sign = camera_sign_from(text_at(match, {"sign"}));
    image.cameras.push_back({text_at(match, {"camera"}), sign.value_or(CameraSign::kExif)});
  }
}

void read_image(const Json& json, ImageFindings& image) {
  image.format = content_type_from(text_at(json, {"format"})).value_or(ContentType::kUnknown);
  image.not_inspected = reason_at(json, {"not_inspected"});
  read_detections(json, "faces", FindingKind::kFace, image);
  read_detections(json, "plates", FindingKind::kPlate, image);
  read_cameras(json, image);
  const Json& matches = at(json, {"matches"});
  if (!matches.is_array()) return;
  image.looked_for |= bit(FindingKind::kFingerprint);
  for (const Json& match : matches) {
    const Json& exact = at(match, {"exact"});
    const auto distance = std::min<std::uint64_t>(number_at(match, {"distance"}), 256);
    const auto small = [&match](const char* key) {
      return static_cast<int>(std::min<std::uint64_t>(number_at(match, {key}), 65535));
    };
    image.matches.push_back({text_at(match, {"set"}), text_at(match, {"item"}), exact.is_boolean() && exact.get<bool>(),
                             static_cast<int>(distance), picture_form_from(text_at(match, {"form"})), small("inliers"),
                             small("covered_percent")});
  }
}

Findings findings_of(const Json& json) {
  Findings findings;
  read_image(at(json, {"unmapped", "findings"}), findings);
  findings.parts_untold = number_at(json, {"unmapped", "findings", "parts_untold"});
  const Json& parts = at(json, {"unmapped", "findings", "parts"});
  if (!parts.is_array()) return findings;
  for (const Json& item : parts) {
    if (findings.parts.size() >= limits::kPartsMax) break;
    Part part;
    read_image(item, part);
    part.path = text_at(item, {"path"});
    findings.parts.push_back(std::move(part));
  }
  return findings;
}

Transfer transfer_of(const Json& json, TransferFacts facts) {
  Transfer transfer;
  transfer.facts = std::move(facts);
  transfer.other_parties = other_parties_of(at(json, {"unmapped", "transfer", "other_parties"}));
  const Json& untold = at(json, {"unmapped", "transfer", "has_untold_parties"});
  transfer.has_untold_parties = untold.is_boolean() && untold.get<bool>();
  transfer.begun = time_at(json, {"start_time"});
  transfer.last_seen = time_at(json, {"end_time"});
  transfer.ended = true;
  const Json& complete = at(json, {"unmapped", "transfer", "complete"});
  transfer.complete = complete.is_boolean() && complete.get<bool>();
  transfer.size = number_at(json, {"file", "size"});
  transfer.account.seen = number_at(json, {"unmapped", "bytes", "seen"});
  transfer.account.delivered = number_at(json, {"unmapped", "bytes", "delivered_before_verdict"});
  transfer.account.missing_bytes = number_at(json, {"unmapped", "bytes", "missing"});
  if (transfer.size == 0) transfer.size = transfer.account.seen;
  transfer.content =
      content_type_from(text_at(json, {"unmapped", "transfer", "content"})).value_or(ContentType::kUnknown);
  transfer.sha256 = hash_of(at(json, {"file", "hashes"}), "SHA-256");
  transfer.not_inspected = reason_at(json, {"unmapped", "transfer", "not_inspected"});
  transfer.evasions = evasions_of(at(json, {"unmapped", "transfer", "evasions"}));
  return transfer;
}

/// The event tells one reason of all; what neither bytes nor findings account for hid the transfer as a whole.
void set_opaque(const Json& json, policy::PlayedTransfer& played) {
  const auto reason = reason_at(json, {"unmapped", "not_inspected"});
  if (!reason) return;
  const auto& known = played.transfer.not_inspected ? played.transfer.not_inspected : played.findings.not_inspected;
  const bool hides = *reason == NotInspected::kEncrypted || *reason == NotInspected::kUnknownProtocol ||
                     *reason == NotInspected::kNoBytes;
  if (hides || known != reason) played.transfer.facts.opaque = reason;
}

}  // namespace

std::vector<std::string> notes_of(const policy::PlayedTransfer& played) {
  std::vector<std::string> notes;
  FindingSet looked_for = 0;
  for_each_image(played.findings, [&looked_for](const ImageFindings& image) { looked_for |= image.looked_for; });
  const auto note = [&](FindingKind kind, const char* what) {
    if ((looked_for & bit(kind)) == 0) notes.push_back(std::string("nobody looked for ") + what + " then");
  };
  note(FindingKind::kFace, "faces");
  note(FindingKind::kPlate, "plates");
  note(FindingKind::kFingerprint, "registered images");
  note(FindingKind::kCamera, "cameras of ours");
  if (played.transfer.facts.path.find('=') != std::string::npos) {
    notes.emplace_back("no values of URL parameters are kept: patterns that ask for them do not fit");
  }
  if (!played.transfer.other_parties.empty()) {
    notes.emplace_back(
        "others got parts of it: the verdict is about each of them, the conditions are shown of the first");
  }
  if (played.findings.parts_untold > 0) {
    notes.push_back(std::to_string(played.findings.parts_untold) + " images inside it are not told of");
  }
  return notes;
}

Result<RecordedEvent> read_ocsf_event(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  const bool is_event = number_at(json, {"class_uid"}) == kClassDataSecurityFinding;
  if (!is_event || !at(json, {"unmapped", "transfer"}).is_object()) {
    return fail(ErrorCode::kCorrupt, "not an event of ours: one line of OCSF JSON, as the daemon writes it, is needed");
  }
  const auto sender = endpoint_at(json, "src_endpoint");
  const auto receiver = endpoint_at(json, "dst_endpoint");
  if (!sender) return tl::unexpected<Error>(sender.error());
  if (!receiver) return tl::unexpected<Error>(receiver.error());
  RecordedEvent event;
  event.played.transfer = transfer_of(json, facts_of(json, *sender, *receiver));
  event.played.findings = findings_of(json);
  event.played.is_recorded = true;
  set_opaque(json, event.played);
  event.action = text_at(json, {"unmapped", "action"});
  event.policy_digest = text_at(json, {"policy", "uid"});
  event.notes = notes_of(event.played);
  return event;
}

}  // namespace sallyport::cli
