// Compresses SMB messages for tests, written from MS-XCA 2.1, 2.3 and 2.5 and sharing nothing with the decoders.
#pragma once

#include <lz4.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/smb_builder.h"

namespace sallyport::test::smb {

/// A literal where `length` is zero.
struct LzItem {
  std::size_t at = 0, length = 0, distance = 0;
};
struct LzLimits {
  std::size_t distance_max, length_max;
  std::size_t length_min = 3;
};

inline std::size_t common_length(std::string_view data, std::size_t left, std::size_t right, std::size_t limit) {
  std::size_t length = 0;
  while (length < limit && right + length < data.size() && data[left + length] == data[right + length]) ++length;
  return length;
}
/// The newest of the last places with the same three bytes that gives the longest match.
inline LzItem best_match(std::string_view data, std::size_t at, const std::vector<std::size_t>& places,
                         LzLimits limits) {
  LzItem best{at};
  for (auto place = places.rbegin(); place != places.rend() && place - places.rbegin() < 8; ++place) {
    if (at - *place > limits.distance_max) break;
    const std::size_t length = common_length(data, *place, at, limits.length_max);
    if (length >= limits.length_min && length > best.length) best = {at, length, at - *place};
  }
  return best;
}
inline std::vector<LzItem> lz_items(std::string_view data, LzLimits limits) {
  std::map<std::string_view, std::vector<std::size_t>> seen;
  std::vector<LzItem> items;
  for (std::size_t at = 0; at < data.size(); at += std::max<std::size_t>(1, items.back().length)) {
    items.push_back(best_match(data, at, seen[data.substr(at, 3)], limits));
    const std::size_t end = at + std::clamp<std::size_t>(items.back().length, 1, 64);
    for (std::size_t i = at; i < end && i + 3 <= data.size(); ++i) seen[data.substr(i, 3)].push_back(i);
  }
  return items;
}

/// MS-XCA 2.3.4.
class PlainLz77Encoder {
 public:
  std::string encode(std::string_view data) {
    begin_flags();
    for (const LzItem& item : lz_items(data, {8192, data.size()})) {
      if (item.length == 0) {
        out_ += data[item.at];
      } else {
        put_match(item);
      }
      flags_ = flags_ << 1 | (item.length > 0);
      if (++flag_count_ < 32) continue;
      out_.replace(flags_at_, 4, le(flags_, 4));
      begin_flags();
    }
    const std::uint64_t rest = 32 - flag_count_;
    out_.replace(flags_at_, 4, le((std::uint64_t{flags_} << rest) | ((std::uint64_t{1} << rest) - 1), 4));
    return out_;
  }

 private:
  void begin_flags() {
    flags_at_ = out_.size();
    out_ += zeros(4);
    flags_ = flag_count_ = 0;
  }
  void put_match(const LzItem& item) {
    const std::size_t length = item.length - 3;
    out_ += le((item.distance - 1) << 3 | std::min<std::size_t>(length, 7), 2);
    if (length < 7) return;
    const unsigned half = static_cast<unsigned>(std::min<std::size_t>(length - 7, 15));
    if (half_at_ == 0) {
      half_at_ = out_.size();
      out_ += static_cast<char>(half);
    } else {
      out_[half_at_] = static_cast<char>(static_cast<unsigned char>(out_[half_at_]) | half << 4);
      half_at_ = 0;
    }
    if (half < 15) return;
    out_ += le(std::min<std::size_t>(length - 22, 255), 1);
    if (length - 22 < 255) return;
    out_ += length < 65536 ? le(length, 2) : le(0, 2) + le(length, 4);
  }

  std::string out_;
  std::size_t flags_at_ = 0, half_at_ = 0;
  std::uint32_t flags_ = 0;
  unsigned flag_count_ = 0;
};

/// MS-XCA 2.1.4.
class Lz77HuffmanEncoder {
 public:
  std::string encode(std::string_view data) {
    const std::vector<LzItem> items = lz_items(data, {65535, data.size()});
    std::size_t next = 0;
    do {
      const std::size_t begin = next;
      std::size_t covered = 0;
      for (; next < items.size() && covered < 65536; ++next) covered += std::max<std::size_t>(1, items[next].length);
      put_block(data,
                {items.begin() + static_cast<std::ptrdiff_t>(begin), items.begin() + static_cast<std::ptrdiff_t>(next)},
                next == items.size());
    } while (next < items.size());
    return out_;
  }

