// EXIF blocks by their structure, as cameras write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::test {

/// What a camera says of itself; empty: it says nothing.
struct ExifTexts {
  std::string make;
  std::string model;
  std::string serial;
};

/// A little-endian TIFF structure with Make, Model and, in the Exif directory, BodySerialNumber.
class ExifBuilder {
 public:
  explicit ExifBuilder(const ExifTexts& texts) {
    block_ = std::string("II*\0\x08\0\0\0", 8);
    std::vector<std::pair<std::uint16_t, std::string>> first;
    if (!texts.make.empty()) first.emplace_back(0x010F, texts.make);
    if (!texts.model.empty()) first.emplace_back(0x0110, texts.model);
    const std::size_t entries = first.size() + (texts.serial.empty() ? 0 : 1);
    std::size_t data = 8 + 2 + entries * 12 + 4;
    std::string values;
    put(entries, 2);
    for (const auto& [tag, text] : first) add_text(tag, text, data, values);
    if (!texts.serial.empty()) add_entry(0x8769, 4, 1, data + values.size());
    put(0, 4);
    block_ += values;
    if (texts.serial.empty()) return;
    data = block_.size() + 2 + 12 + 4;
    values.clear();
    put(1, 2);
    add_text(0xA431, texts.serial, data, values);
    put(0, 4);
    block_ += values;
  }

  const std::string& tiff() const { return block_; }
  /// The content of an APP1 segment.
  std::string segment() const { return std::string("Exif\0\0", 6) + block_; }

 private:
  void put(std::size_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) block_ += static_cast<char>(value >> (8 * i));
  }
  void add_entry(std::uint16_t tag, std::uint16_t type, std::size_t count, std::size_t value) {
    put(tag, 2);
    put(type, 2);
    put(count, 4);
    put(value, 4);
  }
  /// Values of up to four bytes stand in the entry itself.
  void add_text(std::uint16_t tag, std::string text, std::size_t data, std::string& values) {
    text += '\0';
    if (text.size() > 4) {
      add_entry(tag, 2, text.size(), data + values.size());
      values += text;
      return;
    }
    const std::size_t count = text.size();
    text.resize(4);
    put(tag, 2);
    put(2, 2);
    put(count, 4);
    block_ += text;
  }

  std::string block_;
};

}  // namespace sallyport::test
