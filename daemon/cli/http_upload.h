// One upload over plain HTTP/1.1, for a self-test: what a client of the network would do, and no more.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"
#include "daemon/base/time.h"

namespace sallyport::cli {

struct HttpUrl {
  std::string host;       ///< without the brackets of an IPv6 address
  std::string authority;  ///< as it stands in the URL
  std::string port = "80";
  std::string path = "/";  ///< with a '/' at its end
};

/// "http://HOST[:PORT][/PATH]". Fails on other schemes, user information, queries and fragments.
Result<HttpUrl> parse_http_url(const std::string& url);

struct Upload {
  Timestamp last_byte_sent;  ///< handed to the kernel, by the clock
  int status = 0;            ///< of the answer; 0: none came in time
};

/// POST of `body` as `name` below the URL's path, on a connection of its own. Blocks for at most `timeout` for each
/// step. Fails where the server cannot be reached or takes not all of it.
Result<Upload> upload(const HttpUrl& url, const std::string& name, Bytes body, std::chrono::milliseconds timeout);

}  // namespace sallyport::cli
