// Patterns for names: "*.partner.example", "*/passports/*".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// `*` stands for any number of characters, `?` for one; all else for itself. The whole name must fit. ASCII letters
/// fit in either case, and `/` fits `\`, so that one pattern serves HTTP and SMB. Immutable.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  /// Takes at most pattern size times name size steps, whatever the name.
  bool matches(std::string_view name) const;
  /// As written, but folded.
  const std::string& pattern() const { return pattern_; }

  bool operator==(const Glob&) const = default;

 private:
  std::string pattern_;
};

/// Folds as Glob does: lower-case ASCII, `\` to `/`.
std::string folded(std::string_view name);
/// "%2f" to "/": what a web server makes of a path. Broken escapes stay.
std::string percent_decoded(std::string_view path);

}  // namespace sallyport::policy
