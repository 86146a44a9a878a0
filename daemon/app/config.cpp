#include "daemon/app/config.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/app/config_schema.h"
#include "daemon/base/check.h"
#include "policy/suggest.h"
#include "policy/values.h"
#include "policy/yaml_source.h"

namespace sallyport {
namespace {

using policy::Diagnostics;
using policy::Place;
using policy::ValueFault;
using policy::YamlEntry;
using policy::YamlNode;

constexpr std::size_t kConfigBytesMax = 1 << 20;  // a configuration has a few hundred lines
constexpr std::size_t kSinksMax = 8;              // each gets every event

std::string path_of(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : std::string(section) + "." + std::string(key);
}

/// What is allowed in a section: keys, choices and sections below it.
std::vector<std::string_view> known_in(std::string_view section) {
  std::vector<std::string_view> known;
  for (const ConfigKey& row : config_keys()) {
    if (row.section == section) known.push_back(row.key);
  }
  for (const ConfigChoice& row : config_choices()) {
    if (row.section == section) known.push_back(row.key);
  }
  for (const ConfigSection& row : config_sections()) {
    const std::size_t dot = row.path.rfind('.');
    const std::string_view parent = dot == std::string_view::npos ? std::string_view() : row.path.substr(0, dot);
    if (!row.path.empty() && parent == section) known.push_back(row.path.substr(dot + 1));
  }
  if (section == "events") known.push_back("sinks");
  return known;
}

template <class Row>
const Row* find_row(std::span<const Row> rows, std::string_view section, std::string_view key) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.section == section && row.key == key; });
  return found == rows.end() ? nullptr : &*found;
}

policy::ValueResult<std::uint64_t> parse_mark(std::string_view text) {
  if (!text.starts_with("0x")) return policy::parse_integer(text);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  if (error == std::errc() && end == text.data() + text.size() && text.size() > 2) return value;
  return tl::unexpected(ValueFault{"bad-number", policy::quoted(text) + " is no hexadecimal number", {}});
}

/// "address:port" with a literal address.
bool is_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view address = text.substr(0, colon);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  const auto port = policy::parse_integer(text.substr(colon + 1));
  return port && *port <= 65535 && IpAddress::parse(address).has_value();
}

class ConfigReader {
 public:
  ConfigReader(Config& config, Diagnostics& diagnostics, std::string folder)
      : config_(config), diagnostics_(diagnostics), folder_(std::move(folder)) {}

  void section(std::string_view path, const YamlNode& node);
  void finish();

 private:
  void entry(std::string_view section, const YamlEntry& entry);
  void unknown(std::string_view section, const YamlEntry& entry);
  void value(const ConfigKey& row, const YamlNode& node);
  void choice(const ConfigChoice& row, const YamlNode& node);
  void text(const ConfigKey& row, const YamlNode& node);
  void number(const ConfigKey& row, const YamlNode& node);
  void flag(const ConfigKey& row, const YamlNode& node);
  void duration(const ConfigKey& row, const YamlNode& node);
  void sinks(const YamlNode& node);
  void sink(const YamlNode& node);
  bool is_scalar(const YamlNode& node, std::string_view what);
  bool in_range(const ConfigKey& row, const YamlNode& node, std::uint64_t number);
  std::size_t word(std::span<const std::string_view> words, const YamlNode& node, std::string_view what);
  void report(const YamlNode& node, const ValueFault& fault) {
    diagnostics_.error(node.place, fault.code, fault.message, {fault.suggestion, {}});
  }
  std::string resolved(const std::string& path) const {
    return path.empty() ? path : (std::filesystem::path(folder_) / path).lexically_normal().string();
  }

  Config& config_;
  Diagnostics& diagnostics_;
  std::string folder_;
  Place sinks_place_;
};

void ConfigReader::section(std::string_view path, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kNull) return;
  if (node.kind != YamlNode::Kind::kMapping) {
    const std::string name = path.empty() ? "the file" : policy::quoted(path);
    diagnostics_.error(node.place, "wrong-type",
                       name + " must be a mapping of keys, not " + std::string(policy::describe(node.kind)));
    return;
  }
  for (const YamlEntry& each : node.entries) entry(path, each);
}

