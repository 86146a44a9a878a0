// docs/config-reference.md out of the table.
#include <algorithm>

#include "daemon/app/config.h"
#include "daemon/app/config_schema.h"
#include "policy/values.h"

namespace sallyport {
namespace {

std::string code(std::string_view text) {
  if (text.empty()) return "empty";
  std::string quoted = "`";
  quoted += text;
  return quoted += "`";
}

std::string number_text(ValueKind kind, std::uint64_t number) {
  if (kind == ValueKind::kSize) return policy::size_text(number);
  if (kind == ValueKind::kDuration) return policy::duration_text(std::chrono::milliseconds(number));
  return std::to_string(number);
}

std::string default_text(const ConfigKey& row, Config& defaults) {
  if (const auto* const text = std::get_if<TextTarget>(&row.target)) return code(*(*text)(defaults));
  if (const auto* const flag = std::get_if<FlagTarget>(&row.target)) return code(*(*flag)(defaults) ? "true" : "false");
  if (const auto* const duration = std::get_if<DurationTarget>(&row.target)) {
    return code(policy::duration_text(*(*duration)(defaults)));
  }
  return code(number_text(row.kind, *std::get<SizeTarget>(row.target)(defaults)));
}

std::string kind_text(const ConfigKey& row) {
  static constexpr std::string_view kWords[] = {
      "text", "path", "address:port or off", "number", "mark (decimal or 0x...)", "size", "time", "true or false"};
  std::string text(kWords[static_cast<std::size_t>(row.kind)]);
  if (std::holds_alternative<SizeTarget>(row.target) || std::holds_alternative<DurationTarget>(row.target)) {
    text += ", " + number_text(row.kind, row.least) + " to " + number_text(row.kind, row.most);
  }
  return text;
}

void append_row(std::string& text, std::string_view key, const std::string& kind, const std::string& standard,
                std::string_view help) {
  text += "| `" + std::string(key) + "` | " + kind + " | " + standard + " | " + std::string(help) + " |\n";
}

void append_section(std::string& text, const ConfigSection& section, Config& defaults) {
  text += "\n## " + (section.path.empty() ? std::string("Top level") : "`" + std::string(section.path) + "`") + "\n\n" +
          std::string(section.help) + "\n\n| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const ConfigChoice& row : config_choices()) {
    if (row.section != section.path) continue;
    std::string words;
    for (const std::string_view word : row.words) words += (words.empty() ? "" : ", ") + code(word);
    append_row(text, row.key, words, code(row.words[row.get(defaults)]), row.help);
  }
  for (const ConfigKey& row : config_keys()) {
    if (row.section == section.path) append_row(text, row.key, kind_text(row), default_text(row, defaults), row.help);
  }
}

}  // namespace

std::string config_document() {
  std::string text =
      "# sallyport.yaml\n\nRead strictly: unknown keys, keys given twice and values without their unit are errors, all "
      "of them\n"
      "reported at once. Relative paths are relative to the file. Made from `daemon/app/config_schema.cpp` by\n"
      "`sallyport-config-doc`; do not edit.\n";
  Config defaults;
  for (const ConfigSection& section : config_sections()) append_section(text, section, defaults);
  return text;
}

}  // namespace sallyport
