#include "daemon/events/sentence.h"

namespace sallyport {
namespace {

std::string_view opening(Disposition disposition) {
  switch (disposition) {
    case Disposition::kAllowed:
      return "allowed";
    case Disposition::kAlerted:
      return "alert, passed";
    case Disposition::kBlocked:
      return "blocked";
    case Disposition::kResetAttempted:
      return "reset attempted on";
    case Disposition::kBlockTooLate:
      return "too late to block";
  }
  return "recorded";
}

/// The match that a person should read first: the deciding one, else the first.
const RuleMatch* first_to_tell(const Verdict& verdict) {
  if (const RuleMatch* const deciding = verdict.deciding()) return deciding;
  return verdict.matches.empty() ? nullptr : &verdict.matches.front();
}

}  // namespace

std::string object_name(const Event& event) {
  const TransferFacts& facts = event.transfer.facts;
  if (!facts.file_name.empty()) return facts.file_name;
  const std::string path = facts.path.substr(0, facts.path.find('?'));
  const std::string last = path.substr(path.find_last_of("/\\") + 1);
  return last.empty() ? "unnamed" : last;
}

std::string sentence(const Event& event) {
  const Transfer& transfer = event.transfer;
  std::string text(opening(event.disposition));
  text += ' ';
  text += to_string(transfer.content);
  text += " '" + object_name(event) + "' (" + std::to_string(transfer.size) + " bytes) from ";
  text += transfer.facts.sender.to_string() + " to " + transfer.facts.receiver.to_string();
  if (const RuleMatch* const match = first_to_tell(event.verdict)) {
    text += match->shadow ? " seen by shadow rule '" : " by rule '";
    text += match->rule + "'";
    if (!match->reason.empty()) text += ": " + match->reason;
  }
  if (event.verdict.not_inspected) text += "; not inspected: " + std::string(to_string(*event.verdict.not_inspected));
  return text;
}

}  // namespace sallyport
