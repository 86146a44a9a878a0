#include "policy/compile.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policy/demand.h"
#include "policy/printer.h"
#include "policy/schema.h"

namespace sallyport::policy {
namespace {

class Compiler {
 public:
  Compiler(const PolicyDocument& document, const std::filesystem::path& folder)
      : document_(document), folder_(folder) {}

  std::unique_ptr<const CompiledPolicy> compile() {
    policy_->name = document_.name;
    policy_->text = print_document(document_);
    policy_->digest = to_hex(Sha256::of(as_byte_span(policy_->text)));
    policy_->deadline = document_.deadline;
    compile_networks();
    compile_fingerprints();
    compile_cameras();
    compile_contracts();
    policy_->record = document_.record.what;
    policy_->record_from = places(document_.record.from);
    policy_->record_to = places(document_.record.to);
    for (const RuleDocument& rule : document_.rules) {
      if (rule.state.value != RuleState::kOff) policy_->rules.push_back(compile_rule(rule));
    }
    for (const FingerprintsDocument& set : document_.fingerprints) {
      if (set.canary) policy_->rules.push_back(canary_rule(set));
    }
    note_names();
    policy_->index = RuleIndex(*policy_);
    policy_->interests = interest_table(*policy_);
    return std::move(policy_);
  }

 private:
  void compile_networks() {
    std::vector<AddressIndex::Member> cidrs;
    std::vector<HostIndex::Member> hosts;
    for (const NetworkDocument& network : document_.networks) {
      const std::size_t number = policy_->network_names.size();
      policy_->network_names.push_back(network.name.value);
      numbers_[network.name.value] = number;
      for (const auto& cidr : network.cidrs) cidrs.push_back({cidr.value, number});
      for (const auto& host : network.hosts) hosts.push_back({host.value, number});
      policy_->with_hosts.set(number, !network.hosts.empty());
      policy_->hosts_trusted.set(number, network.hosts_trusted);
    }
    policy_->addresses = AddressIndex(cidrs);
    policy_->hosts = HostIndex(hosts);
  }

  void compile_fingerprints() {
    for (const FingerprintsDocument& set : document_.fingerprints) {
      distances_[set.name.value] = set.distance_max;
      const std::filesystem::path file = folder_ / set.file.value;
      policy_->fingerprints.push_back(
          {set.name.value, file.string(), static_cast<int>(set.distance_max), set.parts, set.canary});
    }
  }

  void compile_cameras() {
    for (const CameraDocument& document : document_.cameras) {
      EnrolledCamera& camera = policy_->cameras.emplace_back();
      camera.name = document.name.value;
      for (const CameraSignDocument& sign : document.signs) camera.signs.push_back(sign.keys);
    }
  }

  void compile_contracts() {
    GroupTest any{GroupTest::Kind::kAny, {}};
    for (const FingerprintsDocument& set : document_.fingerprints) {
      any.parts.push_back({{}, NearTest{set.name, Located<std::uint64_t>{set.distance_max, {}}}});
    }
    policy_->any_registered.test = std::move(any);
    std::map<std::string_view, NetworkSet> networks;
    for (const ContractorDocument& one : document_.contractors) {
      networks[one.name.value] = network_set(one.networks);
      policy_->contractors.push_back({one.name.value, networks[one.name.value]});
    }
    for (const ContractDocument& contract : document_.contracts) {
      policy_->contracts.push_back(compile_contract(contract, networks.at(contract.contractor.value)));
    }
  }

  CompiledContract compile_contract(const ContractDocument& document, const NetworkSet& contractor) const {
    CompiledContract contract;
    contract.name = document.name.value;
    contract.contractor = document.contractor.value;
    contract.purpose = document.purpose;
    contract.from = places(document.from);
    contract.to = PlaceTest(contractor, {});
    if (document.starts) contract.starts = document.starts->value;
    contract.expires = document.expires.value;
    contract.may_receive = document.may_receive;
    contract.number = policy_->contracts.size();
    if (document.quota) {
      const Quota& quota = document.quota->value;
      contract.quota = Counting{document.quota->place, Counted::kImages, quota.images, quota.within, false, 0};
    }
    return contract;
  }

  std::vector<std::size_t> heeded(const PermitsDocument& permits) const {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < policy_->contracts.size(); ++i) {
      const auto is_it = [&](const auto& name) { return name.value == policy_->contracts[i].name; };
      const bool named = std::any_of(permits.contracts.begin(), permits.contracts.end(), is_it);
      if (permits.any || named) numbers.push_back(i);
    }
    return numbers;
  }