void ConfigReader::entry(std::string_view path, const YamlEntry& entry) {
  if (path == "events" && entry.key == "sinks") return sinks(entry.value);
  if (const ConfigKey* const row = find_row(config_keys(), path, entry.key)) return value(*row, entry.value);
  if (const ConfigChoice* const row = find_row(config_choices(), path, entry.key)) return choice(*row, entry.value);
  const std::string below = path_of(path, entry.key);
  for (const ConfigSection& row : config_sections()) {
    if (row.path == below) return section(row.path, entry.value);
  }
  unknown(path, entry);
}

void ConfigReader::unknown(std::string_view path, const YamlEntry& entry) {
  const std::string where = path.empty() ? std::string() : " in " + policy::quoted(path);
  diagnostics_.error(entry.key_place, "unknown-key", "unknown key " + policy::quoted(entry.key) + where,
                     {policy::nearest(entry.key, known_in(path)), {}});
}

bool ConfigReader::is_scalar(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::kScalar) return true;
  diagnostics_.error(node.place, "wrong-type",
                     policy::quoted(what) + " must be a single value, not " + std::string(policy::describe(node.kind)));
  return false;
}

void ConfigReader::value(const ConfigKey& row, const YamlNode& node) {
  if (!is_scalar(node, row.key)) return;
  if (std::holds_alternative<TextTarget>(row.target)) return text(row, node);
  if (std::holds_alternative<FlagTarget>(row.target)) return flag(row, node);
  if (std::holds_alternative<DurationTarget>(row.target)) return duration(row, node);
  number(row, node);
}

bool ConfigReader::in_range(const ConfigKey& row, const YamlNode& node, std::uint64_t number) {
  if (number >= row.least && number <= row.most) return true;
  const auto shown = [&](std::uint64_t bound) {
    if (row.kind == ValueKind::kSize) return policy::size_text(bound);
    if (row.kind == ValueKind::kDuration) return policy::duration_text(std::chrono::milliseconds(bound));
    return std::to_string(bound);
  };
  const bool is_text = std::holds_alternative<TextTarget>(row.target);
  diagnostics_.error(node.place, "out-of-range",
                     policy::quoted(row.key) + " must " + (is_text ? "have " : "be ") + shown(row.least) + " to " +
                         shown(row.most) + (is_text ? " bytes" : ""));
  return false;
}

void ConfigReader::text(const ConfigKey& row, const YamlNode& node) {
  if (!in_range(row, node, node.text.size())) return;
  std::string& target = *std::get<TextTarget>(row.target)(config_);
  target = row.kind == ValueKind::kPath ? resolved(node.text) : node.text;
  if (row.kind != ValueKind::kListen) return;
  if (node.text == "off") {
    target.clear();
  } else if (!is_listen_address(node.text)) {
    diagnostics_.error(node.place, "bad-address", policy::quoted(node.text) + " is not an address and a port",
                       {{}, "write 127.0.0.1:9464, [::1]:9464 or off"});
  }
}

void ConfigReader::number(const ConfigKey& row, const YamlNode& node) {
  const auto parse = row.kind == ValueKind::kSize   ? policy::parse_size
                     : row.kind == ValueKind::kMark ? parse_mark
                                                    : policy::parse_integer;
  const auto parsed = parse(node.text);
  if (!parsed) return report(node, parsed.error());
  if (in_range(row, node, *parsed)) *std::get<SizeTarget>(row.target)(config_) = *parsed;
}

void ConfigReader::flag(const ConfigKey& row, const YamlNode& node) {
  static constexpr std::string_view kFlags[] = {"false", "true"};
  const std::size_t index = word(kFlags, node, row.key);
  if (index < 2) *std::get<FlagTarget>(row.target)(config_) = index == 1;
}

void ConfigReader::duration(const ConfigKey& row, const YamlNode& node) {
  const auto parsed = policy::parse_duration(node.text);
  if (!parsed) return report(node, parsed.error());
  if (!in_range(row, node, static_cast<std::uint64_t>(parsed->count()))) return;
  *std::get<DurationTarget>(row.target)(config_) = *parsed;
}

