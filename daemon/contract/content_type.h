// What an object is, told by its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

enum class ContentType : std::uint8_t {
  kUnknown,  ///< not enough bytes yet, or bytes that fit nothing below
  kEmpty,
  kJpeg,
  kPng,
  kGif,
  kBmp,
  kTiff,
  kWebp,
  kJpeg2000,
  kHeif,
  kAvif,
  kJpegXl,
  kZip,  ///< and all that is built on it: OOXML, ODF, JAR
  kGzip,
  kPdf,
  kText,
  kOther,  ///< enough bytes came, and it is none of the above
};

/// "jpeg", "png", "jpeg_2000", ...: the word used in policies, events and metric labels.
std::string_view to_string(ContentType type);
std::optional<ContentType> content_type_from(std::string_view word);
constexpr bool is_image(ContentType type) {
  return type >= ContentType::kJpeg && type <= ContentType::kJpegXl;
}

}  // namespace sallyport
