// A stretch of text that may be an encoded string: searched for the start of an object, and decoded from there on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/protocols/embedded/found_objects.h"
#include "daemon/protocols/embedded/run_object.h"
#include "daemon/protocols/embedded/string_search.h"
#include "daemon/protocols/embedded/unescape.h"

namespace sallyport::embedded {

class Search;

/// Pushed. Base64 that is no image but text is searched in its turn, as far as levels are left. White space inside is
/// read over as RFC 2045 6.8 asks, but words behind the end of a string are not: a line must be as long as the first
/// one or 32 characters, or end the string in the way base64 ends. One thread.
class TextRun : public RunOutput {
 public:
  explicit TextRun(RunContext context);
  ~TextRun() override;

  /// Takes bytes and gives how many: fewer than all, or over(), where the string ended.
  std::size_t push(Bytes bytes);
  bool over() const { return mode_ == Mode::kOver; }
  /// No more will come; `reason`: why the outer object is not whole.
  void finish(std::optional<NotInspected> reason);

 private:
  enum class Mode : std::uint8_t { kSeek, kObject, kNested, kOver };

  void take(Bytes bytes) override;
  std::size_t push_plain(Bytes bytes);
  void step(Text text);
  void on_char(char c);
  void on_pad();
  void on_space(char c);
  void seek(char c);
  void start_object(const StringHit& hit);
  void start_nested();
  void decode(char c);
  void resume_seek(char c);
  void accept_held();
  void settle_held(bool at_end);
  void end_string(std::optional<NotInspected> reason);
  void end_object(std::optional<NotInspected> reason);

  RunContext context_;
  Mode mode_ = Mode::kSeek;
  Unescape unescape_;
  StringSearch search_;
  std::unique_ptr<RunObject> object_;
  std::unique_ptr<Search> nested_;
  std::string held_;  // characters behind white space that may be words and not the string's
  bool holding_ = false;
  std::size_t segment_ = 0;        // characters since the last white space
  std::size_t first_segment_ = 0;  // length of the object's first line; 0: still in it
  std::size_t segments_ = 0;       // lines of the object that were accepted
  unsigned line_ends_ = 0;         // since the last character
};

}  // namespace sallyport::embedded
