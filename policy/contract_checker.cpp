#include "policy/contract_checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "policy/suggest.h"

namespace sallyport::policy {
namespace {

class ContractChecker {
 public:
  ContractChecker(const PolicyDocument& policy, bool whole, Diagnostics& diagnostics)
      : policy_(policy), whole_(whole), diagnostics_(diagnostics) {
    for (const ContractorDocument& one : policy.contractors) contractors_.emplace(one.name.value, one.name.place);
  }

  void check() {
    for (const ContractDocument& contract : policy_.contracts) check_contract(contract);
    for (const RuleDocument& rule : policy_.rules) check_permits(rule);
    if (diagnostics_.error_count() == 0) check_unused();
  }

 private:
  void warn(Place place, std::string_view code, std::string message, Advice advice = {}) {
    if (whole_) diagnostics_.warning(place, code, std::move(message), std::move(advice));
  }

  void check_contract(const ContractDocument& contract) {
    const auto [first, is_new] = contracts_.try_emplace(contract.name.value, contract.name.place);
    if (!is_new && !contract.name.value.empty()) {
      diagnostics_.error(contract.name.place, "duplicate-contract",
                         "contract " + quoted(contract.name.value) + " is already defined at " +
                             diagnostics_.place_text(first->second, contract.name.place));
    }
    check_contractor(contract.contractor);
    if (contract.starts && contract.starts->value >= contract.expires.value) {
      diagnostics_.error(contract.expires.place, "never-true",
                         "contract " + quoted(contract.name.value) + " has expired before it begins");
    }
    const bool all_images = (contract.may_receive & bit(Received::kImages)) != 0;
    if (all_images && contract.may_receive != bit(Received::kImages)) {
      warn(contract.name.place, "no-effect",
           "'images' permits whatever an image shows: the words beside it add nothing",
           {"", "leave 'images' out to permit only what is named"});
    }
  }

  void check_contractor(const Located<std::string>& contractor) {
    used_contractors_.insert(contractor.value);
    if (contractor.value.empty() || contractors_.count(contractor.value) != 0) return;
    diagnostics_.error(contractor.place, "unknown-contractor", "unknown contractor " + quoted(contractor.value),
                       {nearest_key(contractor.value, contractors_), ""});
  }

  void check_permits(const RuleDocument& rule) {
    const PermitsDocument& permits = rule.permitted_by;
    if (permits.any && policy_.contracts.empty()) {
      warn(permits.place, "no-effect", "permitted_by has no effect: this policy has no contracts");
    }
    all_used_ = all_used_ || permits.any;
    for (const Located<std::string>& name : permits.contracts) {
      used_contracts_.insert(name.value);
      if (contracts_.count(name.value) != 0) continue;
      diagnostics_.error(name.place, "unknown-contract", "unknown contract " + quoted(name.value),
                         {nearest_key(name.value, contracts_), "'any' without brackets means all of them"});
    }
  }

  void check_unused() {
    for (const ContractorDocument& contractor : policy_.contractors) {
      if (used_contractors_.count(contractor.name.value) != 0) continue;
      warn(contractor.name.place, "unused", "contractor " + quoted(contractor.name.value) + " has no contract");
    }
    for (const ContractDocument& contract : policy_.contracts) {
      if (all_used_ || used_contracts_.count(contract.name.value) != 0) continue;
      warn(contract.name.place, "unused", "contract " + quoted(contract.name.value) + " permits nothing",
           {"", "rules heed a contract that they name under permitted_by"});
    }
  }

  const PolicyDocument& policy_;
  const bool whole_;
  Diagnostics& diagnostics_;
  std::map<std::string, Place> contractors_;
  std::map<std::string, Place> contracts_;
  std::set<std::string> used_contractors_;
  std::set<std::string> used_contracts_;
  bool all_used_ = false;  // some rule heeds any contract
};

}  // namespace

void check_contracts(const PolicyDocument& policy, bool whole, Diagnostics& diagnostics) {
  ContractChecker(policy, whole, diagnostics).check();
}

}  // namespace sallyport::policy
