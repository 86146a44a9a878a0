#include "daemon/protocols/smb/compression/compressed_message.h"

#include <gtest/gtest.h>

#include "tests/support/smb_compression.h"

namespace sallyport::smb {
namespace {

using namespace test::smb;

constexpr std::size_t kBytesMax = 1 << 20;

struct Outcome {
  std::string bytes;
  bool ambiguous = false;
  std::optional<NotInspected> failure;
};
Outcome decompress(const std::string& frame, std::size_t bytes_max = kBytesMax) {
  const ByteBuffer exact(as_byte_span(frame).begin(), as_byte_span(frame).end());
  const auto plain = decompress_message(exact, bytes_max);
  if (!plain) return {{}, false, plain.error()};
  return {std::string(as_text(plain->bytes())), plain->ambiguous(), std::nullopt};
}
const std::string kMessage = write(4, 9, 0, "some of it, some of it, some of it, some of it" + std::string(500, 'z'));

void expect_plain(const std::string& frame) {
  const Outcome outcome = decompress(frame);
  EXPECT_EQ(outcome.failure, std::nullopt);
  EXPECT_FALSE(outcome.ambiguous);
  EXPECT_TRUE(outcome.bytes == kMessage);
}
void expect_failure(const std::string& frame, NotInspected reason) {
  EXPECT_EQ(decompress(frame).failure, reason);
}

TEST(CompressedMessage, EveryAlgorithmBehindEveryOffset) {
  for (const unsigned algorithm : {kLznt1, kLz77, kLz77Huffman, kLz4}) {
    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, std::size_t{64}, std::size_t{112}, kMessage.size() - 1}) {
      SCOPED_TRACE(testing::Message() << algorithm << " behind " << offset);
      expect_plain(unchained(algorithm, kMessage, offset));
    }
  }
}

TEST(CompressedMessage, EveryAlgorithmInAChain) {
  for (const unsigned algorithm : {kNone, kLznt1, kLz77, kLz77Huffman, kLz4}) {
    SCOPED_TRACE(algorithm);
    expect_plain(chained({{algorithm, kMessage}}));
    expect_plain(chained({{kNone, kMessage.substr(0, 112)},
                          {algorithm, kMessage.substr(112, 46)},
                          {kPatternV1, std::string(500, 'z')}}));
  }
}

TEST(CompressedMessage, ReservedBytesOfAPatternAreIgnored) {
  const std::string head = kMessage.substr(0, 158);
  const std::string pattern = "zabc" + le(500, 4);
  expect_plain("\xfcSMB" + le(kMessage.size(), 4) + chain_link(kNone, head, 0, true) +
               chain_link(kPatternV1, pattern, 0, false));
}

TEST(CompressedMessage, HeadersAreCutOff) {
  const std::string frame = unchained(kLz77, kMessage);
  for (std::size_t size = 0; size < 16; ++size) expect_failure(frame.substr(0, size), NotInspected::kProtocolError);
  const std::string chain = chained({{kNone, kMessage.substr(0, 112)}, {kLz77, kMessage.substr(112)}});
  for (std::size_t size = 16; size < chain.size() - 20; ++size) {
    expect_failure(chain.substr(0, size), NotInspected::kProtocolError);
  }
}

TEST(CompressedMessage, UnchainedLiesAreRefused) {
  std::string frame = unchained(kLz77, kMessage);
  frame.replace(12, 4, le(frame.size() - 15, 4));
  expect_failure(frame, NotInspected::kProtocolError);  // the offset points behind the end
  expect_failure("\xfcSMB" + le(kMessage.size(), 4) + zeros(8) + kMessage,
                 NotInspected::kProtocolError);  // no algorithm
  std::string longer = unchained(kLz77, kMessage);
  longer.replace(4, 4, le(kMessage.size() + 1, 4));
  expect_failure(longer, NotInspected::kProtocolError);
  std::string unknown = unchained(kLz77, kMessage);
  unknown.replace(8, 2, le(6, 2));
  expect_failure(unknown, NotInspected::kUnknownCoding);
}

TEST(CompressedMessage, ChainedLiesAreRefused) {
  const std::string head = kMessage.substr(0, 158);
  const auto begin = [&](std::size_t size) { return "\xfcSMB" + le(size, 4) + chain_link(kNone, head, 0, true); };
  // Pieces larger, and smaller, than the whole.
  expect_failure(begin(657) + chain_link(kPatternV1, pattern_v1('z', 500), 0, false), NotInspected::kProtocolError);
  expect_failure(begin(659) + chain_link(kPatternV1, pattern_v1('z', 500), 0, false), NotInspected::kProtocolError);
  expect_failure(begin(100), NotInspected::kProtocolError);
  // A pattern of the wrong length, an algorithm that nobody knows, a piece that says another size.
  expect_failure(begin(658) + chain_link(kPatternV1, pattern_v1('z', 500) + "x", 0, false),
                 NotInspected::kProtocolError);
  expect_failure(begin(658) + chain_link(9, std::string(500, 'z'), 500, false), NotInspected::kUnknownCoding);
  expect_failure(begin(658) + chain_link(kLz77, compress(kLz77, std::string(499, 'z')), 500, false),
                 NotInspected::kProtocolError);
  expect_failure("\xfcSMB" + le(0, 4) + chain_link(kNone, {}, 0, true), NotInspected::kProtocolError);
}

TEST(CompressedMessage, WhatAnotherReceiverMayReadOtherwiseIsTold) {
  const std::string tail = std::string(500, 'z');
  const std::string two_firsts = "\xfcSMB" + le(kMessage.size(), 4) +
                                 chain_link(kNone, kMessage.substr(0, 158), 0, true) +
                                 chain_link(kPatternV1, pattern_v1('z', 500), 0, true);
  for (const std::string& frame : {two_firsts, unchained(kLz77, kMessage) + "x", chained({{kLz4, kMessage}}) + "x"}) {
    const Outcome outcome = decompress(frame);
    EXPECT_TRUE(outcome.ambiguous);
    EXPECT_TRUE(outcome.bytes == kMessage);
  }
}

TEST(CompressedMessage, BombsAreRefusedBeforeTheyGrow) {
  expect_plain(chained({{kNone, kMessage.substr(0, 158)}, {kPatternV1, std::string(500, 'z')}}));
  EXPECT_EQ(decompress(unchained(kLz77, kMessage), kMessage.size()).failure, std::nullopt);
  EXPECT_EQ(decompress(unchained(kLz77, kMessage), kMessage.size() - 1).failure, NotInspected::kExpansionLimit);
  EXPECT_EQ(decompress(unchained(kLz77, kMessage, 64), kMessage.size() - 1).failure, NotInspected::kExpansionLimit);
  std::string huge = chained({{kPatternV1, std::string(500, 'z')}});
  huge.replace(4, 4, le(0xffffffff, 4));
  expect_failure(huge, NotInspected::kExpansionLimit);
}

TEST(CompressedMessage, OnlySmb2MessagesAreInside) {
  expect_failure(unchained(kLz77, unchained(kLz77, kMessage)), NotInspected::kProtocolError);
  expect_failure(unchained(kLz77, "\xfdSMB" + kMessage.substr(4)), NotInspected::kProtocolError);
  expect_failure(unchained(kLz77, "\xffSMB" + kMessage.substr(4)), NotInspected::kProtocolError);
  expect_failure(unchained(kLz77, kMessage.substr(0, 63)), NotInspected::kProtocolError);
}

}  // namespace
}  // namespace sallyport::smb
