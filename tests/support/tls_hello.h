// ClientHellos made to order.
#pragma once

#include <string>
#include <vector>

namespace sallyport::test {

inline std::string length_prefix(std::size_t size, int bytes) {
  std::string prefix;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) prefix += static_cast<char>(size >> shift & 0xff);
  return prefix;
}
inline std::string sized(const std::string& content, int bytes) {
  return length_prefix(content.size(), bytes) + content;
}

/// A handshake message with an unknown extension first and then, unless `name` is empty, server_name. `more`: further
/// extensions.
inline std::string client_hello(const std::string& name, const std::string& more = {}) {
  std::string extensions = "\xfa\xfa" + sized("pad", 2);
  if (!name.empty()) extensions += std::string(2, '\0') + sized(sized(std::string(1, '\0') + sized(name, 2), 2), 2);
  extensions += more;
  const std::string body = "\x03\x03" + std::string(32, 'r') + sized("session", 1) + sized("\x13\x01", 2) +
                           sized(std::string(1, '\0'), 1) + sized(extensions, 2);
  return "\x01" + sized(body, 3);
}

/// The extension that offers these protocols (RFC 7301 3.1).
inline std::string alpn_extension(const std::vector<std::string>& protocols) {
  std::string list;
  for (const std::string& protocol : protocols) list += sized(protocol, 1);
  return std::string("\0\x10", 2) + sized(sized(list, 2), 2);
}

/// As records of at most `record_bytes`.
inline std::string in_records(const std::string& message, std::size_t record_bytes) {
  std::string records;
  for (std::size_t at = 0; at < message.size(); at += record_bytes) {
    records += "\x16\x03\x01" + sized(message.substr(at, record_bytes), 2);
  }
  return records;
}

}  // namespace sallyport::test
