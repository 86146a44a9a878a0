#include "daemon/protocols/websocket/frame_header.h"

#include <gtest/gtest.h>

#include "tests/support/websocket_builder.h"

namespace sallyport::websocket {
namespace {

TEST(WebSocketFrame, HeadersOfAllLengths) {
  for (const std::size_t size : {0U, 125U, 126U, 65535U, 65536U}) {
    for (const bool masked : {false, true}) {
      const std::string bytes = test::WsFrame{kBinary, std::string(size, 'x'), true, 0, masked}.bytes();
      const std::size_t header = frame_header_bytes(as_byte_span(bytes));
      EXPECT_EQ(header, bytes.size() - size);
      const FrameHeader frame = parse_frame_header(as_byte_span(bytes).first(header));
      EXPECT_EQ(frame.length, size);
      EXPECT_EQ(frame.masked, masked);
      EXPECT_FALSE(frame.odd);
    }
  }
}

TEST(WebSocketFrame, ALengthThatIsNotInItsShortestFormIsOdd) {
  EXPECT_TRUE(parse_frame_header(as_byte_span(std::string_view("\x82\x7e\0\x05", 4))).odd);
  EXPECT_TRUE(parse_frame_header(as_byte_span(std::string_view("\x82\x7f\0\0\0\0\0\0\1\0", 10))).odd);
  EXPECT_TRUE(parse_frame_header(as_byte_span(std::string_view("\x82\x7f\x80\0\0\0\0\1\0\0", 10))).odd);
}

TEST(WebSocketFrame, UnmasksFromAnyPlace) {
  const std::array<std::uint8_t, 4> key{1, 2, 3, 4};
  std::string masked;
  for (std::size_t i = 0; i < 40; ++i) masked.push_back(static_cast<char>('a' ^ key[i % 4]));
  for (std::size_t from = 0; from < masked.size(); ++from) {
    std::string plain(masked.size() - from, '\0');
    unmask(as_byte_span(masked).subspan(from), key, from, reinterpret_cast<std::byte*>(plain.data()));
    EXPECT_EQ(plain, std::string(plain.size(), 'a'));
  }
}

}  // namespace
}  // namespace sallyport::websocket
