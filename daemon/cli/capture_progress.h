// How far the reading of captures has come, for a person at a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace sallyport::cli {

/// Draws on stderr, and only where that is a terminal. One thread. Erases itself when it goes.
class CaptureProgress {
 public:
  CaptureProgress();
  ~CaptureProgress();
  CaptureProgress(const CaptureProgress&) = delete;
  CaptureProgress& operator=(const CaptureProgress&) = delete;

  void set_file(std::string path) { path_ = std::move(path); }
  /// `total_bytes` 0: unknown.
  void show(std::uint64_t read_bytes, std::uint64_t total_bytes);

 private:
  const bool terminal_;
  std::string path_;
  int last_percent_ = -1;
};

}  // namespace sallyport::cli
