// The one table of sallyport.yaml: key, kind, bounds, meaning and where the value goes. config.cpp reads by it; the
// reference is printed from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/app/config.h"

namespace sallyport {

/// Where a value goes in a Config; the alternative says how its text is read. Words are set through a function.
using TextTarget = std::string* (*)(Config&);
using SizeTarget = std::uint64_t* (*)(Config&);
using FlagTarget = bool* (*)(Config&);
using DurationTarget = std::chrono::milliseconds* (*)(Config&);
using ConfigTarget = std::variant<TextTarget, SizeTarget, FlagTarget, DurationTarget>;

enum class ValueKind : std::uint8_t {
  kText,
  kPath,    ///< relative to the configuration file
  kListen,  ///< "address:port", or "off"
  kInteger,
  kMark,      ///< decimal, or hexadecimal with 0x
  kSize,      ///< with unit
  kDuration,  ///< with unit
  kFlag,      ///< true or false
};

struct ConfigKey {
  std::string_view section;  ///< "", "front_end.tap", ...
  std::string_view key;
  ValueKind kind;
  ConfigTarget target;
  std::uint64_t least;  ///< bytes of a text, milliseconds of a duration
  std::uint64_t most;
  std::string_view help;
};

/// A key with a fixed set of words.
struct ConfigChoice {
  std::string_view section;
  std::string_view key;
  std::span<const std::string_view> words;
  void (*set)(Config& config, std::size_t word);
  std::size_t (*get)(const Config& config);
  std::string_view help;
};

std::span<const ConfigKey> config_keys();
std::span<const ConfigChoice> config_choices();
/// Words of events.sinks[].kind, in the order of SinkKind.
std::span<const std::string_view> sink_words();
/// "", "front_end", "front_end.tap", ... in the order of the reference, with a sentence each.
struct ConfigSection {
  std::string_view path;
  std::string_view help;
};
std::span<const ConfigSection> config_sections();

}  // namespace sallyport
