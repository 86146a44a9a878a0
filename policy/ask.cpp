#include "policy/ask.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/permission.h"

namespace sallyport::policy {
namespace {

/// Reasons that end a classification without doubt about what it had answered before.
constexpr ReasonSet kPartOnly = bit(NotInspected::kDetectorMissing) | bit(NotInspected::kDeadline) |
                                bit(NotInspected::kWorkerCrash) | bit(NotInspected::kWorkerUnavailable) |
                                bit(NotInspected::kOverBudget);
/// Reasons for which the bytes seen are not those of the object.
constexpr ReasonSet kCoded =
    bit(NotInspected::kEncrypted) | bit(NotInspected::kUnknownProtocol) | bit(NotInspected::kUnknownCoding);
/// Reasons for which a transfer is a whole direction of a connection, with objects inside that nobody can tell apart.
constexpr ReasonSet kWholeFlow = bit(NotInspected::kEncrypted) | bit(NotInspected::kUnknownProtocol);
constexpr ProtocolSet kInsideTls = bit(Protocol::kHttp1) | bit(Protocol::kHttp2) | bit(Protocol::kWebSocket);
/// Signs that show only in the bytes of an object.
constexpr EvasionSet kContentSigns = bit(Evasion::kCodingMismatch) | bit(Evasion::kTypeMismatch);

ReasonSet reason_bit(const std::optional<NotInspected>& reason) {
  return reason ? bit(*reason) : 0;
}

class Asker {
 public:
  explicit Asker(const Known& known) : known_(known), transfer_(known.transfer()) {}

  Answer operator()(const GroupTest& group) const {
    if (group.kind == GroupTest::Kind::kNot) return opposite(ask(group.parts.front(), known_));
    const bool all = group.kind == GroupTest::Kind::kAll;
    Answer answer = Answer::of(all);
    for (const Condition& part : group.parts) {
      answer = all ? both(answer, ask(part, known_)) : either(answer, ask(part, known_));
      if (answer.truth == (all ? Truth::kNo : Truth::kYes)) break;
    }
    return answer;
  }

  Answer operator()(const ContentTest& test) const {
    if (known_.has_content_type()) return Answer::of((test.types & bit(transfer_.content)) != 0);
    if (known_.opaque() != 0 || (known_.final() && known_.reasons() != 0)) return Answer::hidden(known_.reasons());
    if (known_.final() && !known_.recorded()) return Answer::of((test.types & bit(ContentType::kUnknown)) != 0);
    return Answer::open(Interest::kDigest);
  }

  Answer operator()(const CountTest& test) const {
    const Findings* const findings = known_.findings();
    return of_image(test.kind, findings != nullptr && count_of(test, *findings) >= test.at_least);
  }

  Answer operator()(const NearTest& test) const {
    const Findings* const findings = known_.findings();
    return of_image(FindingKind::kFingerprint, findings != nullptr && nearest_match(test, *findings) != nullptr);
  }

  Answer operator()(const CameraTest& test) const {
    const Findings* const findings = known_.findings();
    const Answer answer = of_image(FindingKind::kCamera, findings != nullptr && camera_of(test, *findings) != nullptr);
    const bool may_be_one = answer.truth == Truth::kNo && findings != nullptr && is_camera_unreadable(*findings);
    return may_be_one ? Answer::hidden(bit(NotInspected::kDecodeError)) : answer;
  }

  Answer operator()(const SizeTest& test) const {
    if ((known_.opaque() & kWholeFlow) != 0) return size_inside(test);
    const bool too_large = test.at_most && transfer_.size > *test.at_most;
    const bool large_enough = !test.at_least || transfer_.size >= *test.at_least;
    if (too_large) return Answer::of(false);
    if (known_.opaque() != 0) return Answer::hidden(known_.opaque());
    if (known_.final() || (large_enough && !test.at_most)) return Answer::of(large_enough);
    return Answer::open(Interest::kAccount);
  }

