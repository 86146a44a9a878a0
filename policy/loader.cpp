#include "policy/loader.h"

#include <system_error>
#include <utility>

#include "policy/bundle.h"
#include "policy/checker.h"
#include "policy/compile.h"
#include "policy/contradiction_checker.h"
#include "policy/expiry_checker.h"
#include "policy/limits.h"
#include "policy/overlap_checker.h"
#include "policy/parser.h"
#include "policy/policy_file.h"
#include "policy/reach_checker.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {
namespace {

LoadResult finish(const YamlDocument& yaml, const LoadOptions& options, const std::filesystem::path& folder,
                  Diagnostics& diagnostics) {
  PolicyDocument document = parse_policy(yaml, diagnostics);
  if (yaml.root.kind == YamlNode::Kind::kMapping) check_policy(document, options.capabilities, yaml.whole, diagnostics);
  LoadResult result;
  if (diagnostics.error_count() == 0) {
    auto compiled = compile(document, folder);
    check_reach(document, *compiled, diagnostics);
    check_contradictions(*compiled, diagnostics);
    check_overlaps(document, *compiled, diagnostics);
    if (options.now) check_expiry(document, *options.now, diagnostics);
    result.policy = std::make_shared<const Policy>(std::move(compiled));
    result.document = std::make_shared<const PolicyDocument>(std::move(document));
  }
  result.diagnostics = diagnostics.sorted();
  return result;
}

LoadResult unreadable(const std::filesystem::path& path, const std::string& reason) {
  const SourceText none{std::string()};
  Diagnostics diagnostics(path.string(), none);
  diagnostics.error({}, "unreadable", "cannot be read: " + reason);
  return {nullptr, diagnostics.sorted(), nullptr};
}

LoadResult load_policy_folder(const std::filesystem::path& path, const LoadOptions& options) {
  const SourceText none{std::string()};
  std::deque<SourceText> sources;
  Diagnostics diagnostics(path.string(), none);
  std::vector<PolicyFile> files = read_folder(path, diagnostics);
  if (diagnostics.error_count() != 0) return {nullptr, diagnostics.sorted(), nullptr};
  const YamlDocument yaml = read_bundle(std::move(files), sources, diagnostics);
  return finish(yaml, options, path, diagnostics);
}

}  // namespace

LoadResult load_policy_text(std::string text, std::string name, const LoadOptions& options,
                            const std::filesystem::path& folder) {
  const SourceText source(std::move(text));
  Diagnostics diagnostics(std::move(name), source);
  const YamlDocument yaml = read_yaml(source, diagnostics);
  return finish(yaml, options, folder, diagnostics);
}

LoadResult load_policy_texts(std::vector<PolicyFile> files, std::string name, const LoadOptions& options) {
  const SourceText none{std::string()};
  std::deque<SourceText> sources;
  Diagnostics diagnostics(std::move(name), none);
  const YamlDocument yaml = read_bundle(std::move(files), sources, diagnostics);
  return finish(yaml, options, {}, diagnostics);
}

LoadResult load_policy_file(const std::filesystem::path& path, const LoadOptions& options) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) return load_policy_folder(path, options);
  auto text = read_policy_file(path, limits::kPolicyBytesMax);
  if (!text) return unreadable(path, text.error());
  return load_policy_text(std::move(*text), path.string(), options, path.parent_path());
}

std::string to_text(const LoadResult& result) {
  std::string text;
  for (const Diagnostic& diagnostic : result.diagnostics) text += to_text(diagnostic);
  return text + summary_line(result.errors(), result.warnings()) + '\n';
}

}  // namespace sallyport::policy
