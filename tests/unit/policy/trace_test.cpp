// A trace tells how ask() came to its answer, and nothing else: there is no second truth.
#include "policy/trace.h"

#include <gtest/gtest.h>

#include <random>

#include "policy/evaluate.h"
#include "policy/loader.h"
#include "policy/trace_text.h"
#include "policy/values.h"

namespace sallyport::policy {
namespace {

/// The answer that the nodes of a trace add up to.
Answer folded(const TraceNode& node) {
  if (node.parts.empty()) return node.answer;
  if (node.key == "not") return opposite(folded(node.parts.front()));
  const bool any = node.key == "any";
  Answer answer = Answer::of(!any);
  for (const TraceNode& part : node.parts) {
    if (part.asked) answer = any ? either(answer, folded(part)) : both(answer, folded(part));
  }
  return answer;
}

Answer folded(const RuleTrace& trace) {
  Answer answer = Answer::of(true);
  for (const TraceNode& node : trace.conditions) {
    if (node.asked) answer = both(answer, is_exception(node) ? opposite(folded(node)) : folded(node));
  }
  return answer;
}

bool same(const Answer& a, const Answer& b) {
  return a.truth == b.truth && a.reasons == b.reasons && a.needs == b.needs && a.findings == b.findings;
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(engine_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <std::size_t N>
  std::string of(const char* const (&words)[N]) {
    return words[below(N)];
  }

 private:
  std::mt19937 engine_;
};

/// Policies and transfers that meet often enough to matter.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::string policy() {
    std::string text =
        "version: 1\nname: random\nnetworks:\n  a: {cidrs: [10.0.0.0/8]}\n"
        "  b: {cidrs: [10.1.0.0/16], hosts: [\"*.b.example\"]}\n"
        "  c: {hosts: [\"c.example\"], trust: hosts}\nfingerprints:\n  f: {file: f.spf}\n"
        "cameras: {one: {signs: [{make: a}]}, two: {signs: [{make: b}]}}\n"
        "conditions:\n  named: {faces: {}, size: {at_most: 3KiB}}\ncontractors:\n  k: {networks: [b, c]}\ncontracts:\n"
        "  - {name: one, contractor: k, purpose: x, from: [a], may_receive: [plates], expires: 2026-06-30}\n"
        "  - {name: two, contractor: k, purpose: x, may_receive: [images], starts: 2026-03-01, expires: 2027-06-30}\n"
        "rules:\n";
    for (std::size_t i = 0; i <= random_.below(4); ++i) text += rule(i);
    return text;
  }

  Transfer transfer() {
    Transfer made;
    TransferFacts& facts = made.facts;
    facts.sender.address = *IpAddress::parse(random_.of({"10.0.0.1", "10.1.0.1", "192.0.2.1"}));
    facts.receiver.address = *IpAddress::parse(random_.of({"10.0.0.2", "10.1.0.2", "198.51.100.1"}));
    facts.upload = random_.one_in(2);
    facts.protocol = static_cast<Protocol>(random_.below(7));
    if (random_.one_in(2)) facts.host = random_.of({"x.b.example", "c.example", "d.example"});
    if (random_.one_in(2)) facts.path = random_.of({"/in/1.jpg", "/out/2.png"});
    if (random_.one_in(2)) facts.user = random_.of({"ada", "bob"});
    if (random_.one_in(4)) facts.opaque = reason();
    if (random_.one_in(3)) made.not_inspected = reason();
    made.content = static_cast<ContentType>(random_.below(static_cast<std::size_t>(ContentType::kOther) + 1));
    if (random_.one_in(2)) made.content = ContentType::kJpeg;
    made.size = random_.below(4096);
    made.account.delivered = random_.below(2) * made.size;
    made.last_seen = *parse_moment(random_.of({"2026-01-01", "2026-05-01", "2027-01-01", "2028-01-01"}));
    made.evasions = random_.one_in(3) ? bit(Evasion::kTypeMismatch) : 0;
    made.ended = true;
    return made;
  }

  Findings findings() {
    Findings made;
    fill(made);
    for (std::size_t i = 0; random_.one_in(3) && i < 3; ++i) fill(made.parts.emplace_back());
    return made;
  }

 private:
  float score() { return 0.1F * static_cast<float>(random_.below(10)); }
  NotInspected reason() { return static_cast<NotInspected>(random_.below(kNotInspectedCount)); }