  Answer operator()(const DeliveredTest& test) const {
    const std::uint64_t delivered = transfer_.account.delivered;
    if ((known_.opaque() & kWholeFlow) != 0) return of_flow(delivered >= test.at_least);
    if (known_.opaque() != 0) return Answer::hidden(known_.opaque());
    const bool can_grow = !known_.final() && !known_.recorded();
    return delivered < test.at_least && can_grow ? Answer::open(Interest::kAccount)
                                                 : Answer::of(delivered >= test.at_least);
  }

  Answer operator()(const NameTest& test) const {
    const bool given = !known_.name(test.field).empty();
    if (!given && known_.opaque() != 0) return Answer::hidden(known_.opaque());
    if (!known_.final() && (!given || may_be_renamed(test.field))) return Answer::open(Interest::kAccount);
    return Answer::of(fitting(test, known_) != nullptr);
  }

  Answer operator()(const DigestTest& test) const {
    if (transfer_.sha256) {
      const auto& digests = test.digests;
      return Answer::of(std::find(digests.begin(), digests.end(), *transfer_.sha256) != digests.end());
    }
    if (known_.opaque() != 0 || (known_.final() && known_.reasons() != 0)) return Answer::hidden(known_.reasons());
    const bool never_made = known_.recorded() && transfer_.complete;
    return known_.final() && !never_made ? Answer::of(false) : Answer::open(Interest::kDigest);
  }

  Answer operator()(const OpenedByTest& test) const { return Answer::of(test.sender == transfer_.facts.upload); }

  Answer operator()(const EvasionTest& test) const {
    if ((test.evasions & transfer_.evasions) != 0) return Answer::of(true);
    const bool of_content = (test.evasions & kContentSigns) != 0 && known_.opaque() == 0;
    const bool unread = known_.recorded() && of_content && transfer_.content == ContentType::kUnknown;
    if (known_.final() && !unread) return Answer::of(false);
    return Answer::open(of_content ? Interest::kDigest : Interest::kAccount);
  }

  Answer operator()(const ReasonTest& test) const {
    const Findings* const findings = known_.findings();
    const ReasonSet reasons = known_.reasons() | (findings == nullptr ? 0 : reasons_of(*findings));
    if ((test.reasons & reasons) != 0) return Answer::of(true);
    const bool is_over = findings != nullptr && (known_.final() || !known_.recorded());
    return is_over ? Answer::of(false) : Answer::open(Interest::kAccount);
  }

 private:
  static bool is_camera_unreadable(const Findings& findings) {
    bool unreadable = false;
    for_each_image(findings, [&](const ImageFindings& image) { unreadable = unreadable || image.camera_unreadable; });
    return unreadable;
  }

  /// No object in a flow is larger than the flow, but for what is packed inside its encryption; each may be smaller.
  Answer size_inside(const SizeTest& test) const { return of_flow(!test.at_least || transfer_.size >= *test.at_least); }
  /// `enough`: of the flow's bytes; how many of them are of one object is hidden.
  Answer of_flow(bool enough) const {
    if (enough) return Answer::hidden(known_.opaque());
    return known_.final() ? Answer::of(false) : Answer::open(Interest::kAccount);
  }

  /// A question that only images answer, those inside a container too; `found`: the findings say yes.
  Answer of_image(FindingKind kind, bool found) const {
    if (known_.has_content_type() && !may_hold_images(transfer_.content)) return of_plain();
    if (found) return Answer::of(true);
    if (known_.findings() != nullptr) return not_found(kind, *known_.findings());
    if (known_.opaque() != 0) return Answer::hidden(known_.opaque());
    if (transfer_.ended && !known_.has_content_type()) return hidden_or_no(known_.reasons());
    return Answer::open(Interest::kContent, bit(kind));
  }

  /// Images inside text and unknown bytes are transfers of their own; where bytes are missing one may have been there.
  Answer of_plain() const { return hidden_or_no(known_.final() ? known_.reasons() : 0); }

