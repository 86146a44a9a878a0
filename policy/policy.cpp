#include "policy/policy.h"

#include <utility>

#include "policy/compiled_policy.h"
#include "policy/demand.h"
#include "policy/evaluate.h"
#include "policy/memory.h"
#include "policy/recall.h"

namespace sallyport::policy {

std::string canary_rule_name(std::string_view set) {
  return "canary." + std::string(set);
}

Policy::Policy(std::unique_ptr<const CompiledPolicy> compiled) : compiled_(std::move(compiled)) {}
Policy::~Policy() = default;

Interest Policy::interest(const Flow& flow) const {
  const std::uint32_t client = compiled_->addresses.group(flow.client.address);
  const std::uint32_t server = compiled_->addresses.group(flow.server.address);
  return known_flow_interest(*compiled_, client, server);
}

Demand Policy::demand(const Transfer& transfer) const {
  return policy::demand(*compiled_, transfer);
}
Demand Policy::demand(const Transfer& transfer, const Memory& memory) const {
  return policy::demand(*compiled_, transfer, &memory);
}

Verdict Policy::evaluate(const Transfer& transfer, const Findings& findings) const {
  return policy::evaluate(*compiled_, transfer, findings, Memory(*compiled_));
}

Verdict Policy::evaluate(const Transfer& transfer, const Findings& findings, const Memory& memory) const {
  return policy::evaluate(*compiled_, transfer, findings, memory);
}

Verdict Policy::conclude(const Transfer& transfer, const Findings& findings, Memory& memory) const {
  std::vector<Known> pairs = pairs_of(*compiled_, transfer, findings);
  return policy::conclude(pairs, memory);
}

Recollection Policy::recall(const Transfer& transfer, const Findings& findings) const {
  Memory memory(*compiled_);
  return policy::recall(*compiled_, transfer, findings, memory);
}

Recollection Policy::recall(const Transfer& transfer, const Findings& findings, Memory& memory) const {
  return policy::recall(*compiled_, transfer, findings, memory);
}

std::size_t Policy::refill(const Transfer& transfer, const Findings& findings, Memory& memory) const {
  return policy::refill(*compiled_, transfer, findings, memory);
}

std::shared_ptr<Memory> Policy::new_memory() const {
  return std::make_shared<Memory>(*compiled_);
}

std::vector<std::string_view> Policy::networks_of(const IpAddress& address) const {
  std::vector<std::string_view> names;
  for (const std::uint16_t network : compiled_->addresses.listed(compiled_->addresses.group(address))) {
    names.push_back(compiled_->network_names[network]);
  }
  return names;
}

std::vector<std::string_view> Policy::contractors_of(const IpAddress& address) const {
  const NetworkSet& set = compiled_->addresses.networks(compiled_->addresses.group(address));
  std::vector<std::string_view> names;
  for (const CompiledContractor& contractor : compiled_->contractors) {
    if ((contractor.networks & set).any()) names.emplace_back(contractor.name);
  }
  return names;
}

const std::string& Policy::name() const {
  return compiled_->name;
}
const std::string& Policy::digest() const {
  return compiled_->digest;
}
const std::string& Policy::text() const {
  return compiled_->text;
}
const std::vector<FingerprintSet>& Policy::fingerprint_sets() const {
  return compiled_->fingerprints;
}
const std::vector<EnrolledCamera>& Policy::cameras() const {
  return compiled_->cameras;
}
std::size_t Policy::rule_count() const {
  return compiled_->rules.size();
}

}  // namespace sallyport::policy
