#include "policy/printer.h"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <utility>

#include "daemon/contract/pdq.h"
#include "policy/schema.h"

namespace sallyport::policy {
namespace {

bool is_plain(std::string_view text) {
  static constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static constexpr std::string_view kAll = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
  const bool is_null = text == "null" || text == "Null" || text == "NULL";
  return !text.empty() && !is_null && kFirst.find(text[0]) != std::string_view::npos &&
         text.find_first_not_of(kAll) == std::string_view::npos;
}

std::string yaml(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') result += "\\n";
    if (c == '\t') result += "\\t";
    if (c != '\n' && c != '\t') result += c;
  }
  return result + '"';
}

template <class Items, class Text>
std::string flow_list(const Items& items, const Text& text) {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : ", ") + text(item);
  return '[' + list + ']';
}

/// A '$' that begins an item would name a list.
std::string item(std::string_view text) {
  return yaml(text.starts_with('$') ? '$' + std::string(text) : std::string(text));
}

std::string sorted_list(std::set<std::string> items) {
  return flow_list(items, item);
}

std::string names_list(const std::vector<Located<std::string>>& names) {
  std::set<std::string> sorted;
  for (const auto& name : names) sorted.insert(name.value);
  return sorted_list(std::move(sorted));
}

std::string places(const PlacesDocument& places) {
  if (places.excluded.empty()) return names_list(places.any);
  const std::string any = places.any.empty() ? "" : "any: " + names_list(places.any) + ", ";
  return '{' + any + "not: " + names_list(places.excluded) + '}';
}

std::string words(std::uint32_t set, WordSet words, unsigned shift = 0) {
  const auto all = words_of(words);
  std::vector<std::string_view> used;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (set & (1U << (i + shift))) used.push_back(all[i]);
  }
  return flow_list(used, [](std::string_view word) { return std::string(word); });
}

std::string flow(const Condition& condition);

/// The value that stands behind the key of a test.
struct FlowValue {
  std::string operator()(const GroupTest& group) const {
    if (group.kind == GroupTest::Kind::kNot) return flow(group.parts.front());
    return flow_list(group.parts, flow);
  }
  std::string operator()(const ContentTest& test) const {
    if (!test.image) return words(test.types, WordSet::kContent);
    if (test.types == kAllImages) return "any";
    return "{formats: " + words(test.types, WordSet::kImageFormat, static_cast<unsigned>(ContentType::kJpeg)) + '}';
  }
  std::string operator()(const CountTest& test) const {
    return "{at_least: " + std::to_string(test.at_least) + ", score: " + score_text(test.score) + '}';
  }
  std::string operator()(const NearTest& test) const {
    const std::string distance = test.distance_max ? ", distance_max: " + std::to_string(test.distance_max->value) : "";
    return "{set: " + yaml(test.set.value) + distance + '}';
  }
  std::string operator()(const CameraTest& test) const {
    return test.cameras.empty() ? "any" : names_list(test.cameras);
  }
  std::string operator()(const SizeTest& test) const {
    std::string text;
    if (test.at_least) text = "at_least: " + size_text(*test.at_least);
    if (test.at_most) text += (text.empty() ? "at_most: " : ", at_most: ") + size_text(*test.at_most);
    return '{' + text + '}';
  }
  std::string operator()(const DeliveredTest& test) const { return "{at_least: " + size_text(test.at_least) + '}'; }
  std::string operator()(const NameTest& test) const {
    std::set<std::string> patterns;
    for (const Glob& glob : test.globs) patterns.insert(glob.pattern());
    return sorted_list(std::move(patterns));
  }
  std::string operator()(const DigestTest& test) const {
    std::set<std::string> digests;
    for (const Sha256Digest& digest : test.digests) digests.insert(to_hex(digest));
    return sorted_list(std::move(digests));
  }
  std::string operator()(const OpenedByTest& test) const { return test.sender ? "sender" : "receiver"; }
  std::string operator()(const EvasionTest& test) const { return words(test.evasions, WordSet::kEvasion); }
  std::string operator()(const ReasonTest& test) const { return words(test.reasons, WordSet::kReason); }
};

