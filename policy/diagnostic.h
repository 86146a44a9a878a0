// What is wrong with a policy, told to a person: every fault in one run, each with its place, its line and a way out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source_text.h"

namespace sallyport::policy {

enum class DiagnosticLevel : std::uint8_t { kWarning, kError };

struct Diagnostic {
  DiagnosticLevel level = DiagnosticLevel::kError;
  std::string_view code;  ///< stable, such as "unknown-key"; a literal
  std::string file;
  Place place;              ///< column and width count characters here, not bytes
  std::string message;      ///< without a full stop
  std::string suggestion;   ///< the text that was probably meant; may be empty
  std::string hint;         ///< a further sentence; may be empty
  std::string source_line;  ///< the line of `place`, printable; empty where it is too long to help
};

/// "policy.yaml:12:13: error: message; did you mean 'block'? [code]", the line and a caret under the place. Ends in a
/// newline.
std::string to_text(const Diagnostic& diagnostic);
/// One JSON object with level, code, file, line, column, width, message, suggestion and hint, without a newline.
std::string to_json(const Diagnostic& diagnostic);
/// A JSON array, one object a line. Ends in a newline.
std::string to_json(const std::vector<Diagnostic>& diagnostics);
std::size_t count(const std::vector<Diagnostic>& diagnostics, DiagnosticLevel level);
/// "2 errors, 1 warning: not loaded." or "1 warning: loaded." or "no faults: loaded."
std::string summary_line(std::size_t errors, std::size_t warnings);
/// A value of the file in quotes, cut and made printable, for messages.
std::string quoted(std::string_view value);

/// A place for a person: with its file, and counted in characters.
struct FilePlace {
  std::string file;
  Place place;
};
/// "policy.yaml:12:13".
std::string to_string(const FilePlace& at);

/// What may follow a message.
struct Advice {
  std::string suggestion;
  std::string hint;
};

/// Collects the faults of one policy, each once: a named list or condition is read wherever it is used. Above
/// limits::kPolicyDiagnosticsMax it keeps errors only as a number. One thread.
class Diagnostics {
 public:
  /// Sources must outlive the object. `file`: the only one, or what all of them are.
  Diagnostics(std::string file, const SourceText& source) : files_{{std::move(file), &source}} {}
  /// The next one, by its number, of a policy in several files.
  void add_file(std::string name, const SourceText& source);

  void error(Place place, std::string_view code, std::string message, Advice advice = {});
  void warning(Place place, std::string_view code, std::string message, Advice advice = {});
  std::size_t error_count() const { return error_count_; }
  /// For what speaks of a place after the text is gone.
  FilePlace locate(const Place& place) const;
  /// "7:5" for a message at `beside`; where that is another file "rules.yaml:7:5".
  std::string place_text(const Place& place, const Place& beside) const;
  /// All so far, in the order of their places.
  std::vector<Diagnostic> sorted() const;

 private:
  bool is_told(Place place, std::string_view code, std::string_view message) const;
  void add(DiagnosticLevel level, Place place, std::string_view code, std::string message, Advice advice);

  struct File {
    std::string name;
    const SourceText* source;
  };

  const SourceText& source_of(const Place& place) const { return *files_[place.file].source; }

  std::vector<File> files_;
  std::vector<Diagnostic> list_;
  std::size_t error_count_ = 0;
  std::size_t left_out_ = 0;
};

}  // namespace sallyport::policy
