#include <algorithm>
#include <array>
#include <utility>

#include "policy/definitions.h"
#include "policy/limits.h"
#include "policy/parser.h"

namespace sallyport::policy {
namespace {

class ConditionParser {
 public:
  ConditionParser(const SectionReader& reader, ReadContext& context) : reader_(reader), context_(context) {}

  std::vector<Condition> parts() {
    read_content();
    read_counts("faces", FindingKind::kFace);
    read_counts("plates", FindingKind::kPlate);
    read_near();
    read_camera();
    read_size();
    read_delivered();
    read_digests();
    for (Condition& name : parse_names(reader_)) parts_.push_back(std::move(name));
    read_signs();
    read_named();
    read_groups();
    return std::move(parts_);
  }

 private:
  template <class Test>
  void add(std::string_view key, Test test) {
    parts_.push_back({reader_.find(key)->place, std::move(test)});
  }

  void read_content() {
    const YamlNode* const image = reader_.find("image");
    if (image != nullptr && image->kind == YamlNode::Kind::kScalar && image->text == "any") {
      add("image", ContentTest{kAllImages, true});
    } else if (image != nullptr) {
      const SectionReader inside(*image, SectionId::kImage, context_);
      const ContentSet formats = inside.words("formats") << static_cast<unsigned>(ContentType::kJpeg);
      if (formats != 0) add("image", ContentTest{formats, true});
    }
    const ContentSet types = reader_.words("content");
    if (types != 0) add("content", ContentTest{types, false});
  }

  void read_counts(std::string_view key, FindingKind kind) {
    const YamlNode* const node = reader_.find(key);
    if (node == nullptr) return;
    const SectionReader inside(*node, SectionId::kDetections, context_);
    add(key, CountTest{kind, inside.integer("at_least")->value, inside.score("score")->value});
  }

  void read_near() {
    const YamlNode* const node = reader_.find("near");
    if (node == nullptr) return;
    const SectionReader inside(*node, SectionId::kNear, context_);
    auto set = inside.name("set");
    if (set) add("near", NearTest{std::move(*set), inside.integer("distance_max")});
  }

  void read_camera() {
    if (reader_.find("camera") == nullptr) return;
    CameraTest test{reader_.name_or_names("camera")};
    if (test.cameras.empty()) return;
    const auto is_any = [](const auto& name) { return name.value == kAnyCamera; };
    if (std::any_of(test.cameras.begin(), test.cameras.end(), is_any)) test.cameras.clear();
    add("camera", std::move(test));
  }

  void read_size() {
    const YamlNode* const node = reader_.find("size");
    if (node == nullptr) return;
    const SectionReader inside(*node, SectionId::kSize, context_);
    const auto at_least = inside.size("at_least");
    const auto at_most = inside.size("at_most");
    if (node->kind == YamlNode::Kind::kMapping && node->entries.empty()) {
      context_.diagnostics.error(node->place, "missing-key", "size needs at_least, at_most or both");
    }
    if (at_least && at_most && at_least->value > at_most->value) {
      context_.diagnostics.error(
          at_most->place, "never-true",
          "no size is at least " + size_text(at_least->value) + " and at most " + size_text(at_most->value));
    }
    SizeTest test;
    if (at_least) test.at_least = at_least->value;
    if (at_most) test.at_most = at_most->value;
    add("size", test);
  }

  void read_delivered() {
    const YamlNode* const node = reader_.find("delivered");
    if (node == nullptr) return;
    const SectionReader inside(*node, SectionId::kDelivered, context_);
    if (const auto at_least = inside.size("at_least")) add("delivered", DeliveredTest{at_least->value});
  }

  void read_digests() {
    DigestTest test;
    reader_.list("sha256", [&](const YamlNode& item) {
      const auto digest = sha256_from_hex(item.text);
      if (digest) test.digests.push_back(*digest);
      if (!digest)
        reader_.report(item, {"bad-value", quoted(item.text) + " is not a SHA-256 of 64 hexadecimal digits", {}});
    });
    if (!test.digests.empty()) add("sha256", std::move(test));
  }

  void read_signs() {
    const auto opened_by = reader_.word("opened_by");
    if (opened_by) add("opened_by", OpenedByTest{opened_by->value == 0});
    const EvasionSet evasions = reader_.words("evasion");
    if (evasions != 0) add("evasion", EvasionTest{evasions});
    const ReasonSet reasons = reader_.words("not_inspected");
    if (reasons != 0) add("not_inspected", ReasonTest{reasons});
  }

  void read_named() {
    for (const Located<std::string>& name : reader_.name_or_names("is")) {
      auto named = context_.definitions.condition(name, context_);
      if (named) parts_.push_back(std::move(*named));
    }
  }

  void read_groups() {
    for (const auto& [key, kind] : {std::pair{"all", GroupTest::Kind::kAll}, std::pair{"any", GroupTest::Kind::kAny}}) {
      GroupTest group{kind, {}};
      for (const YamlNode* part : reader_.sections(key)) group.parts.push_back(parse_condition(*part, context_));
      if (!group.parts.empty()) add(key, std::move(group));
    }
    const YamlNode* const negated = reader_.find("not");
    if (negated != nullptr) add("not", GroupTest{GroupTest::Kind::kNot, {parse_condition(*negated, context_)}});
  }

  const SectionReader& reader_;
  ReadContext& context_;
  std::vector<Condition> parts_;
};

}  // namespace

Condition parse_condition(const YamlNode& node, ReadContext& context) {
  const SectionReader reader(node, SectionId::kCondition, context);
  if (node.kind == YamlNode::Kind::kMapping && node.entries.empty()) {
    context.diagnostics.error(node.place, "empty-condition", "this condition asks nothing",
                              {"", "name at least one thing that must hold"});
  }
  return {node.place, GroupTest{GroupTest::Kind::kAll, ConditionParser(reader, context).parts()}};
}

std::vector<Condition> parse_names(const SectionReader& reader) {
  static constexpr std::array kFields{NameField::kHost, NameField::kUser, NameField::kShare, NameField::kPath,
                                      NameField::kFileName};
  std::vector<Condition> names;
  for (const NameField field : kFields) {
    NameTest test{field, {}};
    reader.list(key_of(field), [&](const YamlNode& item) {
      if (item.text.empty() || item.text.size() > limits::kPolicyGlobBytesMax) {
        reader.report(item,
                      {"bad-glob", "a pattern has 1 to " + std::to_string(limits::kPolicyGlobBytesMax) + " bytes", {}});
      } else {
        test.globs.emplace_back(item.text);
      }
    });
    if (!test.globs.empty()) names.push_back({reader.find(key_of(field))->place, std::move(test)});
  }
  return names;
}

}  // namespace sallyport::policy