 private:
  static constexpr unsigned kEnd = 256;
  using Lengths = std::array<unsigned, 512>;

  static unsigned high_bit(std::size_t value) {
    unsigned bit = 0;
    while (value >>= 1) ++bit;
    return bit;
  }
  static unsigned symbol_of(std::string_view data, const LzItem& item) {
    if (item.length == 0) return static_cast<unsigned char>(data[item.at]);
    return 256 + static_cast<unsigned>(std::min<std::size_t>(item.length - 3, 15)) + 16 * high_bit(item.distance);
  }
  /// Code lengths of at most 15 bits: where a code grows longer, the counts are brought nearer to each other.
  static Lengths code_lengths(std::array<std::size_t, 512> counts) {
    for (;; std::transform(counts.begin(), counts.end(), counts.begin(), [](std::size_t n) { return (n + 1) / 2; })) {
      std::vector<std::pair<std::size_t, std::vector<unsigned>>> trees;
      for (unsigned i = 0; i < 512; ++i)
        if (counts[i] > 0) trees.push_back({counts[i], {i}});
      Lengths lengths{};
      while (trees.size() > 1) {
        std::sort(trees.begin(), trees.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        auto least = std::move(trees.back());
        trees.pop_back();
        trees.back().first += least.first;
        trees.back().second.insert(trees.back().second.end(), least.second.begin(), least.second.end());
        for (const unsigned symbol : trees.back().second) ++lengths[symbol];
      }
      if (*std::max_element(lengths.begin(), lengths.end()) <= 15) return lengths;
    }
  }
  static Lengths codes_of(const Lengths& lengths) {
    Lengths codes{};
    unsigned code = 0;
    for (unsigned bits = 1; bits <= 15; ++bits, code <<= 1) {
      for (unsigned i = 0; i < 512; ++i)
        if (lengths[i] == bits) codes[i] = code++;
    }
    return codes;
  }

  void put_block(std::string_view data, const std::vector<LzItem>& items, bool is_last) {
    std::array<std::size_t, 512> counts{};
    counts[kEnd] = 1;
    counts[0] = items.empty() ? 1 : 0;
    for (const LzItem& item : items) ++counts[symbol_of(data, item)];
    lengths_ = code_lengths(counts);
    codes_ = codes_of(lengths_);
    for (unsigned i = 0; i < 512; i += 2) out_ += static_cast<char>(lengths_[i] | lengths_[i + 1] << 4);
    free_ = 16;
    word_ = 0;
    first_ = out_.size();
    second_ = first_ + 2;
    out_ += zeros(4);
    for (const LzItem& item : items) put_item(data, item);
    if (is_last) put_bits(lengths_[kEnd], codes_[kEnd]);
    out_.replace(first_, 2, le(word_ << free_, 2));
  }
  void put_item(std::string_view data, const LzItem& item) {
    const unsigned symbol = symbol_of(data, item);
    put_bits(lengths_[symbol], codes_[symbol]);
    if (item.length == 0) return;
    if (const std::size_t length = item.length - 3; length >= 15) {
      out_ += le(std::min<std::size_t>(length - 15, 255), 1);
      if (length - 15 >= 255) out_ += length < 65536 ? le(length, 2) : le(0, 2) + le(length, 4);
    }
    const unsigned bits = high_bit(item.distance);
    put_bits(bits, static_cast<unsigned>(item.distance - (std::size_t{1} << bits)));
  }
  void put_bits(unsigned count, unsigned bits) {
    if (free_ >= count) {
      free_ -= count;
      word_ = word_ << count | bits;
      return;
    }
    out_.replace(first_, 2, le(word_ << free_ | bits >> (count - free_), 2));
    first_ = second_;
    second_ = out_.size();
    out_ += zeros(2);
    free_ += 16 - count;
    word_ = bits;
  }

  std::string out_;
  Lengths lengths_{}, codes_{};
  std::uint64_t word_ = 0;
  unsigned free_ = 16;
  std::size_t first_ = 0, second_ = 0;
};

/// MS-XCA 2.5; a chunk that does not get smaller is stored.
inline std::string lznt1_chunk(std::string_view data) {
  std::string body;
  std::size_t flag_at = 0;
  unsigned item = 0;
  for (std::size_t at = 0; at < data.size(); ++item) {
    if (item % 8 == 0) {
      flag_at = body.size();
      body += '\0';
    }
    unsigned distance_bits = 4;
    while (distance_bits < 12 && std::size_t{1} << distance_bits < at) ++distance_bits;
    const unsigned length_bits = 16 - distance_bits;
    LzItem best{at};
    for (std::size_t from = 0; from < at; ++from) {
      const std::size_t length = common_length(data, from, at, (std::size_t{1} << length_bits) + 2);
      if (length >= 3 && length > best.length) best = {at, length, at - from};
    }
    if (best.length == 0) {
      body += data[at++];
      continue;
    }
    body[flag_at] = static_cast<char>(static_cast<unsigned char>(body[flag_at]) | 1U << item % 8);
    body += le((best.distance - 1) << length_bits | (best.length - 3), 2);
    at += best.length;
  }
  if (body.size() >= data.size()) return le(0x3000 | (data.size() - 1), 2) + std::string(data);
  return le(0xb000 | (body.size() - 1), 2) + body;
}
inline std::string lznt1(std::string_view data) {
  std::string out;
  for (std::size_t at = 0; at < data.size(); at += 4096) out += lznt1_chunk(data.substr(at, 4096));
  return out;
}

inline std::string lz4(std::string_view data) {
  std::string out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(data.size()))), '\0');
  const int size =
      LZ4_compress_default(data.data(), out.data(), static_cast<int>(data.size()), static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

inline constexpr unsigned kNone = 0, kLznt1 = 1, kLz77 = 2, kLz77Huffman = 3, kPatternV1 = 4, kLz4 = 5;

inline std::string pattern_v1(char byte, std::size_t count) {
  return std::string(1, byte) + zeros(3) + le(count, 4);
}
/// Pattern_V1 for data of one byte repeated only.
inline std::string compress(unsigned algorithm, std::string_view data) {
  switch (algorithm) {
    case kLznt1:
      return lznt1(data);
    case kLz77:
      return PlainLz77Encoder().encode(data);
    case kLz77Huffman:
      return Lz77HuffmanEncoder().encode(data);
    case kPatternV1:
      return pattern_v1(data.front(), data.size());
    case kLz4:
      return lz4(data);
    default:
      return std::string(data);
  }
}

/// Of 3.1.1, with a context for compression (MS-SMB2 2.2.4.1.3) that allows chains.
inline std::string negotiate_reply_with_chains() {
  return message(0, {0, kReply, 0, 0, 0, 0},
                 le(65, 2) + le(1, 2) + le(0x311, 2) + le(1, 2) + std::string(16, 'G') + zeros(4 + 32) + le(128, 4) +
                     le(3, 2) + le(10, 2) + zeros(4) + le(1, 2) + zeros(2) + le(1, 4) + le(kLz77, 2));
}
/// MS-SMB2 2.2.42.1: the first `offset` bytes stay as they are.
inline std::string unchained(unsigned algorithm, const std::string& plain, std::size_t offset = 0) {
  return "\xfcSMB" + le(plain.size() - offset, 4) + le(algorithm, 2) + le(0, 2) + le(offset, 4) +
         plain.substr(0, offset) + compress(algorithm, std::string_view(plain).substr(offset));
}
/// MS-SMB2 2.2.42.2.1: one payload with its header.
inline std::string chain_link(unsigned algorithm, const std::string& payload, std::size_t size, bool first) {
  const bool says_size = algorithm != kNone && algorithm != kPatternV1;
  return le(algorithm, 2) + le(first, 2) + le(payload.size() + (says_size ? 4 : 0), 4) +
         (says_size ? le(size, 4) : "") + payload;
}
/// MS-SMB2 2.2.42.2: pairs of an algorithm and the piece of the message that it compresses.
inline std::string chained(const std::vector<std::pair<unsigned, std::string>>& pieces) {
  std::string links;
  std::size_t size = 0;
  for (const auto& [algorithm, piece] : pieces) {
    links += chain_link(algorithm, compress(algorithm, piece), piece.size(), links.empty());
    size += piece.size();
  }
  return "\xfcSMB" + le(size, 4) + links;
}

}  // namespace sallyport::test::smb
