#include "policy/bundle.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "policy/limits.h"
#include "policy/policy_file.h"
#include "policy/schema.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;

std::size_t count_nodes(const YamlNode& node) {
  std::size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += 1 + count_nodes(entry.value);
  return count;
}

/// Puts the top levels of files together. One thread; for one policy.
class Joiner {
 public:
  explicit Joiner(Diagnostics& diagnostics) : diagnostics_(diagnostics) {
    document_.root.kind = YamlNode::Kind::kMapping;
    document_.root.place = {};
  }

  void add(YamlDocument file) {
    document_.whole = document_.whole && file.whole;
    if (file.root.kind == YamlNode::Kind::kNull) return;
    if (file.root.kind != YamlNode::Kind::kMapping) {
      error(file.root.place, "wrong-type",
            "a policy must be a mapping of keys, not " + std::string(describe(file.root.kind)));
      return;
    }
    const auto is_version = [](const YamlEntry& entry) { return entry.key == "version"; };
    if (file.whole && std::none_of(file.root.entries.begin(), file.root.entries.end(), is_version)) {
      error(file.root.place, "missing-key", "each file of a policy needs the key 'version'");
    }
    for (YamlEntry& entry : file.root.entries) add_entry(std::move(entry));
  }

  YamlDocument take() {
    for (const YamlEntry& entry : document_.root.entries) check_size(entry);
    return std::move(document_);
  }

 private:
  void error(Place place, std::string_view code, std::string message) {
    diagnostics_.error(place, code, std::move(message));
  }

  void add_entry(YamlEntry entry) {
    const SchemaKey* const row = find_key(schema(SectionId::kPolicy), entry.key);
    const auto same = [&entry](const YamlEntry& other) { return other.key == entry.key; };
    auto& entries = document_.root.entries;
    const auto first = std::find_if(entries.begin(), entries.end(), same);
    if (first == entries.end() || row == nullptr) {
      note_names(entry.key, entry.value);
      entries.push_back(std::move(entry));
      return;
    }
    const bool named = row->type == ValueType::kNamedSections || row->type == ValueType::kNamedLists;
    if (entry.key == "version") {
      join_versions(*first, entry);
    } else if (named || row->type == ValueType::kSections) {
      join_sections(*row, named, first->value, std::move(entry));
    } else {
      error(entry.key_place, "duplicate-key",
            "key " + policy::quoted(entry.key) + " is given twice, first at " +
                diagnostics_.place_text(first->key_place, entry.key_place));
    }
  }

  void join_versions(const YamlEntry& first, const YamlEntry& entry) {
    if (first.value.text == entry.value.text) return;
    error(entry.value.place, "mixed-versions",
          "all files of a policy have one version, which is " + policy::quoted(first.value.text) + " at " +
              diagnostics_.place_text(first.value.place, entry.value.place));
  }

  void join_sections(const SchemaKey& row, bool named, YamlNode& all, YamlEntry entry) {
    const auto kind = named ? YamlNode::Kind::kMapping : YamlNode::Kind::kSequence;
    if (entry.value.kind != kind) {
      error(entry.value.place, "wrong-type",
            '\'' + entry.key + "' must be " + std::string(describe(row.type)) + ", not " +
                std::string(describe(entry.value.kind)));
      return;
    }
    if (all.kind != kind) return;  // told when the whole is read
    for (YamlNode& item : entry.value.items) all.items.push_back(std::move(item));
    for (YamlEntry& one : entry.value.entries) {
      const auto [first, is_new] = names_[entry.key].try_emplace(one.key, one.key_place);
      if (!is_new) {
        error(one.key_place, "duplicate-key",
              "key " + policy::quoted(one.key) + " is given twice, first at " +
                  diagnostics_.place_text(first->second, one.key_place));
      } else {
        all.entries.push_back(std::move(one));
      }
    }
  }

  void note_names(const std::string& key, const YamlNode& section) {
    for (const YamlEntry& entry : section.entries) names_[key].emplace(entry.key, entry.key_place);
  }

  void check_size(const YamlEntry& section) {
    if (section.value.entries.size() <= limits::kPolicyKeysMax) return;
    error(section.key_place, "too-large",
          "more than " + std::to_string(limits::kPolicyKeysMax) + " keys in one mapping");
  }

  Diagnostics& diagnostics_;
  YamlDocument document_;
  std::map<std::string, std::map<std::string, Place>> names_;  // of each section
};

std::vector<fs::path> yaml_files(const fs::path& folder, std::error_code& failure) {
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    std::error_code unknown;
    const bool is_folder = fs::is_directory(entry->path(), unknown);
    if (name.ends_with(".yaml") && !name.starts_with('.') && !is_folder) files.push_back(entry->path());
    if (files.size() > limits::kPolicyBundleFilesMax) break;
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<PolicyFile> read_folder(const fs::path& folder, Diagnostics& diagnostics) {
  std::error_code failure;
  const std::vector<fs::path> paths = yaml_files(folder, failure);
  if (failure) diagnostics.error({}, "unreadable", "cannot be read: " + failure.message());
  if (!failure && paths.empty()) {
    diagnostics.error({}, "no-files", "no file in this folder has a name that ends in .yaml");
  }
  if (paths.size() > limits::kPolicyBundleFilesMax) {
    diagnostics.error({}, "too-large",
                      "more than " + std::to_string(limits::kPolicyBundleFilesMax) + " files in one policy");
    return {};
  }
  std::vector<PolicyFile> files;
  std::size_t left = limits::kPolicyBytesMax;
  for (const fs::path& path : paths) {
    auto text = read_policy_file(path, left);
    if (!text) {
      diagnostics.error({}, "unreadable",
                        policy::quoted(path.filename().string()) + " cannot be read: " + text.error());
      continue;
    }
    left -= std::min(left, text->size());
    files.push_back({path.string(), std::move(*text)});
  }
  return files;
}

YamlDocument read_bundle(std::vector<PolicyFile> files, std::deque<SourceText>& sources, Diagnostics& diagnostics) {
  Joiner joiner(diagnostics);
  std::size_t bytes = 0;
  std::size_t nodes = 0;
  for (PolicyFile& file : files) {
    bytes += file.text.size();
    const SourceText& source =
        sources.emplace_back(std::move(file.text), static_cast<std::uint32_t>(sources.size() + 1));
    diagnostics.add_file(std::move(file.name), source);
    if (bytes > limits::kPolicyBytesMax) {
      diagnostics.error(
          {}, "too-large",
          "the files together are larger than " + std::to_string(limits::kPolicyBytesMax >> 20U) + " MiB");
      break;
    }
    YamlDocument document = read_yaml(source, diagnostics);
    nodes += count_nodes(document.root);
    if (nodes > limits::kPolicyNodesMax) {
      diagnostics.error({}, "too-large",
                        "more than " + std::to_string(limits::kPolicyNodesMax) + " values in one policy");
      break;
    }
    joiner.add(std::move(document));
  }
  return joiner.take();
}

}  // namespace sallyport::policy
