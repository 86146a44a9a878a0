#include "daemon/protocols/websocket/handshake.h"

#include <gtest/gtest.h>

namespace sallyport::websocket {
namespace {

TEST(WebSocketHandshake, Extensions) {
  EXPECT_FALSE(parse_extensions("").deflate);
  EXPECT_TRUE(parse_extensions("").known);
  EXPECT_FALSE(parse_extensions("x-other; client_no_context_takeover").no_context[0]);
  const Handshake both =
      parse_extensions("x-a, Permessage-Deflate ; server_no_context_takeover;client_max_window_bits=10");
  EXPECT_TRUE(both.deflate);
  EXPECT_FALSE(both.no_context[0]);
  EXPECT_TRUE(both.no_context[1]);
  EXPECT_TRUE(parse_extensions("permessage-deflate;client_no_context_takeover").no_context[0]);
}

}  // namespace
}  // namespace sallyport::websocket