std::string key_and_value(const Condition& condition) {
  return std::string(key_of(condition)) + ": " + std::visit(FlowValue(), condition.test);
}

/// One key of a condition: a test, or the items of `all`.
struct Written {
  const Condition* test = nullptr;
  std::vector<const Condition*> all = {};
};

/// A mapping has one `all`: conditions that were named stand in it, written out, before those that were listed.
std::vector<Written> written(const std::vector<Condition>& parts) {
  std::vector<Written> keys;
  for (const Condition& part : parts) {
    const auto* group = std::get_if<GroupTest>(&part.test);
    if (group == nullptr || group->kind != GroupTest::Kind::kAll) {
      keys.push_back({&part});
      continue;
    }
    if (keys.empty() || keys.back().test != nullptr) keys.emplace_back();
    std::vector<const Condition*>& all = keys.back().all;
    if (!group->name.empty()) all.push_back(&part);
    if (group->name.empty()) {
      for (const Condition& listed : group->parts) all.push_back(&listed);
    }
  }
  return keys;
}

/// A group kAll as "{faces: ..., paths: ...}".
std::string flow(const Condition& condition) {
  std::string text;
  for (const Written& key : written(std::get<GroupTest>(condition.test).parts)) {
    text += text.empty() ? "" : ", ";
    text += key.test != nullptr ? key_and_value(*key.test)
                                : "all: " + flow_list(key.all, [](const Condition* part) { return flow(*part); });
  }
  return '{' + text + '}';
}

/// Lines of "key: value" at one indentation.
class Lines {
 public:
  explicit Lines(std::size_t indent) : indent_(indent, ' ') {}

  void add(std::string_view key, const std::string& value) {
    text_ += indent_ + std::string(key) + ": " + value + '\n';
  }
  void add_text(std::string_view key, const std::string& value) {
    if (!value.empty()) add(key, yaml(value));
  }
  void add_places(std::string_view key, const PlacesDocument& value) {
    if (value.is_given()) add(key, places(value));
  }
  void open(std::string_view key) { text_ += indent_ + std::string(key) + ":\n"; }
  void item(const std::string& value) { text_ += indent_ + "  - " + value + '\n'; }
  void append(const std::string& lines) { text_ += lines; }
  const std::string& text() const { return text_; }

 private:
  std::string indent_;
  std::string text_;
};

std::string exception_text(const ExceptionDocument& exception) {
  std::string text = "reason: " + yaml(exception.reason);
  if (!exception.owner.empty()) text += ", owner: " + yaml(exception.owner);
  if (exception.expires) text += ", expires: " + yaml(end_text(exception.expires->value));
  if (exception.from.is_given()) text += ", from: " + places(exception.from);
  if (exception.to.is_given()) text += ", to: " + places(exception.to);
  for (const Condition& name : exception.names) text += ", " + key_and_value(name);
  return '{' + text + '}';
}

void print_when(const Condition& when, Lines& lines) {
  const auto& parts = std::get<GroupTest>(when.test).parts;
  if (parts.empty()) return;
  lines.open("when");
  Lines inner(6);
  for (const Written& key : written(parts)) {
    const auto* group = key.test == nullptr ? nullptr : std::get_if<GroupTest>(&key.test->test);
    if (key.test == nullptr) {
      inner.open("all");
      for (const Condition* item : key.all) inner.item(flow(*item));
    } else if (group != nullptr && group->kind == GroupTest::Kind::kAny) {
      inner.open("any");
      for (const Condition& alternative : group->parts) inner.item(flow(alternative));
    } else {
      inner.add(key_of(*key.test), std::visit(FlowValue(), key.test->test));
    }
  }
  lines.append(inner.text());
}

template <class Document>
std::vector<const Document*> by_name(const std::vector<Document>& all) {
  std::vector<const Document*> sorted;
  for (const Document& document : all) sorted.push_back(&document);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->name.value < b->name.value; });
  return sorted;
}

