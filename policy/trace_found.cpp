#include "policy/trace_found.h"

#include <algorithm>
#include <functional>

#include "policy/diagnostic.h"
#include "policy/match_text.h"
#include "policy/schema.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kScoresShown = 5;

void add(std::string& list, std::string_view item) {
  if (!list.empty()) list += ", ";
  list += item;
}

std::string or_none(std::string list) {
  return list.empty() ? "none" : list;
}

std::string names_of(const NetworkSet& set, const CompiledPolicy& policy) {
  std::string names;
  for (std::size_t i = 0; i < policy.network_names.size(); ++i) {
    if (set.test(i)) add(names, policy.network_names[i]);
  }
  return names;
}

std::vector<float> scores_of(FindingKind kind, const Findings& findings) {
  std::vector<float> scores;
  for_each_image(findings, [&](const ImageFindings& image) {
    for (const Detection& detection : kind == FindingKind::kFace ? image.faces : image.plates) {
      scores.push_back(detection.score);
    }
  });
  std::sort(scores.begin(), scores.end(), std::greater<>());
  return scores;
}

/// What is there, whether the condition holds or not.
class Finder {
 public:
  explicit Finder(const Known& known) : known_(known), transfer_(known.transfer()) {}

  std::string operator()(const GroupTest&) const { return {}; }
  std::string operator()(const ContentTest&) const {
    return known_.has_content_type() ? std::string(to_string(transfer_.content)) : "unknown";
  }
  std::string operator()(const CountTest& test) const {
    if (known_.findings() == nullptr) return {};
    const std::vector<float> scores = scores_of(test.kind, *known_.findings());
    std::string text = std::to_string(count_of(test, *known_.findings()));
    if (scores.empty()) return text;
    std::string list;
    for (std::size_t i = 0; i < std::min(kScoresShown, scores.size()); ++i) add(list, score_text(scores[i]));
    return text + " of " + std::to_string(scores.size()) + " (scores " + list +
           (scores.size() > kScoresShown ? ", ...)" : ")");
  }
  std::string operator()(const NearTest& test) const {
    if (known_.findings() == nullptr) return {};
    NearTest anywhere = test;
    anywhere.distance_max = Located<std::uint64_t>{kPdqBits, {}};
    const FingerprintMatch* const match = nearest_match(anywhere, *known_.findings());
    if (match == nullptr) return "nothing of the set";
    if (match->exact) return quoted(match->item) + " itself";
    if (match->by_parts()) return quoted(match->item) + ' ' + part_text(*match);
    return quoted(match->item) + " at distance " + std::to_string(match->distance) + form_text(*match);
  }
  std::string operator()(const CameraTest&) const {
    if (known_.findings() == nullptr) return {};
    std::string cameras;
    for_each_image(*known_.findings(), [&cameras](const ImageFindings& image) {
      for (const CameraMatch& match : image.cameras) {
        add(cameras, match.camera + " by its " + std::string(to_string(match.sign)));
      }
    });
    return or_none(cameras);
  }
  std::string operator()(const SizeTest&) const { return size_text(transfer_.size); }
  std::string operator()(const DeliveredTest&) const { return size_text(transfer_.account.delivered); }
  std::string operator()(const NameTest& test) const {
    const std::string& name = known_.name(test.field);
    return name.empty() ? "no name" : quoted(name);
  }
  std::string operator()(const DigestTest&) const { return transfer_.sha256 ? to_hex(*transfer_.sha256) : "none"; }
  std::string operator()(const OpenedByTest&) const { return transfer_.facts.upload ? "sender" : "receiver"; }
  std::string operator()(const EvasionTest&) const {
    std::string words;
    for (const std::string_view word : to_strings(transfer_.evasions)) add(words, word);
    return or_none(words);
  }
  std::string operator()(const ReasonTest&) const {
    const Findings* const findings = known_.findings();
    return or_none(reasons_text(known_.reasons() | (findings == nullptr ? 0 : reasons_of(*findings))));
  }

 private:
  static constexpr std::uint64_t kPdqBits = 256;

  const Known& known_;
  const Transfer& transfer_;
};

}  // namespace

std::string found_text(const Condition& condition, const Known& known) {
  return std::visit(Finder(known), condition.test);
}

std::string found_text(const Side& side, const Endpoint& endpoint, const Known& known) {
  const CompiledPolicy& policy = known.policy();
  const std::string by_address = names_of(side.by_address, policy);
  std::string text =
      endpoint.address.to_string() + " in " + (by_address.empty() ? std::string("no network") : by_address);
  const NetworkSet claimed = side.by_host & ~side.by_address;
  if (claimed.none()) return text;
  text += "; by its host name in " + names_of(claimed, policy);
  const NetworkSet untrusted = claimed & ~policy.hosts_trusted;
  return untrusted.none() ? text : text + ", which does not excuse";
}

std::string wanted_text(const PlaceTest& places, const CompiledPolicy& policy) {
  const std::string any = '[' + names_of(places.any, policy) + ']';
  if (places.excluded.none()) return any;
  const std::string excluded = "not: [" + names_of(places.excluded, policy) + "]}";
  return places.any.none() ? '{' + excluded : "{any: " + any + ", " + excluded;
}

std::string received_text(ReceivedSet kinds) {
  const auto words = words_of(WordSet::kReceived);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if ((kinds & (1U << i)) != 0) add(text, words[i]);
  }
  return text;
}

std::string reasons_text(ReasonSet reasons) {
  std::string text;
  for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
    const auto reason = static_cast<NotInspected>(i);
    if ((reasons & bit(reason)) != 0) add(text, to_string(reason));
  }
  return text;
}

}  // namespace sallyport::policy
