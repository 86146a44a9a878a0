// Patterns for names: "*.partner.example", "*/passports/*".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// Folds as Glob does: lower-case ASCII, `\` to `/`.
std::string folded(std::string_view name);

/// `*` stands for any number of characters, `?` for one; all else for itself. The whole name must fit. ASCII letters
/// fit in either case, and `/` fits `\`, so that one pattern serves HTTP and SMB. Immutable.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view name) const { return matches_folded(folded(name)); }
  /// `name` as folded() makes it, once for many patterns. Takes at most pattern size times name size steps, whatever
  /// the name.
  bool matches_folded(std::string_view name) const;
  /// As written, but folded.
  const std::string& pattern() const { return pattern_; }

  bool operator==(const Glob&) const = default;

 private:
  /// What stands between two stars.
  struct Piece {
    std::string text;
    std::size_t rare = 0;  ///< where its first letter or digit is: names are full of slashes and dots
    bool has_any = false;  ///< a `?`

    bool operator==(const Piece&) const = default;
    std::size_t end_at(std::string_view name, std::size_t begin) const;
    std::size_t first_end(std::string_view name, std::size_t begin) const;
    bool ends(std::string_view name, std::size_t begin) const;
  };

  std::string pattern_;
  std::vector<Piece> pieces_;  // one more than there are stars
};

/// "%2f" to "/": what a web server makes of a path. Broken escapes stay.
std::string percent_decoded(std::string_view path);

}  // namespace sallyport::policy
