#include "daemon/classify/crash_memory.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

const CrashMemory::Clock::time_point kNow{100h};

Sha256Digest digest(int number) {
  return Sha256::of(as_byte_span(std::to_string(number)));
}

Findings crashed(std::size_t parts = 0) {
  Findings findings;
  findings.not_inspected = NotInspected::kWorkerCrash;
  findings.parts.resize(parts);
  return findings;
}

TEST(CrashMemory, ASecondTryAndNoThird) {
  CrashMemory memory(8);
  EXPECT_FALSE(memory.find(digest(1), kNow));
  memory.note(digest(1), crashed(), false, kNow);
  EXPECT_FALSE(memory.find(digest(1), kNow));
  memory.note(digest(1), crashed(3), false, kNow + 1s);
  const auto known = memory.find(digest(1), kNow + 2s);
  ASSERT_TRUE(known);
  EXPECT_EQ(known->not_inspected, NotInspected::kWorkerCrash);
  EXPECT_EQ(known->parts.size(), 3U) << "what was found before it died holds";
  EXPECT_FALSE(memory.find(digest(2), kNow));
}

TEST(CrashMemory, WhatBrokeTheSandboxGetsNoSecondTry) {
  CrashMemory memory(8);
  memory.note(digest(1), crashed(), true, kNow);
  EXPECT_TRUE(memory.find(digest(1), kNow));
}

TEST(CrashMemory, ForgetsAfterAnHour) {
  CrashMemory memory(8);
  memory.note(digest(1), crashed(), true, kNow);
  EXPECT_TRUE(memory.find(digest(1), kNow + 59min));
  EXPECT_FALSE(memory.find(digest(1), kNow + 1h));
  memory.note(digest(1), crashed(), false, kNow + 1h);
  EXPECT_FALSE(memory.find(digest(1), kNow + 1h)) << "it counts anew";
}

TEST(CrashMemory, IsBounded) {
  CrashMemory memory(2);
  for (int i = 0; i < 3; ++i) memory.note(digest(i), crashed(), true, kNow);
  EXPECT_FALSE(memory.find(digest(0), kNow));
  EXPECT_TRUE(memory.find(digest(1), kNow) && memory.find(digest(2), kNow));
  memory.note(digest(3), crashed(1000), true, kNow);
  EXPECT_EQ(memory.find(digest(3), kNow)->parts.size() + memory.find(digest(3), kNow)->parts_untold, 1000U);
  EXPECT_LT(memory.find(digest(3), kNow)->parts.size(), 100U);
}

}  // namespace
}  // namespace sallyport
