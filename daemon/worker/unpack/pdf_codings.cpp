#include "daemon/worker/unpack/pdf_codings.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>
#include <vector>

#include "daemon/base/hex.h"
#include "daemon/worker/unpack/member_writer.h"

namespace sallyport {
namespace {

/// The last group of ASCII85 has two to four digits and gives one byte fewer.
bool put_group(std::uint32_t group, int digits, MemberWriter& output) {
  for (int i = digits; i < 5; ++i) group = group * 85 + 84;
  for (int i = 0; i < digits - 1; ++i) {
    if (!output.put(group >> (24 - 8 * i))) return false;
  }
  return true;
}

/// The strings of an LZW table as links to shorter ones.
class LzwTable {
 public:
  static constexpr unsigned kClear = 256, kEnd = 257, kCodes = 4096;

  void clear() { next_ = kEnd + 1; }
  unsigned next() const { return next_; }
  bool knows(unsigned code) const { return code < kClear || (code > kEnd && code < next_); }
  void add(unsigned before, unsigned last) {
    if (next_ == kCodes) return;
    before_[next_] = static_cast<std::uint16_t>(before);
    last_[next_++] = static_cast<std::uint8_t>(last);
  }
  unsigned first_of(unsigned code) const {
    while (code > kEnd) code = before_[code];
    return code;
  }
  bool put(unsigned code, MemberWriter& output) {
    std::size_t size = 0;
    for (; code > kEnd; code = before_[code]) string_[size++] = last_[code];
    string_[size++] = static_cast<std::uint8_t>(code);
    while (size > 0) {
      if (!output.put(string_[--size])) return false;
    }
    return true;
  }

 private:
  std::array<std::uint16_t, kCodes> before_{};
  std::array<std::uint8_t, kCodes> last_{};
  std::array<std::uint8_t, kCodes> string_{};
  unsigned next_ = kEnd + 1;
};

unsigned paeth(int left, int above, int corner) {  // W3C PNG 9.4
  const int estimate = left + above - corner;
  const int to_left = std::abs(estimate - left), to_above = std::abs(estimate - above),
            to_corner = std::abs(estimate - corner);
  if (to_left <= to_above && to_left <= to_corner) return static_cast<unsigned>(left);
  return static_cast<unsigned>(to_above <= to_corner ? above : corner);
}

void undo_png_row(unsigned filter, std::size_t pixel_bytes, const std::vector<std::uint8_t>& above,
                  std::vector<std::uint8_t>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const int left = i >= pixel_bytes ? row[i - pixel_bytes] : 0;
    const int corner = i >= pixel_bytes ? above[i - pixel_bytes] : 0;
    unsigned added = 0;
    if (filter == 1) added = static_cast<unsigned>(left);
    if (filter == 2) added = above[i];
    if (filter == 3) added = static_cast<unsigned>(left + above[i]) / 2;
    if (filter == 4) added = paeth(left, above[i], corner);
    row[i] = static_cast<std::uint8_t>(row[i] + added);
  }
}

}  // namespace

bool decode_ascii_hex(Bytes data, MemberBuffer& out) {
  MemberWriter output(out);
  int high = -1;
  for (const char c : as_text(data)) {
    if (c == '>') break;
    const int digit = hex_digit(c);
    if (digit < 0) continue;
    if (high >= 0 && !output.put(static_cast<unsigned>(high << 4 | digit))) return false;
    high = high >= 0 ? -1 : digit;
  }
  if (high >= 0 && !output.put(static_cast<unsigned>(high << 4))) return false;
  return output.flush();
}

bool decode_ascii85(Bytes data, MemberBuffer& out) {
  MemberWriter output(out);
  std::uint32_t group = 0;
  int digits = 0;
  for (const char c : as_text(data)) {
    if (c == '~') break;
    if (c == 'z' && digits == 0) {
      if (!put_group(0, 5, output)) return false;
      continue;
    }
    if (c < '!' || c > 'u') continue;
    group = group * 85 + static_cast<unsigned>(c - '!');
    if (++digits < 5) continue;
    if (!put_group(group, 5, output)) return false;
    group = 0;
    digits = 0;
  }
  return (digits < 2 || put_group(group, digits, output)) && output.flush();
}

bool decode_run_length(Bytes data, MemberBuffer& out) {
  for (std::size_t i = 0; i < data.size();) {
    const auto length = std::to_integer<std::size_t>(data[i++]);
    if (length == 128) return true;
    if (length < 128) {
      const Bytes copied = prefix(data.subspan(i), length + 1);
      if (!out.append(copied)) return false;
      i += copied.size();
    } else if (i < data.size()) {
      const ByteBuffer run(257 - length, data[i++]);
      if (!out.append(run)) return false;
    }
  }
  return true;  // writers forget the end mark
}

bool decode_lzw(Bytes data, bool early_change, MemberBuffer& out) {
  MemberWriter output(out);
  LzwTable table;
  unsigned width = 9, previous = LzwTable::kClear;
  std::uint64_t bits = 0;
  unsigned count = 0;
  for (const std::byte byte : data) {
    bits = bits << 8 | std::to_integer<unsigned>(byte);
    count += 8;
    if (count < width) continue;
    count -= width;
    const unsigned code = static_cast<unsigned>(bits >> count) & ((1U << width) - 1);
    if (code == LzwTable::kEnd) return output.flush();
    if (code == LzwTable::kClear) {
      table.clear();
    } else {
      const bool first = previous == LzwTable::kClear;
      if (!table.knows(code) && (first || code != table.next())) return false;
      if (!first) table.add(previous, table.first_of(table.knows(code) ? code : previous));
      if (!table.knows(code) || !table.put(code, output)) return false;
    }
    previous = code;
    const unsigned codes = table.next() + (early_change ? 1 : 0);
    width = codes > 2047 ? 12 : codes > 1023 ? 11 : codes > 511 ? 10 : 9;
  }
  return output.flush();
}

bool undo_predictor(Bytes data, const PredictorSettings& settings, MemberBuffer& out) {
  constexpr int kColoursMax = 32, kColumnsMax = 1 << 24;
  if (settings.predictor < 2) return out.append(data);
  if (settings.colours < 1 || settings.colours > kColoursMax || settings.columns < 1 || settings.columns > kColumnsMax)
    return false;
  if (settings.bits < 1 || settings.bits > 16) return false;
  const auto pixel_bits = static_cast<std::size_t>(settings.colours) * static_cast<std::size_t>(settings.bits);
  const std::size_t pixel_bytes = std::max<std::size_t>(1, pixel_bits / 8);
  const std::size_t row_bytes = (pixel_bits * static_cast<std::size_t>(settings.columns) + 7) / 8;
  const bool png = settings.predictor >= 10;
  std::vector<std::uint8_t> above(row_bytes);
  while (!data.empty()) {
    const unsigned filter = png ? std::to_integer<unsigned>(data[0]) : settings.bits == 8 ? 1U : 0U;
    const Bytes stored = prefix(data.subspan(png ? 1 : 0), row_bytes);
    std::vector<std::uint8_t> row(as_u8(stored), as_u8(stored) + stored.size());
    undo_png_row(filter, pixel_bytes, above, row);
    if (!out.append(as_byte_span(row.data(), row.size()))) return false;
    data = data.subspan(stored.size() + (png ? 1U : 0U));
    row.resize(row_bytes);
    above = std::move(row);
  }
  return true;
}

}  // namespace sallyport