  /// What the rule itself takes for found is found; else what it would by default.
  static float found_from(FindingKind kind, const Condition& when) {
    float score = *parse_score(find_key(schema(SectionId::kDetections), "score")->default_text);
    for_each_condition(when, [&](const Condition& condition) {
      const auto* count = std::get_if<CountTest>(&condition.test);
      if (count != nullptr && count->kind == kind) score = std::min(score, count->score);
    });
    return score;
  }

  NetworkSet network_set(const std::vector<Located<std::string>>& names) const {
    NetworkSet set;
    for (const auto& name : names) set.set(numbers_.at(name.value));
    return set;
  }
  PlaceTest places(const PlacesDocument& document) const {
    return {network_set(document.any), network_set(document.excluded)};
  }

  CompiledException compile_exception(const ExceptionDocument& document) const {
    CompiledException exception{document.reason, {}, places(document.from), places(document.to), document.names};
    if (document.expires) exception.expires = document.expires->value;
    return exception;
  }

  CompiledRule compile_rule(const RuleDocument& document) {
    CompiledRule rule;
    rule.name = document.name.value;
    rule.severity = document.severity;
    rule.state = document.state.value;
    rule.tags = document.tags;
    rule.from = places(document.from);
    rule.to = places(document.to);
    rule.protocols = document.protocols;
    for (const auto& exception : document.exceptions) rule.exceptions.push_back(compile_exception(exception));
    rule.when = document.when;
    fill_distances(rule.when);
    rule.contracts = heeded(document.permitted_by);
    rule.faces_from = found_from(FindingKind::kFace, rule.when);
    rule.plates_from = found_from(FindingKind::kPlate, rule.when);
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      rule.outcomes[i] = document.outcomes[i] ? document.outcomes[i]->value : document_.defaults[i];
    }
    rule.deadline = document.deadline ? document.deadline->value : document_.deadline;
    rule.interest_most = rule.contracts.empty() ? most_interest(rule.when) : Interest::kContent;
    if (document.count) compile_count(*document.count, rule);
    compile_breaker(document, rule);
    if (rule.count || rule.breaker) rule.memory_key = print_memory_key(document, document_);
    return rule;
  }

  /// Matches between any places; what cannot be inspected is no sighting.
  CompiledRule canary_rule(const FingerprintsDocument& set) const {
    CompiledRule rule;
    rule.name = canary_rule_name(set.name.value);
    rule.severity = Severity::kCritical;
    rule.is_canary = true;
    const NearTest sighting{set.name, Located<std::uint64_t>{set.distance_max, set.name.place}};
    rule.when = {set.name.place, GroupTest{GroupTest::Kind::kAll, {{set.name.place, sighting}}}};
    rule.faces_from = found_from(FindingKind::kFace, rule.when);
    rule.plates_from = found_from(FindingKind::kPlate, rule.when);
    rule.deadline = document_.deadline;
    rule.interest_most = Interest::kContent;
    return rule;
  }

  void compile_count(const Counting& counting, CompiledRule& rule) {
    rule.count = counting;
    rule.counter = counters_++;
    if (rule.count->counts_images()) rule.interest_most = Interest::kContent;
  }

  void compile_breaker(const RuleDocument& document, CompiledRule& rule) const {
    const auto breaker = document.breaker ? document.breaker->value : document_.breaker;
    if (breaker && breaker->blocks > 0 && rule.state == RuleState::kBlock) rule.breaker = breaker;
  }

  void note_names() {
    const auto note = [this](const Condition& condition) {
      const auto* name = std::get_if<NameTest>(&condition.test);
      if (name != nullptr) policy_->names_asked.set(static_cast<std::size_t>(name->field));
    };
    for (const CompiledRule& rule : policy_->rules) {
      for_each_condition(rule.when, note);
      for (const CompiledException& exception : rule.exceptions) {
        for (const Condition& name : exception.names) for_each_condition(name, note);
      }
    }
  }

  void fill_distances(Condition& condition) const {
    if (auto* near = std::get_if<NearTest>(&condition.test); near != nullptr && !near->distance_max) {
      near->distance_max = Located<std::uint64_t>{distances_.at(near->set.value), near->set.place};
    }
    auto* group = std::get_if<GroupTest>(&condition.test);
    if (group == nullptr) return;
    for (Condition& part : group->parts) fill_distances(part);
  }

  const PolicyDocument& document_;
  const std::filesystem::path& folder_;
  std::unique_ptr<CompiledPolicy> policy_ = std::make_unique<CompiledPolicy>();
  std::size_t counters_ = 0;
  std::map<std::string, std::size_t> numbers_;
  std::map<std::string, std::uint64_t> distances_;
};

}  // namespace

std::unique_ptr<const CompiledPolicy> compile(const PolicyDocument& document, const std::filesystem::path& folder) {
  return Compiler(document, folder).compile();
}

}  // namespace sallyport::policy