std::string print_networks(const PolicyDocument& policy) {
  std::string text;
  for (const NetworkDocument* network : by_name(policy.networks)) {
    Lines lines(4);
    std::set<Cidr> cidrs;
    for (const auto& cidr : network->cidrs) cidrs.insert(cidr.value);
    if (!cidrs.empty()) lines.add("cidrs", flow_list(cidrs, [](const Cidr& cidr) { return yaml(to_string(cidr)); }));
    if (!network->hosts.empty()) lines.add("hosts", names_list(network->hosts));
    lines.add("trust", network->hosts_trusted ? "hosts" : "addresses");
    text += "  " + yaml(network->name.value) + ":\n" + lines.text();
  }
  return text.empty() ? text : "networks:\n" + text;
}

std::string print_fingerprints(const PolicyDocument& policy) {
  std::string text;
  for (const FingerprintsDocument* set : by_name(policy.fingerprints)) {
    text += "  " + yaml(set->name.value) + ": {file: " + yaml(set->file.value) +
            ", distance_max: " + std::to_string(set->distance_max) + (set->parts ? ", copies: parts" : "") +
            (set->canary ? ", canary: true}\n" : "}\n");
  }
  return text.empty() ? text : "fingerprints:\n" + text;
}

std::string sign_text(const CameraSignDocument& sign) {
  std::string text;
  const auto add = [&text](std::string_view key, const std::string& value) {
    text += (text.empty() ? "" : ", ") + std::string(key) + ": " + value;
  };
  const EnrolledSign& keys = sign.keys;
  if (keys.make) add("make", yaml(*keys.make));
  if (keys.model) add("model", yaml(*keys.model));
  if (keys.serial) add("serial", yaml(*keys.serial));
  if (keys.width) add("width", std::to_string(*keys.width));
  if (keys.height) add("height", std::to_string(*keys.height));
  if (!keys.quantisation.empty()) add("quantisation", yaml(keys.quantisation));
  if (!keys.overlay) return '{' + text + '}';
  const OverlayRegion& region = keys.overlay->region;
  add("overlay", "{left: " + std::to_string(region.left) + ", top: " + std::to_string(region.top) +
                     ", width: " + std::to_string(region.width) + ", height: " + std::to_string(region.height) +
                     ", pdq: " + yaml(to_hex(keys.overlay->pdq)) +
                     ", distance_max: " + std::to_string(keys.overlay->distance_max) + '}');
  return '{' + text + '}';
}

std::string print_cameras(const PolicyDocument& policy) {
  std::string text;
  for (const CameraDocument* camera : by_name(policy.cameras)) {
    text += "  " + yaml(camera->name.value) + ": {signs: " + flow_list(camera->signs, sign_text) + "}\n";
  }
  return text.empty() ? text : "cameras:\n" + text;
}

std::string print_contractors(const PolicyDocument& policy) {
  std::string text;
  for (const ContractorDocument* one : by_name(policy.contractors)) {
    text += "  " + yaml(one->name.value) + ": {networks: " + names_list(one->networks) + "}\n";
  }
  return text.empty() ? text : "contractors:\n" + text;
}

std::string print_contracts(const PolicyDocument& policy) {
  std::string text;
  for (const ContractDocument* contract : by_name(policy.contracts)) {
    Lines lines(4);
    lines.add("contractor", yaml(contract->contractor.value));
    lines.add_text("purpose", contract->purpose);
    lines.add_text("owner", contract->owner);
    lines.add_places("from", contract->from);
    lines.add("may_receive", words(contract->may_receive, WordSet::kReceived));
    if (contract->starts) lines.add("starts", yaml(begin_text(contract->starts->value)));
    lines.add("expires", yaml(end_text(contract->expires.value)));
    if (contract->quota) {
      const Quota& quota = contract->quota->value;
      lines.add("quota", "{images: " + std::to_string(quota.images) + ", within: " + duration_text(quota.within) + '}');
    }
    text += "  - name: " + yaml(contract->name.value) + '\n' + lines.text();
  }
  return text.empty() ? text : "contracts:\n" + text;
}

std::string print_defaults(const PolicyDocument& policy) {
  Lines lines(2);
  for (std::size_t i = 0; i < kOutcomeCount; ++i)
    lines.add(kOutcomeKeys[i].key, std::string(to_string(policy.defaults[i])));
  lines.add("deadline", duration_text(policy.deadline));
  if (policy.breaker) lines.add("breaker", to_text(*policy.breaker));
  return "defaults:\n" + lines.text();
}

