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
  kOtherImage,  ///< a picture that nothing here decodes: camera RAW that is no TIFF, Photoshop, EMF, PPM, Targa, ...
  kZip,         ///< and all that is built on it: OOXML, ODF, JAR
  kGzip,
  kPdf,
  kTar,
  kSevenZip,
  kRar,
  kXz,
  kBzip2,
  kZstd,
  kCpio,
  kIso,    ///< ISO 9660
  kOle,    ///< compound file: .doc, .xls, .ppt, .msg
  kEmail,  ///< RFC 5322 message
  kIcon,   ///< ICO and CUR
  kSvg,
  kDicom,
  kVideo,  ///< MP4 and QuickTime, AVI, Matroska, MPEG streams, Flash, ...
  kText,
  kOther,  ///< enough bytes came, and it is none of the above
};

/// "jpeg", "png", "jpeg_2000", ...: the word used in policies, events and metric labels.
std::string_view to_string(ContentType type);
std::optional<ContentType> content_type_from(std::string_view word);
constexpr bool is_image(ContentType type) {
  return type >= ContentType::kJpeg && type <= ContentType::kOtherImage;
}
/// Archives, documents, messages and films: what images can lie in.
constexpr bool is_container(ContentType type) {
  return type >= ContentType::kZip && type <= ContentType::kVideo;
}
/// Whether a question about images can be answered with anything but no.
constexpr bool may_hold_images(ContentType type) {
  return is_image(type) || is_container(type);
}

}  // namespace sallyport
