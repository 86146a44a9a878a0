#include "policy/limits.h"
#include "policy/parser.h"

namespace sallyport::policy {
namespace {

/// Of transfers and images a number, of bytes a size; 1 where it is neither, which is reported.
std::uint64_t read_threshold(const SectionReader& reader, Counted what) {
  const YamlNode* const node = reader.find("more_than");
  if (node == nullptr || !reader.text("more_than")) return 1;
  const bool bytes = what == Counted::kBytes;
  const auto number = bytes ? parse_size(node->text) : parse_integer(node->text);
  if (!number) {
    ValueFault fault = number.error();
    if (!bytes && parse_size(node->text)) fault.message += ": a size is for 'what: bytes'";
    reader.report(*node, fault);
    return 1;
  }
  if (*number >= 1 && (bytes || *number <= limits::kCountThresholdMax)) return *number;
  const std::string range = bytes ? "1B or more" : "from 1 to " + std::to_string(limits::kCountThresholdMax);
  reader.report(*node, {"out-of-range", "'more_than' must be " + range + ", not " + quoted(node->text), {}});
  return 1;
}

}  // namespace

Counting parse_count(const YamlNode& node, ReadContext& context) {
  const SectionReader reader(node, SectionId::kCount, context);
  Counting counting;
  counting.place = node.place;
  const auto what = reader.word("what");
  if (what) counting.what = static_cast<Counted>(what->value);
  if (what) counting.more_than = read_threshold(reader, counting.what);
  const auto within = reader.duration("within");
  if (within) counting.within = within->value;
  counting.decaying = reader.word("kind")->value == 1;
  counting.by = reader.words("by");
  return counting;
}

BreakerLimit parse_breaker(const YamlNode& node, ReadContext& context) {
  const SectionReader reader(node, SectionId::kBreaker, context);
  const auto blocks = reader.integer("blocks");
  return {blocks ? blocks->value : 0, reader.duration("within")->value};
}

}  // namespace sallyport::policy
