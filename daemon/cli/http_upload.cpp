#include "daemon/cli/http_upload.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "daemon/base/unique_fd.h"

namespace sallyport::cli {
namespace {

constexpr std::string_view kScheme = "http://";

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

void set_timeout(int fd, std::chrono::milliseconds timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timeval value{seconds.count(), std::chrono::microseconds(timeout - seconds).count()};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

Result<UniqueFd> connect_to(const HttpUrl& url, std::chrono::milliseconds timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found); failed != 0) {
    return fail(ErrorCode::kNotFound, "cannot find " + url.host + ": " + ::gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  int reason = 0;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    UniqueFd fd(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol));
    set_timeout(fd.get(), timeout);
    if (fd && ::connect(fd.get(), one->ai_addr, one->ai_addrlen) == 0) return fd;
    reason = errno == EINPROGRESS ? ETIMEDOUT : errno;
  }
  errno = reason;
  return fail_errno("cannot connect to " + url.authority);
}

Status send_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return fail_errno("the server does not take all of it");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

std::string head_of(const HttpUrl& url, const std::string& name, std::size_t size) {
  return "POST " + url.path + name + " HTTP/1.1\r\nHost: " + url.authority +
         "\r\nUser-Agent: sallyport-selftest/" SALLYPORT_VERSION "\r\nContent-Type: image/jpeg\r\nContent-Length: " +
         std::to_string(size) + "\r\nConnection: close\r\n\r\n";
}

/// "HTTP/1.1 201 Created" -> 201.
int read_status(int fd) {
  constexpr std::size_t kLineBytesMax = 256;
  std::string line;
  char part[64];
  while (line.size() < kLineBytesMax && line.find('\n') == std::string::npos) {
    const ssize_t count = ::recv(fd, part, sizeof part, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    line.append(part, static_cast<std::size_t>(count));
  }
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return 0;
  const std::string digits = line.substr(9, 3);
  return digits.find_first_not_of("0123456789") == std::string::npos ? std::stoi(digits) : 0;
}

/// Splits "[2001:db8::1]:8080", "host:8080", "host". False where it is none of these.
bool split_authority(HttpUrl& url) {
  const std::string& text = url.authority;
  const bool bracketed = text.starts_with('[');
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string::npos) return false;
  url.host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  const std::string rest = end == std::string::npos ? "" : text.substr(end + (bracketed ? 1 : 0));
  if (rest.empty()) return !url.host.empty();
  url.port = rest.substr(1);
  const bool is_number = !url.port.empty() && url.port.find_first_not_of("0123456789") == std::string::npos;
  return rest.front() == ':' && is_number && !url.host.empty();
}

}  // namespace

Result<HttpUrl> parse_http_url(const std::string& url) {
  const auto bad = [&url](const std::string& why) { return fail(ErrorCode::kInvalidArgument, "'" + url + "' " + why); };
  if (!url.starts_with(kScheme)) return bad("must begin with http://: what TLS hides no gateway sees");
  if (url.find_first_of(" \t\r\n?#@") != std::string::npos) return bad("must be a host, a port and a path, no more");
  const std::string rest = url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  HttpUrl parsed;
  parsed.authority = rest.substr(0, slash);
  if (slash != std::string::npos) parsed.path = rest.substr(slash);
  if (!parsed.path.ends_with('/')) parsed.path += '/';
  if (!split_authority(parsed)) return bad("has no host, or a port that is no number");
  return parsed;
}

Result<Upload> upload(const HttpUrl& url, const std::string& name, Bytes body, std::chrono::milliseconds timeout) {
  const auto fd = connect_to(url, timeout);
  if (!fd) return tl::unexpected(fd.error());
  const std::string head = head_of(url, name, body.size());
  if (const Status sent = send_all(fd->get(), as_byte_span(head)); !sent) return tl::unexpected(sent.error());
  if (const Status sent = send_all(fd->get(), body); !sent) return tl::unexpected(sent.error());
  Upload done;
  done.last_byte_sent = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  done.status = read_status(fd->get());
  return done;
}

}  // namespace sallyport::cli