  /// Nothing found is a no only where everything was looked at.
  Answer not_found(FindingKind kind, const Findings& findings) const {
    const ReasonSet of_findings = reasons_of(findings);
    const bool looked = (findings.looked_for & bit(kind)) != 0;
    if (known_.recorded() && may_be_unasked(looked, of_findings)) return Answer::open(Interest::kContent, bit(kind));
    return hidden_or_no(known_.reasons() | (looked ? of_findings & ~kPartOnly : of_findings));
  }

  /// Of a record: nobody looked, or only at the beginning. Where the bytes were not had nobody could have looked.
  bool may_be_unasked(bool looked, ReasonSet of_findings) const {
    if (known_.opaque() != 0 || (looked && known_.final())) return false;
    return of_findings == 0 && (known_.reasons() == 0 || known_.findings()->looked_for != 0);
  }

  static Answer hidden_or_no(ReasonSet reasons) { return reasons == 0 ? Answer::of(false) : Answer::hidden(reasons); }

  /// An SMB client may upload under one name and rename before it closes.
  bool may_be_renamed(NameField field) const {
    const bool of_file = field == NameField::kPath || field == NameField::kFileName;
    const Protocol protocol = transfer_.facts.protocol;
    return of_file && transfer_.facts.upload && (protocol == Protocol::kSmb1 || protocol == Protocol::kSmb2);
  }