/// The index of the word, or the number of words where it is none of them.
std::size_t ConfigReader::word(std::span<const std::string_view> words, const YamlNode& node, std::string_view what) {
  const auto found = std::find(words.begin(), words.end(), node.text);
  if (found == words.end()) {
    std::string list;
    for (const std::string_view each : words) list += (list.empty() ? "" : ", ") + std::string(each);
    diagnostics_.error(node.place, "unknown-word",
                       "unknown value " + policy::quoted(node.text) + " for " + policy::quoted(what),
                       {policy::nearest(node.text, words), "one of: " + list});
  }
  return static_cast<std::size_t>(found - words.begin());
}

void ConfigReader::choice(const ConfigChoice& row, const YamlNode& node) {
  if (!is_scalar(node, row.key)) return;
  const std::size_t index = word(row.words, node, row.key);
  if (index < row.words.size()) row.set(config_, index);
}

void ConfigReader::sinks(const YamlNode& node) {
  sinks_place_ = node.place;
  if (node.kind != YamlNode::Kind::kSequence || node.items.size() > kSinksMax) {
    diagnostics_.error(node.place, "wrong-type",
                       "'sinks' must be a list of at most " + std::to_string(kSinksMax) + " mappings");
    return;
  }
  for (const YamlNode& item : node.items) sink(item);
}

void ConfigReader::sink(const YamlNode& node) {
  static constexpr std::string_view kKeys[] = {"kind", "path"};
  SinkSettings settings;
  bool has_kind = false;
  for (const YamlEntry& each : node.entries) {
    if (each.key != "kind" && each.key != "path") {
      diagnostics_.error(each.key_place, "unknown-key", "unknown key " + policy::quoted(each.key) + " in a sink",
                         {policy::nearest(each.key, kKeys), {}});
    } else if (is_scalar(each.value, each.key) && each.key == "path") {
      settings.path = resolved(each.value.text);
    } else if (each.key == "kind") {
      has_kind = true;
      const std::size_t index = word(sink_words(), each.value, each.key);
      settings.kind = static_cast<SinkKind>(std::min(index, sink_words().size() - 1));
    }
  }
  if (!has_kind) diagnostics_.error(node.place, "missing-key", "a sink needs a 'kind'");
  if (has_kind && (settings.kind == SinkKind::kFile) == settings.path.empty()) {
    diagnostics_.error(node.place, "bad-sink", "a sink has a 'path' exactly where its kind is 'file'");
  }
  config_.events.sinks.push_back(std::move(settings));
}

/// What one key alone cannot show.
void ConfigReader::finish() {
  const FrontEndSettings& front_end = config_.front_end;
  if (front_end.kind == FrontEndKind::kPcap && front_end.pcap_file.empty()) {
    diagnostics_.error({}, "missing-key", "front_end.kind is 'pcap', so front_end.pcap needs a 'file'");
  }
  if (front_end.nfqueue.first_queue + front_end.nfqueue.queues > 65536) {
    diagnostics_.error({}, "out-of-range", "the last queue of front_end.nfqueue would be over 65535");
  }
  if (config_.limits.kept_bytes_max < config_.limits.object_bytes_max) {
    diagnostics_.error({}, "out-of-range",
                       "limits.kept_bytes_max is below limits.object_bytes_max: no object could fill it");
  }
  if (config_.events.sinks.empty()) {
    diagnostics_.warning(sinks_place_, "no-sink", "no sink is configured: events go nowhere");
  }
}

}  // namespace

ConfigLoad load_config_text(std::string text, const std::string& name, const std::string& folder) {
  const policy::SourceText source(std::move(text));
  Diagnostics diagnostics(name, source);
  const policy::YamlDocument document = policy::read_yaml(source, diagnostics);
  Config config;
  config.policy = (std::filesystem::path(folder) / config.policy).lexically_normal().string();
  ConfigReader reader(config, diagnostics, folder);
  reader.section("", document.root);
  if (document.whole) reader.finish();
  ConfigLoad load;
  load.diagnostics = diagnostics.sorted();
  if (diagnostics.error_count() == 0) load.config = std::move(config);
  return load;
}

Result<ConfigLoad> load_config_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("cannot open the configuration " + path);
  std::string text(kConfigBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail_errno("cannot read the configuration " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kConfigBytesMax) {
    return fail(ErrorCode::kInvalidArgument, "the configuration " + path + " is over 1 MiB");
  }
  return load_config_text(std::move(text), path, std::filesystem::path(path).parent_path().string());
}

}  // namespace sallyport
