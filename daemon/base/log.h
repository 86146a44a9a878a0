// Structured log for people and journald: one line a record, key=value, on stderr. Parsers do not log; they count.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sallyport {

enum class LogLevel {
  kError = 3,
  kWarning = 4,
  kNotice = 5,
  kInfo = 6,
  kDebug = 7
};  // syslog severities (RFC 5424 6.2.1)

/// One key and its value; numbers and flags are written as such.
struct LogField {
  LogField(std::string_view field_key, std::string_view field_value) : key(field_key), value(field_value) {}
  LogField(std::string_view field_key, const char* field_value) : key(field_key), value(field_value) {}
  LogField(std::string_view field_key, const std::string& field_value) : key(field_key), value(field_value) {}
  LogField(std::string_view field_key, bool field_value) : key(field_key), value(field_value ? "true" : "false") {}
  template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>) LogField(std::string_view field_key, Number number)
      : key(field_key), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

/// Records below `level` are not written. Default kInfo. Any thread; takes effect at once.
void set_log_level(LogLevel level);

/// Writes "<6>message key=value ..." (the prefix only when stderr is not a terminal: sd-daemon(3)). Values with spaces,
/// quotes or control characters are quoted and escaped. Any thread; a record is one write(2). At most
/// kLogRecordsPerSecond records of one `message` are written each second; the next one after that says how many were
/// left out.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kError, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kWarning, message, fields);
}
inline void log_notice(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kNotice, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kInfo, message, fields);
}
inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::kDebug, message, fields);
}

/// The text of one record without level prefix and newline. For tests and for other outputs.
std::string format_log_record(std::string_view message, std::initializer_list<LogField> fields);

}  // namespace sallyport
