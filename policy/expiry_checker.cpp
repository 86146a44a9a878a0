#include "policy/expiry_checker.h"

#include <string>

namespace sallyport::policy {
namespace {

void warn_if_over(const std::string& what, const std::string& effect, const Located<Timestamp>& expires, Timestamp now,
                  Diagnostics& diagnostics) {
  if (now < expires.value) return;
  diagnostics.warning(expires.place, "expired-entry", what + " expired on " + end_text(expires.value) + ": " + effect,
                      {"", "take it out, or give it a later day"});
}

}  // namespace

void check_expiry(const PolicyDocument& document, Timestamp now, Diagnostics& diagnostics) {
  for (const ContractDocument& contract : document.contracts) {
    warn_if_over("contract " + quoted(contract.name.value), "it permits nothing any more", contract.expires, now,
                 diagnostics);
  }
  for (const RuleDocument& rule : document.rules) {
    for (const ExceptionDocument& exception : rule.exceptions) {
      if (!exception.expires) continue;
      warn_if_over("this exception", "rule " + quoted(rule.name.value) + " applies without it", *exception.expires, now,
                   diagnostics);
    }
  }
}

}  // namespace sallyport::policy
