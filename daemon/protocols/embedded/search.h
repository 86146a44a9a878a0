// The search behind EmbeddedScanner, one for each level: samples text, follows what may be an encoded string, and cuts
// images out of raw bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "daemon/contract/image_end.h"
#include "daemon/protocols/embedded/found_objects.h"

namespace sallyport::embedded {

class PercentRun;
class TextRun;

enum class SearchMode : std::uint8_t {
  kOuter,    ///< not at all where the first bytes are those of an image; raw bytes once a control character shows them
  kText,     ///< encoded strings; raw bytes once a control character shows them
  kPercent,  ///< raw bytes only: what percent escapes stand for
};

/// Pushed; how bytes are cut changes nothing. Looks at blocks of 32 bytes at absolute places, each once the 32 bytes
/// behind it are there; keeps 224 bytes before them. One thread; what `context` refers to outlives it.
class Search {
 public:
  Search(RunContext context, SearchMode mode);
  ~Search();

  void push(Bytes bytes);
  void lose();
  void finish(std::optional<NotInspected> reason);
  bool idle() const { return state_ == State::kIdle || context_.found.exhausted(); }
  /// Something found is open.
  bool open() const { return context_.found.open(); }

 private:
  enum class State : std::uint8_t { kSearch, kTextRun, kPercentRun, kCarved, kIdle };
  /// Bytes that lie at an absolute place.
  struct Area {
    Bytes bytes;
    std::uint64_t begin = 0;
    std::uint64_t end() const { return begin + bytes.size(); }
    std::uint8_t at(std::uint64_t place) const { return std::to_integer<std::uint8_t>(bytes[place - begin]); }
    Bytes from(std::uint64_t place) const { return bytes.subspan(static_cast<std::size_t>(place - begin)); }
  };

  void process(const Area& area);
  bool search(const Area& area);
  void skip_plain(const Area& area);
  bool look(const Area& area);
  bool is_image(const Area& area) const;
  void start_text_run(const Area& area);
  void start_percent_run(const Area& area);
  RunContext run_context(const Area& area, std::uint64_t begin) const;
  static std::uint16_t pair_at(const Area& area, std::uint64_t place) {
    return static_cast<std::uint16_t>(area.at(place) << 8 | area.at(place + 1));
  }
  bool carve(const Area& area, std::uint64_t end);
  bool carve_at(const Area& area, std::uint64_t at);
  void start_carved(const Area& area, std::uint64_t begin, ContentType content);
  std::size_t push_carved(Bytes bytes);
  bool push_run(const Area& area);
  void resume(std::uint64_t place);
  std::uint64_t keep_from() const;

  RunContext context_;
  SearchMode mode_;
  State state_ = State::kSearch;
  bool raw_;  // raw bytes are looked at
  bool at_end_ = false;
  std::uint64_t block_ = 0;     // the next to look at
  std::uint64_t floor_ = 0;     // what is before it was used up
  std::uint64_t raw_from_ = 0;  // raw bytes were looked at up to here
  std::uint64_t position_ = 0;  // of the run or carved object
  std::uint64_t run_begin_ = 0;
  std::uint64_t end_ = 0;  // bytes pushed
  ByteBuffer tail_;        // the end of what was pushed, from tail_begin_ on
  std::uint64_t tail_begin_ = 0;
  std::unique_ptr<TextRun> text_run_;
  std::unique_ptr<PercentRun> percent_run_;
  std::optional<ImageEnd> image_end_;
};

}  // namespace sallyport::embedded
