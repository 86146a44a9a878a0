// One object being decoded out of a string: characters in, bytes out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/image_end.h"
#include "daemon/protocols/embedded/string_search.h"

namespace sallyport::embedded {

/// Takes the bytes of one object; a span dies with the call.
class RunOutput {
 public:
  virtual ~RunOutput() = default;
  virtual void take(Bytes bytes) = 0;
};

/// What a character did.
enum class Decoded : std::uint8_t {
  kMore,
  kForeign,  ///< it is of the other base64 alphabet, or no hexadecimal digit: the string ended before it
  kEnded,    ///< the image ended by its own structure
  kBroken,   ///< the image's structure is broken: what was found is none
};

/// Pushed characters; collects up to 4 KiB of output between calls of flush(). One thread.
class RunObject {
 public:
  RunObject(const StringHit& hit, RunOutput& output);

  Decoded push(char c);
  /// Takes plain base64 characters from the front, four at a time, and gives how many; none where push() has to look.
  std::size_t push_plain(Bytes bytes, bool plus_is_plain);
  void flush();
  /// Its own structure says that the image is all there.
  bool is_whole();
  /// Base64 characters so far, modulo 4.
  unsigned phase() const { return static_cast<unsigned>(count_ % 4); }
  bool is_url_alphabet() const { return alphabet_ == Alphabet::kUrl; }

 private:
  enum class Alphabet : std::uint8_t { kUnknown, kStandard, kUrl };

  Decoded push_hex(std::uint8_t c);
  bool is_foreign(std::uint8_t c);
  Decoded put(std::uint8_t byte);

  RunOutput& output_;
  bool is_hex_;
  bool until_structure_;  // not the whole string is the object
  ImageEnd image_end_;
  Alphabet alphabet_ = Alphabet::kUnknown;
  unsigned skip_bits_;
  std::uint32_t bits_ = 0;
  unsigned bit_count_ = 0;
  std::uint64_t count_ = 0;
  std::size_t size_ = 0;
  std::array<std::byte, 4096> out_;
};

}  // namespace sallyport::embedded
