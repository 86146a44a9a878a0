#include "policy/scenario.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/outcomes.h"

namespace sallyport::policy {
namespace {

/// Reasons for which nobody can look into the bytes at all.
constexpr ReasonSet kOpaque =
    bit(NotInspected::kEncrypted) | bit(NotInspected::kUnknownProtocol) | bit(NotInspected::kNoBytes);
/// Reasons for which the classifier did not answer; of the others the bytes were not had.
constexpr ReasonSet kOfFindings =
    bit(NotInspected::kExpansionLimit) | bit(NotInspected::kDeadline) | bit(NotInspected::kWorkerCrash) |
    bit(NotInspected::kWorkerUnavailable) | bit(NotInspected::kDecodeError) | bit(NotInspected::kUnsupportedFormat) |
    bit(NotInspected::kDetectorMissing) | bit(NotInspected::kEncryptedArchive) | bit(NotInspected::kContainerLimit);

std::string last_segment(std::string_view path) {
  const std::string_view plain = path.substr(0, path.find('?'));
  return std::string(plain.substr(plain.find_last_of("/\\") + 1));
}

class ScenarioParser {
 public:
  ScenarioParser(const YamlNode& node, ReadContext& context)
      : reader_(node, SectionId::kScenario, context), context_(context) {
    scenario_.place = node.place;
  }

  ScenarioDocument parse() {
    scenario_.from = reader_.text("from").value_or(Located<std::string>{});
    scenario_.to = reader_.text("to").value_or(Located<std::string>{});
    read_names();
    read_findings();
    read_reason();
    read_content();
    read_bytes();
    read_time();
    return std::move(scenario_);
  }

 private:
  std::string text_of(std::string_view key) const {
    auto found = reader_.text(key);
    return found ? std::move(found->value) : std::string();
  }

  void read_names() {
    TransferFacts& facts = scenario_.transfer.facts;
    facts.upload = reader_.word("opened_by")->value == 0;
    facts.host = text_of("host");
    facts.user = text_of("user");
    facts.share = text_of("share");
    facts.path = text_of("path");
    facts.file_name = text_of("file_name");
    if (facts.file_name.empty()) facts.file_name = last_segment(facts.path);
    scenario_.transfer.evasions = reader_.words("evasion");
  }

  void read_findings() {
    Findings& findings = scenario_.findings;
    if (read_detections("faces", findings.faces)) findings.looked_for |= bit(FindingKind::kFace);
    if (read_detections("plates", findings.plates)) findings.looked_for |= bit(FindingKind::kPlate);
    if (const YamlNode* const near = reader_.find("near")) read_near(*near);
    read_cameras();
    const auto pdq = digest("pdq");
    if (!pdq) return;
    findings.pdq.emplace();
    std::transform(pdq->begin(), pdq->end(), findings.pdq->begin(), [](std::byte byte) { return std::uint8_t(byte); });
    findings.pdq_quality = 100;
  }

  void read_near(const YamlNode& node) {
    const SectionReader inside(node, SectionId::kSeen, context_);
    scenario_.near_set = inside.name("set");
    const auto item = inside.text("item");
    const auto distance = static_cast<int>(inside.integer("distance")->value);
    const std::string set = scenario_.near_set ? scenario_.near_set->value : std::string();
    scenario_.findings.matches.push_back({set, item ? item->value : "image", false, distance});
    scenario_.findings.looked_for |= bit(FindingKind::kFingerprint);
  }

  void read_cameras() {
    scenario_.cameras = reader_.name_or_names("camera");
    for (const auto& name : scenario_.cameras) scenario_.findings.cameras.push_back({name.value, CameraSign::kExif});
    if (!scenario_.cameras.empty()) scenario_.findings.looked_for |= bit(FindingKind::kCamera);
  }

  /// False where the key is not there.
  bool read_detections(std::string_view key, std::vector<Detection>& detections) const {
    const YamlNode* const node = reader_.find(key);
    if (node == nullptr) return false;
    if (node->kind == YamlNode::Kind::kSequence) {
      for (const YamlNode& item : node->items) read_score(item, detections);
      return true;
    }
    const auto count = parse_integer(node->text);
    if (count && *count <= kDetectionsMax) {
      detections.assign(static_cast<std::size_t>(*count), Detection{{}, 1});
      return true;
    }
    reader_.report(*node, {"bad-value",
                           quoted(key) + " is how many, up to " + std::to_string(kDetectionsMax) +
                               ", or a list of scores from 0 to 1",
                           meant_list(*node)});
    return true;
  }

  void read_score(const YamlNode& item, std::vector<Detection>& detections) const {
    const auto score = parse_score(item.text);
    if (score) detections.push_back({{}, *score});
    if (!score) reader_.report(item, score.error());
  }

