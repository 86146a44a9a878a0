#include "daemon/protocols/smb/share.h"

#include <algorithm>

#include "daemon/protocols/smb/parser_state.h"

namespace sallyport::smb {
namespace {

bool is_ipc(std::string_view name) {
  static constexpr std::string_view kIpc = "ipc$";
  return name.size() == kIpc.size() && std::equal(name.begin(), name.end(), kIpc.begin(), [](char left, char right) {
           return left == right || (left >= 'A' && left <= 'Z' && left - 'A' + 'a' == right);
         });
}

}  // namespace

void write_share(const Share& share, StateWriter& out) {
  out.number(share.is_pipe);
  out.text(share.host);
  out.text(share.name);
}

Share read_share(StateReader& in) {
  Share share;
  share.is_pipe = in.number() != 0;
  share.host = in.text();
  share.name = in.text();
  return share;
}

Share share_from_path(std::string_view path) {
  Share share;
  if (path.starts_with("\\\\")) {
    path.remove_prefix(2);
    const std::size_t end = std::min(path.find('\\'), path.size());
    share.host = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  share.name = path;
  share.is_pipe = is_ipc(path);
  return share;
}

}  // namespace sallyport::smb
