// Images by their structure alone, for parser tests: what tells them and what ends them is right, the pixels are not.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::test {

/// A JPEG of some `size` bytes: SOI, APP0, SOS, coded bytes, EOI. `size` at least 40.
inline std::string small_jpeg(std::size_t size, char fill = 'j') {
  using std::string_view_literals::operator""sv;
  std::string jpeg(
      "\xff\xd8\xff\xe0\0\x10"
      "JFIF\0\1\1\0\0\1\0\1\0\0\xff\xda\0\x08\1\1\0\0\x3f\0"sv);
  jpeg.append(size - jpeg.size() - 2, fill);
  jpeg += "\xff\xd9";
  return jpeg;
}

}  // namespace sallyport::test
