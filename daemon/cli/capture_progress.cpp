#include "daemon/cli/capture_progress.h"

#include <unistd.h>

#include <cstdio>

namespace sallyport::cli {
namespace {

constexpr int kBarWidth = 40;
constexpr const char* kErase = "\r\x1b[K";

}  // namespace

CaptureProgress::CaptureProgress() : terminal_(::isatty(STDERR_FILENO) == 1) {}

CaptureProgress::~CaptureProgress() {
  if (terminal_ && last_percent_ >= 0) std::fputs(kErase, stderr);
}

void CaptureProgress::show(std::uint64_t read_bytes, std::uint64_t total_bytes) {
  if (!terminal_ || total_bytes == 0) return;
  const int percent = static_cast<int>(read_bytes * 100 / total_bytes);
  if (percent == last_percent_) return;
  last_percent_ = percent;
  const int filled = percent * kBarWidth / 100;
  const std::string bar = std::string(static_cast<std::size_t>(filled), '#') +
                          std::string(static_cast<std::size_t>(kBarWidth - filled), '.');
  std::fprintf(stderr, "%s[%s] %3d %% %s", kErase, bar.c_str(), percent, path_.c_str());
}

}  // namespace sallyport::cli
