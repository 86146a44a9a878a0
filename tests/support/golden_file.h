// A file that holds what a test should print; SALLYPORT_UPDATE_GOLDENS=1 writes it anew.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace sallyport::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void expect_golden(const std::filesystem::path& path, const std::string& actual) {
  if (std::getenv("SALLYPORT_UPDATE_GOLDENS") != nullptr) std::ofstream(path, std::ios::binary) << actual;
  EXPECT_EQ(actual, read_file(path)) << path;
}

}  // namespace sallyport::test
