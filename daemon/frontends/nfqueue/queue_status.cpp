#include "daemon/frontends/nfqueue/queue_status.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>

namespace sallyport {
namespace {

constexpr const char* kPath = "/proc/thread-self/net/netfilter/nfnetlink_queue";
/// Bytes of the file that are looked at: above a thousand queues.
constexpr std::size_t kFileBytesMax = 65536;
constexpr std::size_t kColumns = 7;

using Columns = std::array<std::uint32_t, kColumns>;

/// queue, port, packets waiting, copy mode, copy range, queue dropped, user dropped; what follows is not looked at.
std::optional<Columns> parse_line(std::string_view line) {
  Columns columns{};
  const char* next = line.data();
  const char* const end = next + line.size();
  for (std::uint32_t& column : columns) {
    while (next != end && *next == ' ') ++next;
    const auto [after, error] = std::from_chars(next, end, column);
    if (error != std::errc{}) return std::nullopt;
    next = after;
  }
  return columns;
}

}  // namespace

std::optional<QueueStatus> parse_queue_status(std::string_view text, std::uint16_t queue_number) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const auto columns = parse_line(text.substr(0, end));
    if (columns && (*columns)[0] == queue_number) {
      return QueueStatus{(*columns)[1], (*columns)[2], (*columns)[5], (*columns)[6]};
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::nullopt;
}

Result<QueueStatusFile> QueueStatusFile::open() {
  UniqueFd fd(::open(kPath, O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(std::string("opening ") + kPath);
  return QueueStatusFile(std::move(fd));
}

Result<QueueStatus> QueueStatusFile::read(std::uint16_t queue_number) const {
  std::string text(kFileBytesMax, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::pread(fd_.get(), text.data() + size, text.size() - size, static_cast<off_t>(size));
    if (got < 0) return fail_errno(std::string("reading ") + kPath);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const auto status = parse_queue_status(std::string_view(text).substr(0, size), queue_number);
  if (!status)
    return fail(ErrorCode::kNotFound, std::string(kPath) + " has no line for queue " + std::to_string(queue_number));
  return *status;
}

}  // namespace sallyport