  const Known& known_;
  const Transfer& transfer_;
};

/// What addresses say, where no host name is in play.
bool is_in(const PlaceTest& places, const std::vector<std::uint16_t>& networks) {
  bool inside = places.anywhere;
  for (const std::uint16_t network : networks) {
    if (places.excluded[network]) return false;
    inside = inside || places.any[network];
  }
  return inside;
}

Truth place_truth(const PlaceTest& places, const Side& side, const CompiledPolicy& policy, bool excuse) {
  if (!side.has_host) return is_in(places, policy.addresses.listed(side.group)) ? Truth::kYes : Truth::kNo;
  const NetworkSet& trusted = policy.hosts_trusted;
  const NetworkSet proven = side.by_address | (side.by_host & trusted);
  const NetworkSet claimed = side.by_address | side.by_host;
  const NetworkSet& for_any = excuse ? proven : claimed;
  const NetworkSet& for_excluded = excuse ? claimed : proven;
  const NetworkSet open_any = excuse ? side.open & trusted : side.open;
  const NetworkSet open_excluded = excuse ? side.open : side.open & trusted;
  if ((places.excluded & for_excluded).any()) return Truth::kNo;
  const bool inside = places.anywhere || (places.any & for_any).any();
  if (!inside && (places.any & open_any).none()) return Truth::kNo;
  return inside && (places.excluded & open_excluded).none() ? Truth::kYes : Truth::kUnknown;
}

/// Only at its end it is known what a transfer adds: what that takes.
Answer uncounted(const Counting& counting, const Known& known) {
  const bool plain = known.has_content_type() && !may_hold_images(known.transfer().content);
  const bool in_content = counting.counts_images() && !plain && known.opaque() == 0;
  return in_content ? Answer::open(Interest::kContent, bit(FindingKind::kFingerprint))
                    : Answer::open(Interest::kAccount);
}

}  // namespace

Known::Known(const CompiledPolicy& policy, const Transfer& transfer, const Findings* findings, Source source)
    : policy_(policy), transfer_(transfer), findings_(findings), source_(source) {
  const TransferFacts& facts = transfer.facts;
  opaque_ = reason_bit(facts.opaque);
  reasons_ = opaque_ | reason_bit(transfer.not_inspected);
  host_ = normal_host(facts.host);
  for (std::size_t field = 0; field < kNameFieldCount; ++field) {
    if (policy.names_asked.test(field)) fold(static_cast<NameField>(field));
  }
  Side& server = facts.upload ? receiver_ : sender_;
  if (!host_.empty()) server.by_host = policy.hosts.networks(host_);
  if (host_.empty() && (!final() || opaque_ != 0)) server.open = policy.with_hosts;
  server.has_host = server.by_host.any() || server.open.any();
  place(facts.sender, facts.receiver);
}

Known Known::between(const Parties& parties) const {
  Known other = *this;
  other.place(parties.sender, parties.receiver);
  return other;
}

Known Known::seeing(const Findings& findings) const {
  Known other = *this;
  other.findings_ = &findings;
  return other;
}

void Known::place(const Endpoint& sender, const Endpoint& receiver) {
  sender_address_ = sender.address;
  receiver_address_ = receiver.address;
  sender_.group = policy_.addresses.group(sender.address);
  receiver_.group = policy_.addresses.group(receiver.address);
  sender_.by_address = policy_.addresses.networks(sender_.group);
  receiver_.by_address = policy_.addresses.networks(receiver_.group);
}

void Known::fold(NameField field) {
  const std::string& name = this->name(field);
  FoldedName& names = folded_[static_cast<std::size_t>(field)];
  names.as_sent = folded(name);
  const bool may_be_escaped = field == NameField::kPath || field == NameField::kFileName;
  if (may_be_escaped && name.find('%') != std::string::npos) names.decoded = folded(percent_decoded(name));
}

bool Known::has_content_type() const {
  return transfer_.content != ContentType::kUnknown && (reasons_ & kCoded) == 0;
}

const std::string& Known::name(NameField field) const {
  switch (field) {
    case NameField::kHost:
      return host_;
    case NameField::kUser:
      return transfer_.facts.user;
    case NameField::kShare:
      return transfer_.facts.share;
    case NameField::kPath:
      return transfer_.facts.path;
    case NameField::kFileName:
      break;
  }
  return transfer_.facts.file_name;
}

Answer ask(const Condition& condition, const Known& known) {
  return std::visit(Asker(known), condition.test);
}

Answer ask(const PlaceTest& places, const Side& side, const Known& known, bool excuse) {
  const Truth truth = place_truth(places, side, known.policy(), excuse);
  if (truth != Truth::kUnknown) return Answer::of(truth == Truth::kYes);
  return known.opaque() != 0 ? Answer::hidden(known.opaque()) : Answer::open(Interest::kAccount);
}

Truth ask_addresses(const PlaceTest& places, const Side& side, const CompiledPolicy& policy) {
  return place_truth(places, side, policy, false);
}

Answer ask_protocol(ProtocolSet protocols, const Known& known) {
  const Protocol protocol = known.transfer().facts.protocol;
  if (protocols == 0 || (protocols & bit(protocol)) != 0) return Answer::of(true);
  const bool may_be_inside =
      protocol == Protocol::kUnknown || (protocol == Protocol::kTls && (protocols & kInsideTls) != 0);
  if (may_be_inside && known.opaque() != 0) return Answer::hidden(known.opaque());
  return Answer::of(false);
}

bool has_expired(const CompiledException& exception, const Known& known) {
  return exception.expires && known.now() >= *exception.expires;
}

Answer ask_exception(const CompiledException& exception, const Known& known) {
  return has_expired(exception, known) ? Answer::of(false) : ask_in_time(exception, known);
}

Answer ask_in_time(const CompiledException& exception, const Known& known) {
  Answer answer =
      both(ask(exception.from, known.sender(), known, true), ask(exception.to, known.receiver(), known, true));
  for (const Condition& name : exception.names) {
    if (answer.truth == Truth::kNo) break;
    answer = both(answer, ask(name, known));
  }
  return answer;
}

namespace {

/// All but contracts, `when` and what is counted.
Answer ask_ends(const CompiledRule& rule, const Known& known) {
  Answer answer = both(ask(rule.from, known.sender(), known, false), ask(rule.to, known.receiver(), known, false));
  if (answer.truth != Truth::kNo) answer = both(answer, ask_protocol(rule.protocols, known));
  for (const CompiledException& exception : rule.exceptions) {
    if (answer.truth == Truth::kNo) break;
    answer = both(answer, opposite(ask_exception(exception, known)));
  }
  return answer;
}

}  // namespace

Answer ask(const CompiledRule& rule, const Known& known) {
  const Answer question = ask_question(rule, known);
  return rule.count && question.truth != Truth::kNo ? both(question, ask_count(rule, known)) : question;
}

Answer ask_count(const CompiledRule& rule, const Known& known) {
  if (!known.has_tallies()) return uncounted(*rule.count, known);
  const Tally* const tally = known.tally(rule);
  if (tally == nullptr) return Answer::of(false);
  const auto most = static_cast<double>(rule.count->more_than);
  if (tally->sure > most) return Answer::of(true);
  if (tally->is_incomplete) return Answer::hidden(bit(NotInspected::kOverBudget));
  if (tally->sure + tally->possible <= most) return Answer::of(false);
  return {Truth::kUnknown, tally->reasons, tally->unlooked ? Interest::kContent : Interest::kNone, 0};
}

Answer ask_question(const CompiledRule& rule, const Known& known) {
  Answer answer = ask_ends(rule, known);
  for (const std::size_t contract : rule.contracts) {
    if (answer.truth == Truth::kNo) break;
    answer = both(answer, opposite(ask_permission(known.policy().contracts[contract], rule, known)));
  }
  return answer.truth == Truth::kNo ? answer : both(answer, ask(rule.when, known));
}

Answer ask_but_contracts(const CompiledRule& rule, const Known& known) {
  const Answer answer = ask_ends(rule, known);
  return answer.truth == Truth::kNo ? answer : both(answer, ask(rule.when, known));
}

std::uint64_t count_of(const CountTest& test, const Findings& findings) {
  const auto counts = [&test](const Detection& detection) { return detection.score >= test.score; };
  std::uint64_t count = 0;
  for_each_image(findings, [&](const ImageFindings& image) {
    const auto& detections = test.kind == FindingKind::kFace ? image.faces : image.plates;
    count += static_cast<std::uint64_t>(std::count_if(detections.begin(), detections.end(), counts));
  });
  return count;
}

ReasonSet reasons_of(const Findings& findings) {
  ReasonSet reasons = 0;
  for_each_image(findings, [&](const ImageFindings& image) { reasons |= reason_bit(image.not_inspected); });
  return reasons;
}

namespace {

/// The surer a match, the lower: itself, the whole picture by its distance, a part.
std::tuple<bool, bool, int> rank(const FingerprintMatch& match) {
  return {!match.exact, match.by_parts(), match.distance};
}

}  // namespace

const FingerprintMatch* nearest_match(const NearTest& test, const Findings& findings) {
  const FingerprintMatch* best = nullptr;
  for_each_image(findings, [&](const ImageFindings& image) {
    for (const FingerprintMatch& match : image.matches) {
      const bool near =
          match.exact || match.by_parts() || std::cmp_less_equal(match.distance, test.distance_max->value);
      if (match.set != test.set.value || !near) continue;
      if (best == nullptr || rank(match) < rank(*best)) best = &match;
    }
  });
  return best;
}

const CameraMatch* camera_of(const CameraTest& test, const Findings& findings) {
  const auto is_asked_for = [&test](const CameraMatch& match) {
    return test.cameras.empty() || std::any_of(test.cameras.begin(), test.cameras.end(),
                                               [&match](const auto& name) { return name.value == match.camera; });
  };
  const CameraMatch* first = nullptr;
  for_each_image(findings, [&](const ImageFindings& image) {
    const auto found = std::find_if(image.cameras.begin(), image.cameras.end(), is_asked_for);
    if (first == nullptr && found != image.cameras.end()) first = &*found;
  });
  return first;
}

const Glob* fitting(const NameTest& test, const Known& known) {
  const std::string_view name = known.folded_name(test.field);
  if (name.empty()) return nullptr;
  const std::string_view decoded = known.decoded_name(test.field);
  for (const Glob& glob : test.globs) {
    if (glob.matches_folded(name) || (!decoded.empty() && glob.matches_folded(decoded))) return &glob;
  }
  return nullptr;
}

}  // namespace sallyport::policy
