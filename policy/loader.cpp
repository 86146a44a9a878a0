#include "policy/loader.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "policy/checker.h"
#include "policy/compile.h"
#include "policy/contradiction_checker.h"
#include "policy/expiry_checker.h"
#include "policy/limits.h"
#include "policy/overlap_checker.h"
#include "policy/parser.h"
#include "policy/reach_checker.h"
#include "policy/yaml_source.h"

namespace sallyport::policy {
namespace {

/// At most one byte more than a policy may have: read_yaml() then says that it is too large.
std::optional<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(limits::kPolicyBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !(file.eof() || file.gcount() > 0)) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

LoadResult load_policy_text(std::string text, std::string name, const LoadOptions& options,
                            const std::filesystem::path& folder) {
  const SourceText source(std::move(text));
  Diagnostics diagnostics(std::move(name), source);
  const YamlDocument yaml = read_yaml(source, diagnostics);
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

LoadResult load_policy_file(const std::filesystem::path& path, const LoadOptions& options) {
  errno = 0;
  auto text = read_file(path);
  if (text) return load_policy_text(std::move(*text), path.string(), options, path.parent_path());
  const std::string reason = errno == 0 ? "not a readable file" : std::strerror(errno);
  const SourceText none{std::string()};
  Diagnostics diagnostics(path.string(), none);
  diagnostics.error({}, "unreadable", "cannot be read: " + reason);
  return {nullptr, diagnostics.sorted(), nullptr};
}

std::string to_text(const LoadResult& result) {
  std::string text;
  for (const Diagnostic& diagnostic : result.diagnostics) text += to_text(diagnostic);
  return text + summary_line(result.errors(), result.warnings()) + '\n';
}

}  // namespace sallyport::policy
