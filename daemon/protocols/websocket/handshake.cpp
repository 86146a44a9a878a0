#include "daemon/protocols/websocket/handshake.h"

#include "daemon/protocols/http/http_headers.h"

namespace sallyport::websocket {

Handshake parse_extensions(std::string_view extensions) {
  Handshake agreed;
  agreed.known = true;
  while (!extensions.empty()) {
    const std::size_t comma = extensions.find(',');
    std::string_view extension = extensions.substr(0, comma);
    extensions.remove_prefix(comma == std::string_view::npos ? extensions.size() : comma + 1);
    bool is_deflate = false;
    for (bool is_name = true; !extension.empty(); is_name = false) {
      const std::size_t semicolon = extension.find(';');
      const std::string_view item = extension.substr(0, semicolon);
      extension.remove_prefix(semicolon == std::string_view::npos ? extension.size() : semicolon + 1);
      const std::string word = http::lower_case(http::trim_blanks(item.substr(0, item.find('='))));
      if (is_name) is_deflate = word == "permessage-deflate";
      if (!is_deflate) break;
      agreed.deflate = true;
      if (word == "client_no_context_takeover") agreed.no_context[index_of(Direction::kClientToServer)] = true;
      if (word == "server_no_context_takeover") agreed.no_context[index_of(Direction::kServerToClient)] = true;
    }
  }
  return agreed;
}

}  // namespace sallyport::websocket