std::string print_record(const RecordDocument& record) {
  Lines lines(2);
  lines.add_places("from", record.from);
  lines.add_places("to", record.to);
  lines.add("what", std::string(words_of(WordSet::kRecorded)[static_cast<std::size_t>(record.what)]));
  return "record:\n" + lines.text();
}

std::string print_rule(const RuleDocument& rule, const PolicyDocument& policy) {
  Lines lines(4);
  lines.add_text("description", rule.description);
  lines.add("state", std::string(words_of(WordSet::kState)[static_cast<std::size_t>(rule.state.value)]));
  lines.add("severity", std::string(to_string(rule.severity)));
  if (!rule.tags.empty()) lines.add("tags", flow_list(rule.tags, yaml));
  lines.append(print_question(rule));
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    const Action used = rule.outcomes[i] ? rule.outcomes[i]->value : policy.defaults[i];
    if (used != policy.defaults[i]) lines.add(kOutcomeKeys[i].key, std::string(to_string(used)));
  }
  const auto deadline = rule.deadline ? rule.deadline->value : policy.deadline;
  if (deadline != policy.deadline) lines.add("deadline", duration_text(deadline));
  if (rule.breaker && rule.breaker->value != policy.breaker) lines.add("breaker", to_text(rule.breaker->value));
  return "  - name: " + yaml(rule.name.value) + '\n' + lines.text();
}

}  // namespace

std::string print_question(const RuleDocument& rule) {
  Lines lines(4);
  lines.add_places("from", rule.from);
  lines.add_places("to", rule.to);
  if (rule.protocols != 0) lines.add("protocols", print_protocols(rule.protocols));
  if (!rule.exceptions.empty()) lines.open("exceptions");
  for (const ExceptionDocument& exception : rule.exceptions) lines.item(exception_text(exception));
  if (rule.permitted_by.any) lines.add("permitted_by", "any");
  if (!rule.permitted_by.contracts.empty()) lines.add("permitted_by", names_list(rule.permitted_by.contracts));
  print_when(rule.when, lines);
  if (rule.count) lines.add("count", to_text(*rule.count));
  return lines.text();
}

std::string print_memory_key(const RuleDocument& rule, const PolicyDocument& policy) {
  std::set<std::string> used;
  const auto use = [&used](const PlacesDocument& places) {
    for (const auto* list : {&places.any, &places.excluded}) {
      for (const auto& name : *list) used.insert(name.value);
    }
  };
  use(rule.from);
  use(rule.to);
  for (const ExceptionDocument& exception : rule.exceptions) {
    use(exception.from);
    use(exception.to);
  }
  const bool heeds = rule.permitted_by.any || !rule.permitted_by.contracts.empty();
  const bool by_network =
      rule.count && (rule.count->by & (bit(GroupedBy::kSenderNetwork) | bit(GroupedBy::kReceiverNetwork))) != 0;
  const bool uses_all = heeds || by_network;
  PolicyDocument spoken_of = policy;
  std::erase_if(spoken_of.networks,
                [&](const NetworkDocument& network) { return !uses_all && used.count(network.name.value) == 0; });
  const std::string contracts = heeds ? print_contractors(policy) + print_contracts(policy) : std::string();
  return rule.name.value + '\n' + print_question(rule) + print_networks(spoken_of) + print_fingerprints(policy) +
         print_cameras(policy) + contracts;
}

std::string print_value(const Condition& condition) {
  return std::visit(FlowValue(), condition.test);
}

std::string print_protocols(ProtocolSet protocols) {
  return words(protocols, WordSet::kProtocol);
}

std::string print_document(const PolicyDocument& policy) {
  Lines head(0);
  head.add("version", "1");
  head.add("name", yaml(policy.name));
  head.add_text("description", policy.description);
  std::string rules;
  for (const RuleDocument& rule : policy.rules) rules += print_rule(rule, policy);
  return head.text() + print_networks(policy) + print_fingerprints(policy) + print_cameras(policy) +
         print_contractors(policy) + print_contracts(policy) + print_defaults(policy) + print_record(policy.record) +
         (rules.empty() ? "" : "rules:\n") + rules;
}

}  // namespace sallyport::policy
