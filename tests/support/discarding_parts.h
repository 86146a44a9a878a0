// Sinks that forget what the unpacker finds, with the checks that hold for any bytes.
#pragma once

#include <chrono>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/archive_reader.h"
#include "daemon/worker/unpack/unpacker.h"

namespace sallyport::test {

/// What a fuzzer waits for one input.
inline std::function<bool()> late_after_a_second() {
  return [end = std::chrono::steady_clock::now() + std::chrono::seconds(1)] {
    return std::chrono::steady_clock::now() > end;
  };
}

class DiscardingParts : public PartSink {
 public:
  void image(const std::string& path, Bytes bytes) override { check(path, bytes); }
  void bitmap(const std::string& path, const RawBitmap& bitmap) override {
    check(path, bitmap.pixels);
    const std::size_t expected =
        std::size_t{1} * static_cast<unsigned>(bitmap.width) * static_cast<unsigned>(bitmap.height);
    if (bitmap.pixels.size() != expected * static_cast<unsigned>(bitmap.channels)) __builtin_trap();
  }
  void not_inspected(const std::string& path, NotInspected, ContentType) override {
    if (path.size() > limits::kPartPathBytesMax) __builtin_trap();
  }

 private:
  static void check(const std::string& path, Bytes bytes) {
    const bool has_control = path.find_first_of(std::string_view("\0\n\r\x1b\x7f", 5)) != std::string::npos;
    if (path.empty() || path.size() > limits::kPartPathBytesMax || has_control || bytes.empty()) __builtin_trap();
  }
};

class DiscardingMembers : public MemberSink {
 public:
  explicit DiscardingMembers(std::size_t object_bytes) : budget_(object_bytes, late_after_a_second()) {}

  bool member(std::string_view, Bytes bytes) override { return !bytes.empty() && !budget_.spent(); }
  bool bitmap(std::string_view, const RawBitmap&) override { return !budget_.spent(); }
  void not_inspected(std::string_view, NotInspected) override {}
  void flag(Evasion) override {}
  UnpackBudget& budget() override { return budget_; }

 private:
  UnpackBudget budget_;
};

inline void unpack_and_discard(Bytes object) {
  static const bool ready = prepare_archive_reader();
  if (!ready) __builtin_trap();
  DiscardingParts parts;
  UnpackBudget budget(object.size(), late_after_a_second());
  Unpacker(budget, parts).unpack(object);
}

}  // namespace sallyport::test
