#include "policy/permission.h"

#include <algorithm>
#include <utility>

#include "policy/counting.h"
#include "policy/trace_found.h"
#include "policy/values.h"

namespace sallyport::policy {
namespace {

constexpr ContentSet types_with_images() {
  ContentSet types = 0;
  for (unsigned i = 0; i <= static_cast<unsigned>(ContentType::kOther); ++i) {
    if (may_hold_images(static_cast<ContentType>(i))) types |= bit(static_cast<ContentType>(i));
  }
  return types;
}

/// What was not inspected is never covered: an answer that will not come is a no.
Answer settled(const Answer& answer) {
  return answer.truth == Truth::kUnknown && answer.needs == Interest::kNone ? Answer::of(false) : answer;
}

Answer ask_found(Received kind, const CompiledRule& rule, const Known& known) {
  switch (kind) {
    case Received::kFaces:
      return ask(Condition{{}, CountTest{FindingKind::kFace, 1, rule.faces_from}}, known);
    case Received::kPlates:
      return ask(Condition{{}, CountTest{FindingKind::kPlate, 1, rule.plates_from}}, known);
    case Received::kRegistered:
      return ask(known.policy().any_registered, known);
    case Received::kImages:
      break;
  }
  return Answer::of(false);
}

constexpr std::array kFound{Received::kFaces, Received::kPlates, Received::kRegistered};

/// A yes where somebody looked, whatever was found: a locked archive may hold anything.
Answer ask_looked_into(const CompiledRule& rule, const Known& known) {
  const Answer found = ask_found(Received::kFaces, rule, known);
  return either(found, opposite(found));
}

Answer ask_content(const CompiledContract& contract, const CompiledRule& rule, const Known& known) {
  Answer answer = ask(Condition{{}, ContentTest{types_with_images(), true}}, known);
  const bool any_image = (contract.may_receive & bit(Received::kImages)) != 0;
  if (any_image) {
    const Answer is_image = ask(Condition{{}, ContentTest{kAllImages, true}}, known);
    return both(answer, is_image.truth == Truth::kYes ? is_image : ask_looked_into(rule, known));
  }
  for (const Received kind : kFound) {
    if (answer.truth == Truth::kNo) break;
    if ((contract.may_receive & bit(kind)) == 0) answer = both(answer, opposite(ask_found(kind, rule, known)));
  }
  return both(answer, ask_looked_into(rule, known));
}

bool has_ends(const PermissionAnswers& answers) {
  return answers.contractor.truth == Truth::kYes && answers.from.truth == Truth::kYes;
}

std::string content_text(const CompiledContract& contract, const CompiledRule& rule, const Known& known) {
  const ReceivedSet excess = received(rule, known) & ~contract.may_receive;
  if (excess != 0) return "does not permit " + received_text(excess);
  const bool no_image = known.has_content_type() && !may_hold_images(known.transfer().content);
  return no_image ? "permits images only" : "covers nothing that was not inspected";
}

/// A transfer that goes on may yet be one too many.
Answer ask_quota(const CompiledContract& contract, const Known& known) {
  if (!contract.quota) return Answer::of(true);
  if (known.findings() == nullptr) return Answer::open(Interest::kAccount);
  const Tally* const tally = known.quota_tally(contract);
  const double images = tally != nullptr ? tally->sure : static_cast<double>(images_in(known));
  const bool is_incomplete = tally != nullptr && tally->is_incomplete;
  return Answer::of(!is_incomplete && images <= static_cast<double>(contract.quota->more_than));
}

/// Of a contract with these ends that does not cover the transfer.
std::string why_not(const CompiledContract& contract, const PermissionAnswers& answers, const CompiledRule& rule,
                    const Known& known) {
  const std::string name = "contract " + contract.name + ' ';
  if (answers.unexpired.truth == Truth::kNo) return name + "expired on " + end_text(contract.expires);
  if (answers.started.truth == Truth::kNo) return name + "begins on " + begin_text(*contract.starts);
  if (answers.may_receive.truth == Truth::kYes) {
    return name + "permits no more than " + quota_text(*contract.quota);
  }
  return name + content_text(contract, rule, known);
}

}  // namespace

PermissionAnswers ask_each(const CompiledContract& contract, const CompiledRule& rule, const Known& known) {
  return {settled(ask(contract.to, known.receiver(), known, true)),
          settled(ask(contract.from, known.sender(), known, true)),
          Answer::of(!contract.starts || known.now() >= *contract.starts),
          Answer::of(known.now() < contract.expires),
          settled(ask_content(contract, rule, known)),
          ask_quota(contract, known)};
}

Answer ask_permission(const CompiledContract& contract, const CompiledRule& rule, const Known& known) {
  const Answer covered = ask_coverage(contract, rule, known);
  return covered.truth == Truth::kNo ? covered : both(covered, ask_quota(contract, known));
}

Answer ask_coverage(const CompiledContract& contract, const CompiledRule& rule, const Known& known) {
  const bool in_time = known.now() < contract.expires && (!contract.starts || known.now() >= *contract.starts);
  if (!in_time) return Answer::of(false);
  const Answer ends = both(settled(ask(contract.to, known.receiver(), known, true)),
                           settled(ask(contract.from, known.sender(), known, true)));
  return ends.truth == Truth::kNo ? ends : both(ends, settled(ask_content(contract, rule, known)));
}

bool covers(const CompiledContract& contract, const Known& known) {
  if (ask(contract.to, known.receiver(), known, true).truth != Truth::kYes) return false;
  const auto& rules = known.policy().rules;
  return std::any_of(rules.begin(), rules.end(), [&](const CompiledRule& rule) {
    const bool heeds = std::find(rule.contracts.begin(), rule.contracts.end(), contract.number) != rule.contracts.end();
    return heeds && ask_coverage(contract, rule, known).truth == Truth::kYes &&
           ask_but_contracts(rule, known).truth != Truth::kNo;
  });
}

std::uint64_t images_in(const Known& known) {
  const std::uint64_t itself = known.has_content_type() && is_image(known.transfer().content) ? 1 : 0;
  const Findings* const findings = known.findings();
  const std::uint64_t inside = findings == nullptr ? 0 : findings->parts.size() + findings->parts_untold;
  return std::max<std::uint64_t>(1, itself + inside);
}

ReceivedSet received(const CompiledRule& rule, const Known& known) {
  ReceivedSet kinds = 0;
  for (const Received kind : kFound) {
    if (ask_found(kind, rule, known).truth == Truth::kYes) kinds |= bit(kind);
  }
  return kinds;
}

std::string explain_contracts(const CompiledRule& rule, const Known& known) {
  std::string text;
  for (const std::size_t number : rule.contracts) {
    const CompiledContract& contract = known.policy().contracts[number];
    const PermissionAnswers answers = ask_each(contract, rule, known);
    if (has_ends(answers)) text += (text.empty() ? "" : "; ") + why_not(contract, answers, rule, known);
  }
  return text;
}

std::vector<const CompiledContract*> permitting(const CompiledRule& rule, const Known& known) {
  std::vector<const CompiledContract*> all;
  if (rule.contracts.empty() || ask_but_contracts(rule, known).truth == Truth::kNo) return all;
  for (const std::size_t number : rule.contracts) {
    const CompiledContract& contract = known.policy().contracts[number];
    if (ask_permission(contract, rule, known).truth == Truth::kYes) all.push_back(&contract);
  }
  return all;
}

}  // namespace sallyport::policy
