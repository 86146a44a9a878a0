#include "daemon/protocols/embedded/unescape.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::embedded {
namespace {

/// Characters as they are, '_' for a blank, '^' for CR and LF, '|' for the end.
std::string unescaped(const std::string& text, bool is_form = false) {
  Unescape unescape(is_form);
  std::string out;
  for (const char c : text) {
    const Text answer = unescape.push(static_cast<std::uint8_t>(c));
    if (answer == Text::kChar) out += unescape.character();
    if (answer == Text::kSpace) out += unescape.character() == ' ' ? "_" : "^";
    if (answer == Text::kEnd) return out + "|";
  }
  return out;
}

TEST(Unescape, TakesEscapesOff) {
  EXPECT_EQ(unescaped("ab+/=cd"), "ab+/=cd");
  EXPECT_EQ(unescaped("a\\/b\\nc\\r\\nd\\u002Fe\\u003d"), "a/b^c^^d/e=");
  EXPECT_EQ(unescaped("a\\\\/b\\\\u002fc\\\ne"), "a/b/c^e");
  EXPECT_EQ(unescaped("a%2Fb%2bc%3D%0D%0A%252Fd"), "a/b+c=^^/d");
  EXPECT_EQ(unescaped("a&#10;b&#xA;c&#x2F;d&#047;e"), "a^b^c/d/e");
}

TEST(Unescape, EndsWhereNoStringGoesOn) {
  EXPECT_EQ(unescaped("ab\"c"), "ab|");
  EXPECT_EQ(unescaped("ab\\\"c"), "ab|");
  EXPECT_EQ(unescaped("ab&lt;c"), "ab|");
  EXPECT_EQ(unescaped("ab\\xffd8"), "ab|");
  EXPECT_EQ(unescaped("ab%zz"), "ab|");
  EXPECT_EQ(unescaped("ab%22c"), "ab|");
  EXPECT_EQ(unescaped("ab\\u00e4c"), "ab|");
  EXPECT_EQ(unescaped("ab&#99999999;c"), "ab|");
}

TEST(Unescape, APlusIsASpaceOnceAFormEscapes) {
  EXPECT_EQ(unescaped("a+b", true), "a+b");
  EXPECT_EQ(unescaped("a%2Fb+c", true), "a/b_c");
  EXPECT_EQ(unescaped("a%2Fb+c", false), "a/b+c");
}

}  // namespace
}  // namespace sallyport::embedded
