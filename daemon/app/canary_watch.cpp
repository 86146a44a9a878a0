#include "daemon/app/canary_watch.h"

#include <algorithm>

#include "daemon/contract/selftest.h"

namespace sallyport {
namespace {

/// Sets by whose rule the verdict has a sighting.
std::vector<std::string> sets_seen(const Verdict& verdict, const policy::Policy& policy) {
  std::vector<std::string> sets;
  for (const policy::FingerprintSet& set : policy.fingerprint_sets()) {
    if (!set.canary) continue;
    const std::string rule = policy::canary_rule_name(set.name);
    const auto is_it = [&rule](const RuleMatch& match) { return match.rule == rule; };
    if (std::any_of(verdict.matches.begin(), verdict.matches.end(), is_it)) sets.push_back(set.name);
  }
  return sets;
}

/// Empty where the transfer is of no self-test; the server's answer has its path, too.
std::string_view nonce_of(const TransferFacts& facts) {
  if (!facts.upload) return {};
  const std::string_view path = facts.path;
  const std::size_t name = path.rfind(kSelftestName);
  if (name == std::string_view::npos) return {};
  const std::string_view nonce = path.substr(name + kSelftestName.size(), kSelftestNonceDigits);
  const bool is_hex = nonce.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return nonce.size() == kSelftestNonceDigits && is_hex ? nonce : std::string_view();
}

SelftestPassage passage_of(const Event& event, std::string_view nonce, const std::vector<std::string>& sets) {
  SelftestPassage passage;
  passage.nonce = nonce;
  passage.event = event.id;
  passage.content = to_string(event.transfer.content);
  if (event.verdict.not_inspected) passage.not_inspected = to_string(*event.verdict.not_inspected);
  passage.severity = to_string(event.verdict.severity);
  passage.action = to_string(event.verdict.action);
  if (sets.empty()) return passage;
  passage.set = sets.front();
  passage.rule = policy::canary_rule_name(sets.front());
  return passage;
}

}  // namespace

CanaryWatch::CanaryWatch(EventSink& next, PolicySource policy, std::function<Timestamp()> clock)
    : next_(next), policy_(std::move(policy)), clock_(std::move(clock)) {}

void CanaryWatch::publish(Event event) {
  look(event);
  next_.publish(std::move(event));
}

void CanaryWatch::keep(Event event) {
  look(event);
  next_.keep(std::move(event));
}

void CanaryWatch::look(const Event& event) {
  const std::vector<std::string> sets = sets_seen(event.verdict, *policy_()->policy);
  const std::string_view nonce = nonce_of(event.transfer.facts);
  if (sets.empty() && nonce.empty()) return;
  const Timestamp now = clock_();
  const std::lock_guard lock(mutex_);
  for (const std::string& set : sets) {
    CanarySightings& sightings = seen_[set];
    ++sightings.count;
    sightings.last = now;
  }
  if (nonce.empty()) return;
  SelftestPassage passage = passage_of(event, nonce, sets);
  passage.told = now;
  remember(std::move(passage));
}

/// Of several transfers of one self-test, such as one that broke off, the sighting counts.
void CanaryWatch::remember(SelftestPassage passage) {
  const auto same = std::find_if(passages_.begin(), passages_.end(),
                                 [&passage](const SelftestPassage& other) { return other.nonce == passage.nonce; });
  if (same == passages_.end()) {
    if (passages_.size() == kPassagesMax) passages_.pop_front();
    passages_.push_back(std::move(passage));
  } else if (same->rule.empty() && !passage.rule.empty()) {
    *same = std::move(passage);
  }
}

std::vector<CanarySightings> CanaryWatch::sightings() const {
  const auto active = policy_();
  const std::lock_guard lock(mutex_);
  auto all = seen_;
  for (const policy::FingerprintSet& set : active->policy->fingerprint_sets()) {
    if (set.canary) all.try_emplace(set.name);
  }
  std::vector<CanarySightings> list;
  for (auto& [set, sightings] : all) list.push_back({set, sightings.count, sightings.last});
  return list;
}

std::optional<SelftestPassage> CanaryWatch::passage(std::string_view nonce) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(passages_.begin(), passages_.end(),
                                  [nonce](const SelftestPassage& passage) { return passage.nonce == nonce; });
  if (found == passages_.end()) return std::nullopt;
  return *found;
}

}  // namespace sallyport
