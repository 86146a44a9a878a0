#include "daemon/worker/worker_options.h"

#include <charconv>
#include <limits>
#include <string>
#include <string_view>

namespace sallyport {
namespace {

Result<std::uint64_t> parse_number(std::string_view option, std::string_view text, std::uint64_t min,
                                   std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return fail(ErrorCode::kInvalidArgument, std::string(option) + ": '" + std::string(text) +
                                                 "' is not a number from " + std::to_string(min) + " to " +
                                                 std::to_string(max));
  }
  return value;
}

Status set_option(WorkerOptions& options, std::string_view name, std::string_view value) {
  constexpr std::uint64_t kDescriptorMax = 1023;
  constexpr std::uint64_t kMemoryMin = std::uint64_t{64} << 20;  // less cannot hold the models
  constexpr std::uint64_t kMemoryMax = std::uint64_t{1} << 40;
  if (name == "--model-dir") {
    options.model_dir = value;
  } else if (name == "--shipped-dir") {
    options.shipped_dir = value;
  } else if (name == "--cascade-dir") {
    options.cascade_dir = value;
  } else if (name == "--fd") {
    return parse_number(name, value, 3, kDescriptorMax).map([&](std::uint64_t fd) {
      options.channel_fd = static_cast<int>(fd);
    });
  } else if (name == "--memory-max") {
    return parse_number(name, value, kMemoryMin, kMemoryMax).map([&](std::uint64_t size) {
      options.memory_bytes_max = size;
    });
  } else {
    return fail(ErrorCode::kInvalidArgument, "unknown option '" + std::string(name) + "'");
  }
  return {};
}

}  // namespace

Result<WorkerOptions> parse_worker_options(std::span<const char* const> arguments) {
  WorkerOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--fault-injection") {
      options.fault_injection = true;
      continue;
    }
    if (name == "--no-detectors") {
      options.no_detectors = true;
      continue;
    }
    if (i + 1 == arguments.size()) {
      return fail(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' is unknown or lacks its value");
    }
    if (Status set = set_option(options, name, arguments[++i]); !set) return tl::unexpected(set.error());
  }
  return options;
}

}  // namespace sallyport
