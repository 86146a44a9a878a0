// Texts in the encodings that carry bytes, for tests of whoever takes them off.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::test {

inline std::string base64(std::string_view bytes, bool url = false, bool pad = true) {
  const std::string alphabet =
      std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + (url ? "-_" : "+/");
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out += alphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += alphabet[bits << (6 - count) & 63];
  while (pad && out.size() % 4 != 0) out += '=';
  return out;
}

inline std::string hex(std::string_view bytes, bool upper = false) {
  std::string out;
  for (const char c : bytes) {
    const char* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

/// Lines of `width` characters with `end` between them.
inline std::string wrapped(const std::string& text, std::size_t width, const std::string& end) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += width) out += (i ? end : "") + text.substr(i, width);
  return out;
}

inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// RFC 3986 2.1, as encodeURIComponent does it.
inline std::string percent(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       (c != '\0' && std::string_view("-_.~!*'()").find(c) != std::string_view::npos);
    out += plain ? std::string(1, c) : "%" + hex({&c, 1}, true);
  }
  return out;
}

/// Bytes that look like a photo, a small one: header, quantization table, a scan of noise, end.
inline std::string jpeg(std::size_t scan_bytes = 300, unsigned seed = 1) {
  std::string bytes("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xdb\x00\x43\x00", 25);
  bytes.append(64, '\x10');
  bytes.append("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 10);
  for (std::size_t i = 0; i < scan_bytes; ++i) {
    seed = seed * 1664525 + 1013904223;
    const char c = static_cast<char>(seed >> 24);
    bytes += c == '\xff' ? '\x01' : c;
  }
  return bytes + "\xff\xd9";
}

}  // namespace sallyport::test
