#include "policy/parser.h"

#include <utility>

#include "policy/definitions.h"
#include "policy/limits.h"

namespace sallyport::policy {
namespace {

class PolicyParser {
 public:
  PolicyParser(Diagnostics& diagnostics, bool whole) : context_{diagnostics, definitions_, whole} {}

  PolicyDocument parse(const YamlNode& root) {
    const SectionReader reader(root, SectionId::kPolicy, context_);
    PolicyDocument policy;
    reader.integer("version");
    policy.name = value_or(reader.name("name"), std::string());
    policy.description = value_or(reader.text("description"), std::string());
    for (const YamlEntry* entry : reader.named_sections("lists")) definitions_.add_list(*entry, context_);
    for (const YamlEntry* entry : reader.named_sections("conditions")) definitions_.add_condition(*entry);
    for (const YamlEntry* entry : reader.named_sections("networks")) policy.networks.push_back(network(*entry));
    for (const YamlEntry* entry : reader.named_sections("fingerprints")) add_fingerprints(*entry, policy.fingerprints);
    for (const YamlEntry* entry : reader.named_sections("cameras")) {
      policy.cameras.push_back(parse_camera(*entry, context_));
    }
    for (const YamlEntry* entry : reader.named_sections("contractors")) {
      policy.contractors.push_back(parse_contractor(*entry, context_));
    }
    for (const YamlNode* item : reader.sections("contracts"))
      policy.contracts.push_back(parse_contract(*item, context_));
    read_defaults(reader, policy);
    if (const YamlNode* record = reader.find("record")) policy.record = read_record(*record);
    for (const YamlNode* item : reader.sections("rules")) policy.rules.push_back(rule(*item));
    for (const YamlNode* item : reader.sections("tests")) policy.tests.push_back(parse_test(*item, context_));
    policy.conditions = definitions_.all_conditions(context_);
    policy.unused = definitions_.unused();
    check_limits(reader, policy);
    return policy;
  }

 private:
  template <class T>
  static T value_or(std::optional<Located<T>> found, T fallback) {
    return found ? std::move(found->value) : std::move(fallback);
  }

  void check_limits(const SectionReader& reader, const PolicyDocument& policy) {
    const auto check = [&](std::string_view key, std::size_t count, std::size_t most) {
      if (count <= most) return;
      context_.diagnostics.error(
          reader.find(key)->place, "too-large",
          std::to_string(count) + " " + std::string(key) + ", at most " + std::to_string(most) + " are possible");
    };
    check("networks", policy.networks.size(), limits::kPolicyNetworksMax);
    check("contracts", policy.contracts.size(), limits::kPolicyContractsMax);
    check("rules", policy.rules.size(), limits::kPolicyRulesMax);
  }

  NetworkDocument network(const YamlEntry& entry) {
    const SectionReader reader(entry.value, SectionId::kNetwork, context_);
    NetworkDocument network;
    network.name = {entry.key, entry.key_place};
    reader.list("cidrs", [&](const YamlNode& item) {
      const auto cidr = parse_cidr(item.text);
      if (cidr) network.cidrs.push_back({*cidr, item.place});
      if (!cidr) reader.report(item, cidr.error());
    });
    reader.list("hosts", [&](const YamlNode& item) {
      if (check_host(reader, item)) network.hosts.push_back({folded(item.text), item.place});
    });
    network.hosts_trusted = reader.word("trust")->value == 1;
    reader.text("description");
    if (entry.value.kind == YamlNode::Kind::kMapping && !has_key(entry.value, "cidrs") &&
        !has_key(entry.value, "hosts") && context_.whole) {
      context_.diagnostics.error(entry.key_place, "missing-key",
                                 "network " + quoted(entry.key) + " needs cidrs, hosts or both");
    }
    return network;
  }

  static bool has_key(const YamlNode& node, std::string_view key) {
    for (const YamlEntry& entry : node.entries) {
      if (entry.key == key) return true;
    }
    return false;
  }

  static bool check_host(const SectionReader& reader, const YamlNode& item) {
    const bool is_address = parse_cidr(item.text).has_value();
    if (is_address) reader.report(item, {"bad-host", quoted(item.text) + " is an address: it belongs under cidrs", {}});
    const bool is_name = item.text.find_first_of("/\\: ") == std::string::npos && !item.text.empty() &&
                         item.text.size() <= limits::kPolicyGlobBytesMax;
    if (!is_address && !is_name) {
      reader.report(item,
                    {"bad-host", quoted(item.text) + " is not a host name: no scheme, port or path belongs to it", {}});
    }
    return is_name && !is_address;
  }

