// Each decoder: the worked examples of MS-XCA 3, what encoders of our own make of much data, and what must be refused.
#include <gtest/gtest.h>

#include <random>

#include "daemon/protocols/smb/compression/lz4_block.h"
#include "daemon/protocols/smb/compression/lz77_huffman.h"
#include "daemon/protocols/smb/compression/lznt1.h"
#include "daemon/protocols/smb/compression/plain_lz77.h"
#include "tests/support/smb_compression.h"

namespace sallyport::smb {

void PrintTo(Decoded decoded, std::ostream* out) {
  static constexpr const char* kWords[] = {"exact", "surplus", "short", "broken"};
  *out << kWords[static_cast<std::size_t>(decoded)];
}

namespace {

using namespace test::smb;
using Decoder = Decoded (*)(Bytes, std::span<std::byte>);

struct Output {
  Decoded decoded;
  std::string bytes;
};
Output decode(Decoder decoder, const std::string& input, std::size_t size) {
  // Both on the heap at their exact sizes: a step outside is seen by the address sanitizer.
  const ByteBuffer exact(as_byte_span(input).begin(), as_byte_span(input).end());
  ByteBuffer output(size, std::byte{0xee});
  const Decoded decoded = decoder(exact, output);
  return {decoded, is_full(decoded) ? std::string(as_text(output)) : std::string()};
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}
std::string repeated(std::string_view text, std::size_t size) {
  std::string bytes;
  while (bytes.size() < size) bytes += text;
  bytes.resize(size);
  return bytes;
}
const std::string kAlphabet = "abcdefghijklmnopqrstuvwxyz";
const std::string kAbc = repeated("abc", 300);

/// Code lengths of MS-XCA 3.2: pairs of a position in the table and its byte.
std::string code_table(const std::vector<std::pair<std::size_t, std::string>>& parts) {
  std::string table = zeros(256);
  for (const auto& [at, bytes] : parts) table.replace(at, bytes.size(), bytes);
  return table;
}
const std::string kAlphabetHuffman = code_table({{48, from_hex("505555555555555555555545"
                                                               "4404")},
                                                 {128, "\x04"}}) +
                                     from_hex("d8523ed794115be9195ff9d67cdf8d0400000000");
const std::string kAbcHuffman =
    code_table({{48, from_hex("3023")}, {128, "\x02"}, {143, "\x20"}}) + from_hex("a8dc0000ff2601");

TEST(PlainLz77, WorkedExamples) {
  const Output alphabet = decode(decode_plain_lz77, from_hex("3f000000") + kAlphabet, 26);
  EXPECT_EQ(alphabet.decoded, Decoded::kExact);
  EXPECT_EQ(alphabet.bytes, kAlphabet);
  const Output abc = decode(decode_plain_lz77, from_hex("ffffff1f61626317000fff2601"), 300);
  EXPECT_EQ(abc.decoded, Decoded::kExact);
  EXPECT_EQ(abc.bytes, kAbc);
}

TEST(Lz77Huffman, WorkedExamples) {
  const Output alphabet = decode(decode_lz77_huffman, kAlphabetHuffman, 26);
  EXPECT_EQ(alphabet.decoded, Decoded::kExact);
  EXPECT_EQ(alphabet.bytes, kAlphabet);
  const Output abc = decode(decode_lz77_huffman, kAbcHuffman, 300);
  EXPECT_EQ(abc.decoded, Decoded::kExact);
  EXPECT_EQ(abc.bytes, kAbc);
}

TEST(Lznt1, WorkedExample) {
  const std::string input = from_hex(
      "38b08846232000204720410010a24701a045204400084501507900c04520052413880"
      "5b4024a44ef0358028c09160148"
      "4500be009e000401189000");
  const std::string text =
      "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# "
      "F# "
      "G A A G F# E D D E F# E D D";
  const Output output = decode(decode_lznt1, input, 142);
  EXPECT_EQ(output.decoded, Decoded::kExact);
  EXPECT_EQ(output.bytes, text + '\0');
}

TEST(PlainLz77, TheEncoderOfTheTestsAgreesWithTheWorkedExamples) {
  EXPECT_EQ(PlainLz77Encoder().encode(kAlphabet), from_hex("3f000000") + kAlphabet);
  EXPECT_EQ(PlainLz77Encoder().encode(kAbc), from_hex("ffffff1f61626317000fff2601"));
}

struct Coding {
  const char* name;
  Decoder decoder;
  unsigned algorithm;
};
class EveryDecoder : public testing::TestWithParam<Coding> {};

/// Runs, copies from near and far, and noise.
std::string mixed(std::mt19937& random, std::size_t size) {
  std::string data;
  while (data.size() < size) {
    const std::size_t length = 1 + random() % (random() % 16 == 0 ? 70000 : 40);
    switch (data.empty() ? 0 : random() % 4) {
      case 0:
        for (std::size_t i = 0; i < std::min<std::size_t>(length, 500); ++i) data += static_cast<char>(random());
        break;
      case 1:
        data.append(length, static_cast<char>(random() % 4));
        break;
      default: {
        const std::size_t from =
            data.size() - 1 - random() % std::min<std::size_t>(data.size(), random() % 2 ? 64 : 60000);
        for (std::size_t i = 0; i < length; ++i) data += data[from + i];
      }
    }
  }
  data.resize(size);
  return data;
}

TEST_P(EveryDecoder, GivesBackWhatWasCompressed) {
  std::mt19937 random(7);
  std::vector<std::size_t> sizes{4095, 4096, 4097, 8192, 65535, 65536, 65537, 131072, 200001};
  for (std::size_t size = 1; size < 120; ++size) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    const std::string data = mixed(random, size);
    const Output output = decode(GetParam().decoder, compress(GetParam().algorithm, data), size);
    ASSERT_EQ(output.decoded, Decoded::kExact) << size;
    ASSERT_TRUE(output.bytes == data) << size;
  }
}

TEST_P(EveryDecoder, GivesBackLongRuns) {
  // Around each place where a length needs another field.
  for (const std::size_t size :
       {3, 4, 10, 11, 18, 19, 24, 25, 26, 273, 274, 280, 281, 65537, 65538, 65539, 65540, 70000}) {
    for (const std::string& data : {std::string(size, 'q'), repeated("0123456", size)}) {
      const Output output = decode(GetParam().decoder, compress(GetParam().algorithm, data), size);
      ASSERT_EQ(output.decoded, Decoded::kExact) << size;
      ASSERT_TRUE(output.bytes == data) << size;
    }
  }
}

TEST_P(EveryDecoder, RefusesEveryShorterInput) {
  std::mt19937 random(3);
  const std::string data = mixed(random, 700);
  const std::string input = compress(GetParam().algorithm, data);
  for (std::size_t size = 0; size < input.size(); ++size) {
    const Output output = decode(GetParam().decoder, input.substr(0, size), data.size());
    // Padding and end marks may be missing, bytes may not.
    if (is_full(output.decoded)) {
      ASSERT_GE(size + 4, input.size());
      ASSERT_TRUE(output.bytes == data) << size;
    }
  }
}

TEST_P(EveryDecoder, TellsOfSurplus) {
  std::mt19937 random(5);
  const std::string data = mixed(random, 700);
  const std::string input = compress(GetParam().algorithm, data);
  const Output behind = decode(GetParam().decoder, input + std::string(300, 'x'), data.size());
  const bool is_lz4 = GetParam().algorithm == kLz4;
  if (!is_lz4 || is_full(behind.decoded)) {
    EXPECT_EQ(behind.decoded, Decoded::kSurplus);
    EXPECT_TRUE(behind.bytes == data);
  }
  for (const std::size_t size : {1, 2, 350, 699}) {
    const Output cut = decode(GetParam().decoder, input, size);
    EXPECT_EQ(cut.decoded, Decoded::kSurplus) << size;
    EXPECT_TRUE(cut.bytes == data.substr(0, size)) << size;
  }
}

TEST_P(EveryDecoder, NeverFillsARoomThatIsTooLarge) {
  const std::string input = compress(GetParam().algorithm, kAbc);
  for (const std::size_t size : {301, 302, 5000, 70000}) {
    EXPECT_FALSE(is_full(decode(GetParam().decoder, input, size).decoded)) << size;
  }
}

TEST_P(EveryDecoder, SurvivesChangedBytes) {
  std::mt19937 random(11);
  const std::string data = mixed(random, 6000);
  const std::string input = compress(GetParam().algorithm, data);
  for (int i = 0; i < 3000; ++i) {
    std::string changed = input;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      changed[random() % changed.size()] = static_cast<char>(random());
    }
    decode(GetParam().decoder, changed, data.size());
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryDecoder,
                         testing::Values(Coding{"lznt1", decode_lznt1, kLznt1},
                                         Coding{"lz77", decode_plain_lz77, kLz77},
                                         Coding{"lz77_huffman", decode_lz77_huffman, kLz77Huffman},
                                         Coding{"lz4", decode_lz4_block, kLz4}),
                         [](const auto& coding) { return coding.param.name; });

TEST(PlainLz77, RefusesWhatPointsOutside) {
  EXPECT_EQ(decode(decode_plain_lz77, from_hex("ffffffff0000"), 9).decoded, Decoded::kBroken);    // nothing before it
  EXPECT_EQ(decode(decode_plain_lz77, from_hex("ffffff7f610800"), 9).decoded, Decoded::kBroken);  // two bytes back
  EXPECT_EQ(decode(decode_plain_lz77, from_hex("ffffff7f6107000fff0500"), 99).decoded,
            Decoded::kBroken);  // a length below 22
}

TEST(PlainLz77, TwoLengthsShareAByte) {
  const Output output = decode(decode_plain_lz77, from_hex("ffffff5f7807004f04790700"), 45);
  EXPECT_EQ(output.decoded, Decoded::kExact);
  EXPECT_EQ(output.bytes, std::string(30, 'x') + std::string(15, 'y'));
}

TEST(PlainLz77, AMatchOfFourGigabytesStopsAtTheRoom) {
  const Output output = decode(decode_plain_lz77, from_hex("ffffff7f6107000fff0000ffffffff"), 1000);
  EXPECT_EQ(output.decoded, Decoded::kSurplus);
  EXPECT_EQ(output.bytes, std::string(1000, 'a'));
}

TEST(Lz77Huffman, RefusesCodesThatAreNotComplete) {
  const std::string bits = kAbcHuffman.substr(256);
  EXPECT_EQ(decode(decode_lz77_huffman, zeros(256) + bits, 9).decoded, Decoded::kBroken);
  EXPECT_EQ(decode(decode_lz77_huffman, std::string(256, '\x11') + bits, 9).decoded, Decoded::kBroken);
  EXPECT_EQ(decode(decode_lz77_huffman, zeros(255), 9).decoded, Decoded::kShort);
}

TEST(Lznt1, RefusesChunksThatAreNone) {
  EXPECT_EQ(decode(decode_lznt1, from_hex("01a04142"), 2).decoded, Decoded::kBroken);    // signature 2
  EXPECT_EQ(decode(decode_lznt1, from_hex("02b0010000"), 3).decoded, Decoded::kBroken);  // a match of nothing
  EXPECT_EQ(decode(decode_lznt1, from_hex("0000"), 3).decoded, Decoded::kShort);
}

TEST(Lznt1, AShortChunkIsFilledUpAndTold) {
  const Output output = decode(decode_lznt1, from_hex("0030") + "A" + from_hex("0030") + "B", 4097);
  EXPECT_EQ(output.decoded, Decoded::kSurplus);
  EXPECT_EQ(output.bytes, "A" + zeros(4095) + "B");
}

TEST(Lznt1, TakesTheEndMark) {
  EXPECT_EQ(decode(decode_lznt1, from_hex("0030") + "A" + from_hex("0000"), 1).decoded, Decoded::kExact);
}

}  // namespace
}  // namespace sallyport::smb
