#include "policy/policy_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sallyport::policy {

tl::expected<std::string, std::string> read_policy_file(const std::filesystem::path& path, std::size_t bytes_max) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !(file.eof() || file.gcount() > 0)) {
    return tl::unexpected<std::string>(errno == 0 ? "not a readable file" : std::strerror(errno));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace sallyport::policy