  static std::string meant_list(const YamlNode& node) {
    return node.kind == YamlNode::Kind::kScalar && parse_score(node.text) ? '[' + node.text + ']' : "";
  }

  std::optional<Sha256Digest> digest(std::string_view key) const {
    const auto found = reader_.text(key);
    if (!found) return std::nullopt;
    auto digest = sha256_from_hex(found->value);
    if (!digest) {
      context_.diagnostics.error(found->place, "bad-value", quoted(found->value) + " is not 64 hexadecimal digits");
    }
    return digest;
  }

  void read_reason() {
    const auto word = reader_.word("not_inspected");
    if (word) reason_ = static_cast<NotInspected>(word->value);
    const auto missing = reader_.size("missing");
    if (missing->value > 0 && !reason_) reason_ = NotInspected::kGap;
    scenario_.transfer.account.missing_bytes = missing->value;
    Transfer& transfer = scenario_.transfer;
    if (!reason_) {
      scenario_.findings.looked_for = kAllFindings;
    } else if ((bit(*reason_) & kOpaque) != 0) {
      transfer.facts.opaque = reason_;
    } else {
      (bit(*reason_) & kOfFindings ? scenario_.findings.not_inspected : transfer.not_inspected) = reason_;
    }
    transfer.complete = !transfer.facts.opaque && !transfer.not_inspected;
  }

  void read_content() {
    Transfer& transfer = scenario_.transfer;
    const bool hidden = transfer.facts.opaque || reason_ == NotInspected::kUnknownCoding;
    const auto content = reader_.word("content");
    transfer.content = content  ? static_cast<ContentType>(content->value)
                       : hidden ? ContentType::kUnknown
                                : ContentType::kJpeg;
    const auto protocol = reader_.word("protocol");
    if (protocol) {
      transfer.facts.protocol = static_cast<Protocol>(protocol->value);
    } else if (reason_ == NotInspected::kEncrypted) {
      transfer.facts.protocol = Protocol::kTls;
    } else if (reason_ != NotInspected::kUnknownProtocol) {
      transfer.facts.protocol = Protocol::kHttp1;
    }
  }

  void read_bytes() {
    Transfer& transfer = scenario_.transfer;
    const auto size = reader_.size("size");
    const auto missing = reader_.size("missing");
    const auto delivered = reader_.size("delivered");
    transfer.size = size->value;
    for (const auto& [key, part] : {std::pair("missing", *missing), std::pair("delivered", *delivered)}) {
      if (part.value <= size->value) continue;
      context_.diagnostics.error(part.place, "out-of-range",
                                 quoted(key) + " is more than the size of " + size_text(size->value));
    }
    transfer.account.seen = size->value - std::min(size->value, missing->value);
    transfer.account.delivered = delivered->value;
    transfer.sha256 = digest("sha256");
  }

  void read_time() {
    const auto text = reader_.text("at");
    if (!text) return;
    if (text->value.starts_with('+')) {
      read_after(*text);
      return;
    }
    const auto moment = parse_moment(text->value);
    if (moment) scenario_.at = *moment;
    if (!moment) {
      context_.diagnostics.error(text->place, moment.error().code, moment.error().message,
                                 {"", "'+2h' is two hours after the transfer before it"});
    }
  }

  void read_after(const Located<std::string>& text) {
    const auto after = parse_duration(std::string_view(text.value).substr(1));
    if (!after) {
      context_.diagnostics.error(text.place, after.error().code, after.error().message);
    } else if (*after > kTestSpanMax) {
      context_.diagnostics.error(text.place, "out-of-range", quoted(text.value) + " is more than twenty years");
    } else {
      scenario_.after = *after;
    }
  }

  static constexpr std::uint64_t kDetectionsMax = 1000;  // as many as a rule can ask for

  SectionReader reader_;
  ReadContext& context_;
  ScenarioDocument scenario_;
  std::optional<NotInspected> reason_;
};

}  // namespace

Timestamp default_start() {
  return Timestamp(std::chrono::sys_days(
      std::chrono::year_month_day(std::chrono::year(2026), std::chrono::January, std::chrono::day(1))));
}

ScenarioDocument parse_scenario(const YamlNode& node, ReadContext& context) {
  return ScenarioParser(node, context).parse();
}

PlayedTransfer play(const ScenarioDocument& scenario, const IpAddress& from, const IpAddress& to,
                    const Moment& moment) {
  PlayedTransfer played{scenario.transfer, scenario.findings};
  Transfer& transfer = played.transfer;
  transfer.facts.sender.address = from;
  transfer.facts.receiver.address = to;
  transfer.begun = moment.time;
  transfer.last_seen = moment.time;
  transfer.ended = true;
  transfer.key = "scenario " + std::to_string(moment.serial);
  if (transfer.complete && !transfer.sha256) transfer.sha256 = Sha256::of(as_byte_span(transfer.key));
  return played;
}

}  // namespace sallyport::policy
