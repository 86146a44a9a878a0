#include "policy/counterfactual.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

#include "policy/ask.h"
#include "policy/evaluate.h"
#include "policy/group_windows.h"
#include "policy/scenario_place.h"
#include "policy/trace_found.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kTriesMax = 4000;  // each asks all rules once
// How far changes are that have no measure of their own: what a sender can easily do otherwise is near.
constexpr double kOtherName = 2;
constexpr double kOtherPlace = 2;
constexpr double kOtherWay = 3;
constexpr double kOtherObject = 4;
constexpr double kHidden = 5;

std::string number(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun);
}

class FactSearch {
 public:
  FactSearch(const CompiledPolicy& policy, const PolicyDocument& document, const PlayedTransfer& played,
             const Memory& memory)
      : policy_(policy),
        document_(document),
        played_(played),
        memory_(memory),
        known_(policy, played.transfer, &played.findings),
        action_(evaluate(policy, played.transfer, played.findings, memory_).action) {}

  std::vector<Change> search() {
    for (const CompiledRule& rule : policy_.rules) {
      for_each_condition(rule.when, [this](const Condition& condition) { std::visit(*this, condition.test); });
      for (const CompiledException& exception : rule.exceptions) {
        for (const Condition& name : exception.names) std::visit(*this, name.test);
        if (exception.expires) try_time(*exception.expires);
      }
      for (const std::size_t contract : rule.contracts) try_contract(policy_.contracts[contract], rule);
      if (rule.protocols != 0) try_protocol(rule.protocols);
      if (rule.count) try_count(rule);
    }
    try_places();
    try_content(ContentType::kJpeg);
    try_content(ContentType::kText);
    try_opener();
    try_inspection();
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Change& a, const Change& b) { return a.distance < b.distance; });
    return std::move(found_);
  }

  void operator()(const GroupTest&) {}
  void operator()(const ContentTest& test) {
    for (unsigned i = 0; i <= static_cast<unsigned>(ContentType::kOther); ++i) {
      const auto type = static_cast<ContentType>(i);
      if ((test.types & bit(type)) != 0) return try_content(type);
    }
  }

  void operator()(const CountTest& test) {
    const std::string what = (test.kind == FindingKind::kFace ? "faces" : "plates") + std::string(" with score ") +
                             score_text(test.score) + " or more";
    const std::uint64_t now = count_of(test, played_.findings);
    if (now >= test.at_least) {
      const std::uint64_t surplus = now - test.at_least + 1;
      try_fewer(test, surplus, "it had " + number(surplus, "fewer of ") + what);
    } else {
      const std::uint64_t lacking = test.at_least - now;
      try_more(test, lacking, "it had " + number(lacking, "more of ") + what);
      try_raised(test, lacking);
    }
  }

  void operator()(const NearTest& test) {
    PlayedTransfer changed = played_;
    const auto most = static_cast<int>(test.distance_max->value);
    const FingerprintMatch* const match = nearest_match(test, played_.findings);
    changed.findings.looked_for |= bit(FindingKind::kFingerprint);
    if (match != nullptr) {
      each_image(changed.findings, [&test](ImageFindings& image) {
        std::erase_if(image.matches, [&test](const FingerprintMatch& one) { return one.set == test.set.value; });
      });
      attempt("it were further than " + number(test.distance_max->value, "bits") + " from all of " + test.set.value,
              match->exact || match->by_parts() ? kOtherObject : (most + 1 - match->distance) / 31.0, changed);
    } else {
      changed.findings.matches.push_back({test.set.value, "image", false, most});
      attempt("it were within " + number(test.distance_max->value, "bits") + " of an image of " + test.set.value,
              kOtherWay, changed);
    }
  }

  void operator()(const CameraTest& test) {
    PlayedTransfer changed = played_;
    changed.findings.looked_for |= bit(FindingKind::kCamera);
    if (camera_of(test, played_.findings) != nullptr) {
      each_image(changed.findings, [](ImageFindings& image) { image.cameras.clear(); });
      attempt("it were from none of our cameras", kOtherObject, changed);
      return;
    }
    const bool any = test.cameras.empty();
    const std::string camera = any ? policy_.cameras.front().name : test.cameras.front().value;
    changed.findings.cameras.push_back({camera, CameraSign::kExif});
    attempt("it were from camera " + camera, kOtherObject, changed);
  }

  void operator()(const SizeTest& test) {
    if (test.at_least) try_sizes(*test.at_least);
    if (test.at_most) try_sizes(*test.at_most + 1);
  }

  void operator()(const DeliveredTest& test) {
    PlayedTransfer changed = played_;
    const bool enough = played_.transfer.account.delivered >= test.at_least;
    changed.transfer.account.delivered = enough ? test.at_least - 1 : test.at_least;
    attempt((enough ? "less than " : "") + size_text(test.at_least) + (enough ? "" : " or more") +
                " of it had left before the verdict",
            kOtherWay, changed);
  }

  void operator()(const NameTest& test) {
    static constexpr std::array<std::string_view, 5> kNames{"host", "user", "share", "path", "file name"};
    const std::string field(kNames[static_cast<std::size_t>(test.field)]);
    const Glob* const fits = fitting(test, known_);
    PlayedTransfer changed = played_;
    if (fits != nullptr) {
      name_of(changed.transfer, test.field).clear();
      attempt("its " + field + " did not fit '" + fits->pattern() + '\'', kOtherName, changed);
      return;
    }
    const std::string& pattern = test.globs.front().pattern();
    name_of(changed.transfer, test.field) = fitting_name(pattern);
    attempt("its " + field + " fitted '" + pattern + '\'', kOtherName, changed);
  }

  void operator()(const DigestTest& test) {
    PlayedTransfer changed = played_;
    const auto& listed = test.digests;
    const bool is_listed =
        played_.transfer.sha256 && std::count(listed.begin(), listed.end(), *played_.transfer.sha256);
    changed.transfer.sha256 = is_listed ? Sha256::of(as_byte_span("another object")) : listed.front();
    attempt(is_listed ? "it were another object than the one listed under sha256" : "it were listed under sha256",
            kOtherObject, changed);
  }

  void operator()(const OpenedByTest&) {}
  void operator()(const EvasionTest& test) {
    PlayedTransfer changed = played_;
    const EvasionSet shown = played_.transfer.evasions & test.evasions;
    const EvasionSet lowest = test.evasions & (~test.evasions + 1);
    changed.transfer.evasions = shown != 0 ? played_.transfer.evasions & ~shown : played_.transfer.evasions | lowest;
    const std::string word(to_strings(shown != 0 ? shown : lowest).front());
    attempt(shown != 0 ? "it did not show " + word : "it showed " + word, kOtherWay, changed);
  }

  void operator()(const ReasonTest&) {}

 private:
  void attempt(const std::string& words, double distance, const PlayedTransfer& changed) {
    if (tried_.size() >= kTriesMax || !tried_.insert(words).second) return;
    const Action action = evaluate(policy_, changed.transfer, changed.findings, memory_).action;
    if (action != action_) found_.push_back({words, action, distance});
  }

  /// As many before it as bring its group over the threshold.
  void try_count(const CompiledRule& rule) {
    std::vector<Known> pairs = pairs_of(policy_, played_.transfer, played_.findings);
    memory_.look(pairs);
    const Tally* const tally = pairs.front().tally(rule);
    const auto most = static_cast<double>(rule.count->more_than);
    if (tally == nullptr || tally->sure > most) return;
    const auto lacking = static_cast<std::uint64_t>(most - tally->sure) + 1;
    const std::string group = group_text(*rule.count, pairs.front());
    Tally over = *tally;
    over.sure = most + 1;
    pairs.front().set_tally(rule, over);
    const Action action = verdict_of(pairs).action;
    if (action == action_) return;
    found_.push_back({number(lacking, "more ") + std::string(noun(rule.count->what)) + " had passed within " +
                          duration_text(rule.count->within) + " before it" + (group.empty() ? "" : " (" + group + ')'),
                      action, static_cast<double>(lacking)});
  }

  template <class Visit>
  static void each_image(Findings& findings, const Visit& visit) {
    visit(static_cast<ImageFindings&>(findings));
    for (Part& part : findings.parts) visit(static_cast<ImageFindings&>(part));
  }

  static std::vector<Detection>& detections(ImageFindings& image, FindingKind kind) {
    return kind == FindingKind::kFace ? image.faces : image.plates;
  }

  /// Takes out the weakest that count.
  void try_fewer(const CountTest& test, std::uint64_t surplus, const std::string& words) {
    PlayedTransfer changed = played_;
    for (std::uint64_t i = 0; i < surplus; ++i) {
      Detection* weakest = nullptr;
      each_image(changed.findings, [&](ImageFindings& image) {
        for (Detection& detection : detections(image, test.kind)) {
          if (detection.score >= test.score && (weakest == nullptr || detection.score < weakest->score)) {
            weakest = &detection;
          }
        }
      });
      if (weakest != nullptr) weakest->score = -1;
    }
    attempt(words, static_cast<double>(surplus), changed);
  }

  void try_more(const CountTest& test, std::uint64_t lacking, const std::string& words) {
    PlayedTransfer changed = played_;
    changed.findings.looked_for |= bit(test.kind);
    auto& all = detections(changed.findings, test.kind);
    all.insert(all.end(), lacking, Detection{{}, std::max(test.score, 1.0F)});
    attempt(words, static_cast<double>(lacking), changed);
  }

  /// Lifts the strongest of those that do not count.
  void try_raised(const CountTest& test, std::uint64_t lacking) {
    PlayedTransfer changed = played_;
    std::vector<Detection*> below;
    each_image(changed.findings, [&](ImageFindings& image) {
      for (Detection& detection : detections(image, test.kind)) {
        if (detection.score < test.score) below.push_back(&detection);
      }
    });
    if (below.size() < lacking) return;
    std::sort(below.begin(), below.end(), [](const Detection* a, const Detection* b) { return a->score > b->score; });
    double lift = 0;
    std::string words = "the score of ";
    for (std::uint64_t i = 0; i < lacking; ++i) {
      words += (i == 0 ? "" : ", ") + score_text(below[i]->score);
      lift += static_cast<double>(test.score - below[i]->score);
      below[i]->score = test.score;
    }
    attempt(
        words + " for " + (test.kind == FindingKind::kFace ? "faces" : "plates") + " were " + score_text(test.score),
        lift, changed);
  }

  /// `threshold`: from here on it is large.
  void try_sizes(std::uint64_t threshold) {
    PlayedTransfer changed = played_;
    const std::uint64_t now = played_.transfer.size;
    const bool grows = now < threshold;
    if (!grows && threshold == 0) return;
    changed.transfer.size = grows ? threshold : threshold - 1;
    const double steps =
        std::abs(std::log2(static_cast<double>(changed.transfer.size) + 1) - std::log2(static_cast<double>(now) + 1));
    attempt(grows ? "it had " + size_text(threshold) + " or more" : "it had less than " + size_text(threshold),
            0.5 + steps, changed);
  }

  static std::string& name_of(Transfer& transfer, NameField field) {
    TransferFacts& facts = transfer.facts;
    std::string* const names[] = {&facts.host, &facts.user, &facts.share, &facts.path, &facts.file_name};
    return *names[static_cast<std::size_t>(field)];
  }

  static std::string fitting_name(const std::string& pattern) {
    std::string name;
    for (const char c : pattern) {
      if (c != '*') name += c == '?' ? 'x' : c;
    }
    return name.empty() ? "x" : name;
  }

  void try_places() {
    for (const bool receiver : {true, false}) {
      const std::string who = receiver ? "the receiver were in " : "the sender were in ";
      const Side& side = receiver ? known_.receiver() : known_.sender();
      for (std::size_t i = 0; i < document_.networks.size(); ++i) {
        const std::string& network = document_.networks[i].name.value;
        const auto address = address_for(network, document_.networks);
        if (!side.by_address.test(i) && address) try_address(receiver, *address, who + network);
      }
      const auto outside = address_outside(document_.networks);
      if (side.by_address.any() && outside) try_address(receiver, *outside, who + "none of the networks");
    }
  }

  void try_address(bool receiver, const IpAddress& address, const std::string& words) {
    PlayedTransfer changed = played_;
    TransferFacts& facts = changed.transfer.facts;
    (receiver ? facts.receiver : facts.sender).address = address;
    attempt(words + ", such as " + address.to_string(), kOtherPlace, changed);
  }

  void try_content(ContentType type) {
    if (known_.has_content_type() && played_.transfer.content == type) return;
    PlayedTransfer changed = played_;
    changed.transfer.content = type;
    attempt("its content were " + std::string(to_string(type)), kOtherWay, changed);
  }

  void try_protocol(ProtocolSet protocols) {
    for (unsigned i = 0; i <= static_cast<unsigned>(Protocol::kUnknown); ++i) {
      const auto protocol = static_cast<Protocol>(i);
      const bool inside = (protocols & bit(played_.transfer.facts.protocol)) != 0;
      if (inside == ((protocols & bit(protocol)) != 0)) continue;
      PlayedTransfer changed = played_;
      changed.transfer.facts.protocol = protocol;
      return attempt("it came over " + std::string(to_string(protocol)), kOtherWay, changed);
    }
  }

  void try_opener() {
    PlayedTransfer changed = played_;
    changed.transfer.facts.upload = !changed.transfer.facts.upload;
    attempt(changed.transfer.facts.upload ? "the sender had opened the connection"
                                          : "the receiver had opened the connection",
            kOtherWay, changed);
  }

  void try_contract(const CompiledContract& contract, const CompiledRule& rule) {
    try_time(contract.expires);
    if (contract.starts && known_.now() < *contract.starts) {
      PlayedTransfer changed = played_;
      changed.transfer.last_seen = *contract.starts;
      attempt("it came on " + begin_text(*contract.starts), kOtherWay, changed);
    }
    (*this)(CountTest{FindingKind::kFace, 1, rule.faces_from});
    (*this)(CountTest{FindingKind::kPlate, 1, rule.plates_from});
    for (const Condition& set : std::get<GroupTest>(policy_.any_registered.test).parts) std::visit(*this, set.test);
  }

  /// `end`: from then on something is over.
  void try_time(Timestamp end) {
    PlayedTransfer changed = played_;
    const bool is_over = known_.now() >= end;
    changed.transfer.last_seen = is_over ? end - Duration(1) : end;
    attempt((is_over ? "it came before the end of " : "it came after ") + end_text(end), kOtherWay, changed);
  }

  void try_inspection() {
    const ReasonSet reasons = known_.reasons() | reasons_of(played_.findings);
    if (reasons != 0) {
      PlayedTransfer changed = played_;
      changed.transfer.facts.opaque.reset();
      changed.transfer.not_inspected.reset();
      each_image(changed.findings, [](ImageFindings& image) { image.not_inspected.reset(); });
      changed.findings.looked_for = kAllFindings;
      attempt("it had been inspected, and nothing more were in it", 1, changed);
      return;
    }
    for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
      PlayedTransfer changed = played_;
      const auto reason = static_cast<NotInspected>(i);
      const bool hides = reason == NotInspected::kEncrypted;
      if (hides) changed.transfer.content = ContentType::kUnknown;
      (hides ? changed.transfer.facts.opaque : changed.transfer.not_inspected) = reason;
      changed.findings = Findings();
      attempt("it could not be inspected: " + std::string(to_string(reason)), kHidden, changed);
    }
  }

  const CompiledPolicy& policy_;
  const PolicyDocument& document_;
  const PlayedTransfer& played_;
  const Memory& memory_;
  const Known known_;
  const Action action_;
  std::set<std::string> tried_;
  std::vector<Change> found_;
};

}  // namespace

std::vector<Change> flips_of_facts(const CompiledPolicy& policy, const PolicyDocument& document,
                                   const PlayedTransfer& played, const Memory& memory) {
  return FactSearch(policy, document, played, memory).search();
}

}  // namespace sallyport::policy