  void fill(ImageFindings& image) {
    image.looked_for = static_cast<FindingSet>(random_.below(16));
    for (std::size_t i = 0; i < random_.below(3); ++i) image.faces.push_back({{}, score()});
    for (std::size_t i = 0; i < random_.below(3); ++i) image.plates.push_back({{}, score()});
    if (random_.one_in(3)) image.matches.push_back({"f", "item", random_.one_in(4), int(random_.below(60))});
    if (random_.one_in(3)) image.cameras.push_back({random_.of({"one", "two"}), CameraSign::kExif});
    image.camera_unreadable = random_.one_in(5);
    if (random_.one_in(3)) image.not_inspected = reason();
  }

  std::string rule(std::size_t number) {
    std::string text = "  - {name: r" + std::to_string(number) + ", state: " + random_.of({"shadow", "alert", "block"});
    if (random_.one_in(2)) text += ", from: " + random_.of({"[a]", "[b]", "{not: [c]}"});
    if (random_.one_in(2)) text += ", to: " + random_.of({"[a, b]", "[c]", "{not: [b]}", "{any: [a], not: [b]}"});
    if (random_.one_in(3)) text += ", protocols: " + random_.of({"[http]", "[smb2, tls]"});
    if (random_.one_in(2)) text += ", exceptions: [{reason: why, " + exception() + "}, {reason: so, users: [ada]}]";
    if (random_.one_in(3)) text += ", permitted_by: " + random_.of({"any", "[one]", "[two]"});
    if (random_.one_in(2)) text += ", on_gap: block, on_deadline: allow, on_encrypted: block";
    return text + ", when: " + condition(3) + "}\n";
  }

  std::string exception() {
    return random_.of({"to: [b]", "to: [b], expires: 2026-03-31", "from: {not: [a]}, paths: [\"/in/*\"]",
                       "to: [c], users: [bob], paths: [\"/out/*\"]"});
  }

  std::string condition(std::size_t depth) {
    if (depth == 0 || random_.one_in(2)) return '{' + leaf() + (random_.one_in(3) ? ", users: [ada, bob]}" : "}");
    const std::string inner = condition(depth - 1);
    if (random_.one_in(3)) return "{not: " + inner + '}';
    return '{' + random_.of({"any", "all"}) + ": [" + inner + ", " + condition(depth - 1) + "]}";
  }

  std::string leaf() {
    return random_.of({"image: any", "image: {formats: [jpeg]}", "faces: {at_least: 2, score: 0.4}", "plates: {}",
                       "near: {set: f}", "camera: any", "camera: [two]", "size: {at_least: 1KiB, at_most: 3KiB}",
                       "hosts: [\"*.example\"]", "paths: [\"*.jpg\"]", "opened_by: sender", "evasion: any",
                       "not_inspected: [gap, encrypted]", "content: [zip, text]", "delivered: {at_least: 1KiB}",
                       "is: named"});
  }

  Random random_;
};

TEST(Trace, AddsUpToWhatAskAndEvaluateSay) {
  std::size_t checked = 0;
  for (unsigned seed = 0; seed < 1500; ++seed) {
    Maker maker(seed);
    const std::string text = maker.policy();
    const LoadResult loaded = load_policy_text(text, "random");
    if (loaded.policy == nullptr) continue;  // contradictions inside a random condition
    ++checked;
    const Transfer transfer = maker.transfer();
    const Findings findings = maker.findings();
    const Known known(loaded.policy->compiled(), transfer, &findings);
    const Verdict verdict = loaded.policy->evaluate(transfer, findings);
    std::vector<RuleMatch> matches;
    for (const CompiledRule& rule : loaded.policy->compiled().rules) {
      const RuleTrace traced = trace(rule, known);
      EXPECT_TRUE(same(folded(traced), ask(rule, known))) << text << to_text(traced, 0);
      EXPECT_EQ(deciding_path(traced).empty(), traced.answer.truth != Truth::kNo) << text << to_text(traced, 0);
      if (traced.match) matches.push_back(*traced.match);
    }
    ASSERT_EQ(matches.size(), verdict.matches.size()) << text;
    for (std::size_t i = 0; i < matches.size(); ++i) EXPECT_EQ(matches[i].reason, verdict.matches[i].reason);
  }
  EXPECT_GT(checked, 1000U);
}

}  // namespace
}  // namespace sallyport::policy
