// HTTP/2 frames for tests, header blocks by nghttp2's deflater.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::test {

inline constexpr std::uint8_t kH2Data = 0, kH2Headers = 1, kH2RstStream = 3, kH2Settings = 4, kH2PushPromise = 5,
                              kH2Ping = 6, kH2Goaway = 7, kH2WindowUpdate = 8, kH2Continuation = 9;
inline constexpr std::uint8_t kH2EndStream = 1, kH2EndHeaders = 4, kH2Padded = 8, kH2Priority = 0x20;

inline const std::string kH2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline std::string h2_number(std::uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
  return out;
}
inline std::string h2_frame(std::uint8_t type, std::uint32_t stream, const std::string& payload,
                            std::uint8_t flags = 0) {
  return h2_number(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + h2_number(stream, 4) +
         payload;
}
inline std::string h2_padded(const std::string& content, std::size_t padding, char fill = '\0') {
  return static_cast<char>(padding) + content + std::string(padding, fill);
}

/// One end's encoder. Blocks refer to those before: never make two in one expression.
class HeaderEncoder {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit HeaderEncoder(std::size_t table_bytes = 4096) { nghttp2_hd_deflate_new(&deflater_, table_bytes); }
  ~HeaderEncoder() { nghttp2_hd_deflate_del(deflater_); }
  HeaderEncoder(const HeaderEncoder&) = delete;
  HeaderEncoder& operator=(const HeaderEncoder&) = delete;

  void set_table_size(std::size_t bytes) { nghttp2_hd_deflate_change_table_size(deflater_, bytes); }

  std::string block(const Fields& fields) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields) {
      list.push_back({text(name), text(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string out(nghttp2_hd_deflate_bound(deflater_, list.data(), list.size()), '\0');
    const auto size = nghttp2_hd_deflate_hd(deflater_, text(out), out.size(), list.data(), list.size());
    out.resize(static_cast<std::size_t>(size));
    return out;
  }
  std::string put(const std::string& path, const Fields& more = {}) {
    Fields fields{{":method", "PUT"}, {":scheme", "http"}, {":authority", "store.example"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    return block(fields);
  }
  /// A whole HEADERS frame.
  std::string headers(std::uint32_t stream, const Fields& fields, std::uint8_t flags = 0) {
    return h2_frame(kH2Headers, stream, block(fields), static_cast<std::uint8_t>(flags | kH2EndHeaders));
  }
  std::string put_headers(std::uint32_t stream, const std::string& path, const Fields& more = {}) {
    return h2_frame(kH2Headers, stream, put(path, more), kH2EndHeaders);
  }

 private:
  static std::uint8_t* text(const std::string& of) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(of.data()));
  }
  nghttp2_hd_deflater* deflater_ = nullptr;
};

}  // namespace sallyport::test
