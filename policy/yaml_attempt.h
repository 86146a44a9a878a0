// One try to read a piece of YAML; only yaml_source.cpp and yaml_recovery.cpp use it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/yaml_source.h"

namespace sallyport::policy {

struct YamlFault {
  Place place;
  std::string_view code;
  std::string message;
  Advice advice;
};

struct YamlAttempt {
  enum class Outcome : std::uint8_t {
    kRead,     ///< `root` is all of it
    kBroken,   ///< the last fault is one of syntax; parts of the text may still be readable
    kRefused,  ///< beyond a limit: not worth another try
  };

  Outcome outcome = Outcome::kRead;
  YamlNode root;
  std::vector<YamlFault> faults;
};

/// Reads `text`, whose first line is line `first_line` of the file with that number. The only function that calls
/// yaml-cpp.
YamlAttempt parse_yaml(const std::string& text, std::uint32_t first_line, std::uint32_t file);

/// Adds an entry unless its key is there already; then `faults` gets that.
void add_entry(YamlNode& mapping, YamlEntry entry, std::vector<YamlFault>& faults);

}  // namespace sallyport::policy
