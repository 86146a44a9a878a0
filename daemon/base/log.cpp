#include "daemon/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

namespace sallyport {
namespace {

constexpr unsigned kLogRecordsPerSecond = 20;
/// Distinct messages whose rate is watched; messages are literals in our code, so this is never reached by traffic.
constexpr std::size_t kWatchedMessages = 512;

std::atomic<LogLevel> minimum_level{LogLevel::kInfo};

struct Rate {
  std::chrono::steady_clock::time_point second_start;
  unsigned written = 0;
  unsigned left_out = 0;
};

// The log is the one process-wide thing: stderr is one as well.
class RateLimiter {
 public:
  /// How many records of `message` were left out before this one, or -1 if this one is to be left out too.
  long admit(std::string_view message) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (rates_.size() >= kWatchedMessages) rates_.clear();
    auto [entry, is_new] = rates_.try_emplace(std::string(message));
    Rate& rate = entry->second;
    if (is_new || now - rate.second_start >= std::chrono::seconds(1)) {
      const long left_out = rate.left_out;
      rate = Rate{now, 1, 0};
      return left_out;
    }
    if (rate.written < kLogRecordsPerSecond) return ++rate.written, 0;
    ++rate.left_out;
    return -1;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Rate, std::less<>> rates_;
};

RateLimiter& rate_limiter() {
  static RateLimiter limiter;
  return limiter;
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](unsigned char c) {
           return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f;
         });
}

void append_escaped(std::string& line, std::string_view value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char character : value) {
    const auto c = static_cast<unsigned char>(character);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += character;
    } else if (c == '\n') {
      line += "\\n";
    } else if (c < ' ' || c == 0x7f) {
      line += "\\x";
      line += kDigits[c >> 4];
      line += kDigits[c & 15];
    } else {
      line += character;
    }
  }
}

void append_field(std::string& line, std::string_view key, std::string_view value) {
  line += ' ';
  line += key;
  line += '=';
  if (!needs_quotes(value)) {
    line += value;
    return;
  }
  line += '"';
  append_escaped(line, value);
  line += '"';
}

}  // namespace

void set_log_level(LogLevel level) {
  minimum_level.store(level, std::memory_order_relaxed);
}

std::string format_log_record(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  append_escaped(line, message);
  for (const LogField& field : fields) append_field(line, field.key, field.value);
  return line;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (level > minimum_level.load(std::memory_order_relaxed)) return;
  const long left_out = rate_limiter().admit(message);
  if (left_out < 0) return;
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::string line;
  if (!terminal) line = "<" + std::to_string(static_cast<int>(level)) + ">";
  line += format_log_record(message, fields);
  if (left_out > 0) append_field(line, "left_out", std::to_string(left_out));
  line += '\n';
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace sallyport