  void add_fingerprints(const YamlEntry& entry, std::vector<FingerprintsDocument>& all) {
    const SectionReader reader(entry.value, SectionId::kFingerprints, context_);
    reader.text("description");
    all.push_back({{entry.key, entry.key_place},
                   reader.text("file").value_or(Located<std::string>{}),
                   reader.integer("distance_max")->value,
                   reader.word("copies")->value == 1,
                   reader.flag("canary")->value});
  }

  void read_defaults(const SectionReader& policy_reader, PolicyDocument& policy) {
    YamlNode none;
    none.kind = YamlNode::Kind::kMapping;
    none.place = policy_reader.place();
    const YamlNode* const given = policy_reader.find("defaults");
    const SectionReader reader(given == nullptr ? none : *given, SectionId::kDefaults, context_);
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      policy.defaults[i] = static_cast<Action>(reader.word(kOutcomeKeys[i].key)->value);
    }
    policy.deadline = reader.duration("deadline")->value;
    if (const YamlNode* const breaker = reader.find("breaker")) policy.breaker = parse_breaker(*breaker, context_);
  }

  RecordDocument read_record(const YamlNode& node) {
    const SectionReader reader(node, SectionId::kRecord, context_);
    return {parse_places(reader, "from", context_), parse_places(reader, "to", context_),
            static_cast<Recorded>(reader.word("what")->value)};
  }

  ExceptionDocument exception(const YamlNode& node) {
    const SectionReader reader(node, SectionId::kException, context_);
    ExceptionDocument exception;
    exception.place = node.place;
    exception.reason = value_or(reader.text("reason"), std::string());
    exception.owner = value_or(reader.text("owner"), std::string());
    exception.expires = reader.end("expires");
    exception.from = parse_places(reader, "from", context_);
    exception.to = parse_places(reader, "to", context_);
    exception.names = parse_names(reader);
    return exception;
  }

  RuleDocument rule(const YamlNode& node) {
    const SectionReader reader(node, SectionId::kRule, context_);
    RuleDocument rule;
    rule.name = reader.name("name").value_or(Located<std::string>{"", node.place});
    rule.description = value_or(reader.text("description"), std::string());
    if (const auto state = reader.word("state")) rule.state = {static_cast<RuleState>(state->value), state->place};
    rule.severity = static_cast<Severity>(reader.word("severity")->value + 1);
    for (Located<std::string>& tag : reader.names("tags")) rule.tags.push_back(std::move(tag.value));
    rule.from = parse_places(reader, "from", context_);
    rule.to = parse_places(reader, "to", context_);
    rule.protocols = reader.words("protocols");
    for (const YamlNode* item : reader.sections("exceptions")) rule.exceptions.push_back(exception(*item));
    rule.permitted_by = parse_permits(reader);
    const YamlNode* const when = reader.find("when");
    rule.when = when == nullptr ? Condition{node.place, GroupTest{}} : parse_condition(*when, context_);
    check_levels(rule.when, context_);
    if (const YamlNode* const count = reader.find("count")) rule.count = parse_count(*count, context_);
    if (const YamlNode* const breaker = reader.find("breaker"))
      rule.breaker = Located<BreakerLimit>{parse_breaker(*breaker, context_), breaker->place};
    read_overrides(reader, rule);
    return rule;
  }

  static void read_overrides(const SectionReader& reader, RuleDocument& rule) {
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      const auto word = reader.word(kOutcomeKeys[i].key);
      if (word) rule.outcomes[i] = Located<Action>{static_cast<Action>(word->value), word->place};
    }
    rule.deadline = reader.duration("deadline");
  }

  Definitions definitions_;
  ReadContext context_;
};

}  // namespace

PlacesDocument parse_places(const SectionReader& reader, std::string_view key, ReadContext& context) {
  const YamlNode* const node = reader.find(key);
  if (node == nullptr) return {};
  if (node->kind != YamlNode::Kind::kMapping) return {reader.names(key), {}};
  const SectionReader inside(*node, SectionId::kPlaces, context);
  if (node->entries.empty())
    context.diagnostics.error(node->place, "empty-condition", quoted(key) + " names no network");
  return {inside.names("any"), inside.names("not")};
}

PolicyDocument parse_policy(const YamlDocument& source, Diagnostics& diagnostics) {
  if (source.root.kind == YamlNode::Kind::kNull) return {};
  return PolicyParser(diagnostics, source.whole).parse(source.root);
}

}  // namespace sallyport::policy
