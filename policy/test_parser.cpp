#include <algorithm>
#include <utility>

#include "policy/parser.h"

namespace sallyport::policy {
namespace {

class TestParser {
 public:
  TestParser(const YamlNode& node, ReadContext& context)
      : node_(node), reader_(node, SectionId::kTest, context), context_(context) {}

  TestDocument parse() {
    test_.name = reader_.text("name").value_or(Located<std::string>{"", node_.place});
    check_name();
    test_.at = context_.diagnostics.locate(test_.name.place);
    const YamlNode* const transfer = reader_.find("transfer");
    const YamlNode* const expect = reader_.find("expect");
    const auto steps = reader_.sections("sequence");
    if (transfer != nullptr) test_.steps.push_back({parse_scenario(*transfer, context_), {}, 1, {}, {}});
    if (expect != nullptr) {
      ExpectDocument expected = parse_expect(*expect);
      if (!test_.steps.empty()) test_.steps.back().expect = std::move(expected);
    }
    for (const YamlNode* step : steps) test_.steps.push_back(parse_step(*step));
    check_shape(transfer, expect);
    set_times();
    return std::move(test_);
  }

 private:
  void error(Place place, std::string_view code, std::string message, Advice advice = {}) {
    context_.diagnostics.error(place, code, std::move(message), std::move(advice));
  }

  /// It stands in reports, a line each.
  void check_name() {
    const std::string& name = test_.name.value;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (name.size() <= kNameBytesMax && std::none_of(name.begin(), name.end(), is_control)) return;
    error(test_.name.place, "bad-name",
          "the name of a test is one line of up to " + std::to_string(kNameBytesMax) + " bytes");
  }

  void check_shape(const YamlNode* transfer, const YamlNode* expect) {
    const bool sequence = reader_.find("sequence") != nullptr;
    if (sequence && (transfer != nullptr || expect != nullptr)) {
      error((transfer != nullptr ? transfer : expect)->place, "wrong-type",
            "a test has transfer and expect, or a sequence of both, not all of them");
    }
    if (sequence || !context_.whole || node_.kind != YamlNode::Kind::kMapping) return;
    if (transfer == nullptr) error(node_.place, "missing-key", "a test needs the key 'transfer' or 'sequence'");
    if (expect == nullptr) error(node_.place, "missing-key", "a test needs the key 'expect'");
  }

  StepDocument parse_step(const YamlNode& node) {
    const SectionReader inside(node, SectionId::kStep, context_);
    const YamlNode* const transfer = inside.find("transfer");
    const YamlNode* const expect = inside.find("expect");
    StepDocument step;
    if (transfer != nullptr) step.scenario = parse_scenario(*transfer, context_);
    step.repeat = inside.integer("repeat")->value;
    step.every = inside.duration("every")->value;
    if (expect != nullptr) step.expect = parse_expect(*expect);
    return step;
  }

  ExpectDocument parse_expect(const YamlNode& node) {
    const SectionReader inside(node, SectionId::kExpect, context_);
    ExpectDocument expect;
    expect.at = context_.diagnostics.locate(node.place);
    if (const auto verdict = inside.word("verdict"))
      expect.verdict = {static_cast<Action>(verdict->value), verdict->place};
    if (const auto severity = inside.word("severity")) {
      expect.severity = {static_cast<Severity>(severity->value + 1), severity->place};
    }
    expect.rule = inside.name("rule");
    if (const YamlNode* const rules = inside.find("rules")) expect.rules = rule_names(*rules, inside);
    if (node.kind == YamlNode::Kind::kMapping && node.entries.empty()) {
      error(node.place, "empty-condition", "this expectation expects nothing",
            {"", "name verdict, rule, rules or severity"});
    }
    return expect;
  }

  /// Like SectionReader::names(), but an empty list says something: no rule matches.
  std::vector<Located<std::string>> rule_names(const YamlNode& node, const SectionReader& inside) {
    if (node.kind == YamlNode::Kind::kSequence && node.items.empty()) return {};
    return inside.names("rules");
  }

  void set_times() {
    Timestamp now = default_start();
    Timestamp begin = now;
    for (StepDocument& step : test_.steps) {
      const bool first = &step == &test_.steps.front();
      step.start = step.scenario.at ? *step.scenario.at : now + step.scenario.after;
      if (first) begin = step.start;
      const auto repeated = step.every * static_cast<std::int64_t>(step.repeat - 1);
      if (!first && step.start < now) {
        error(step.scenario.place, "out-of-range", "this transfer comes before the one above it");
      }
      if (std::chrono::floor<std::chrono::milliseconds>(step.start - begin) + repeated > kTestSpanMax) {
        error(step.scenario.place, "out-of-range", "this test takes more than twenty years");
        return;
      }
      now = step.start + repeated;
    }
  }

  static constexpr std::size_t kNameBytesMax = 200;

  const YamlNode& node_;
  SectionReader reader_;
  ReadContext& context_;
  TestDocument test_;
};

}  // namespace

TestDocument parse_test(const YamlNode& node, ReadContext& context) {
  return TestParser(node, context).parse();
}

}  // namespace sallyport::policy
