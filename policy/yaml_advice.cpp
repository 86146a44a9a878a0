#include "policy/yaml_advice.h"

#include <array>
#include <string>

namespace sallyport::policy {
namespace {

struct Reason {
  std::string_view part;  ///< of what yaml-cpp says
  std::string_view hint;
};
constexpr std::array<Reason, 3> kReasons{{
    {"illegal map value", "a value that holds ': ' must stand in quotes"},
    {"unknown escape character", "in double quotes '\\' begins an escape: write '\\\\', or use single quotes"},
    {"end of map not found", "check the indentation: this line belongs to nothing above it"},
}};

/// Characters that mean something to YAML where a value begins.
constexpr std::string_view kIndicators = "*%@`";

/// The value at the start of `text`, up to what ends it in a list.
std::string_view value_at(std::string_view text) {
  return text.substr(0, text.find_first_of(",]} "));
}

}  // namespace

void explain_syntax(std::string_view line, YamlFault& fault) {
  const std::size_t begin = fault.place.column - 1;
  if (begin < line.size() && kIndicators.find(line[begin]) != std::string_view::npos) {
    const std::string_view value = value_at(line.substr(begin));
    fault.place.width = static_cast<std::uint32_t>(value.size());
    fault.message = std::string("a value that begins with '") + line[begin] + "' must stand in quotes";
    fault.advice = {'"' + std::string(value) + '"', ""};
    return;
  }
  for (const Reason& reason : kReasons) {
    if (fault.message.find(reason.part) != std::string::npos) fault.advice.hint = std::string(reason.hint);
  }
}

}  // namespace sallyport::policy
