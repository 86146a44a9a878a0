// A share of a server, as a tree connection names it.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::smb {

struct Share {
  std::string host, name;
  bool is_pipe = false;  ///< interprocess communication, not files
};

class StateWriter;
class StateReader;
/// For ParserMemory.
void write_share(const Share& share, StateWriter& out);
Share read_share(StateReader& in);

/// From a UNC path such as \\server\share (MS-DTYP 2.2.57); what is none becomes the name. IPC$ is of pipes.
Share share_from_path(std::string_view path);

}  // namespace sallyport::smb
