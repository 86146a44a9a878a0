// What sallyportd may do to the system: one user, the capabilities of its front end, and never more again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace sallyport {

/// The only capabilities any front end needs (capabilities(7)).
enum class Capability {
  kNetAdmin,  ///< NFQUEUE: bind a queue and send verdicts
  kNetRaw,    ///< tap: packet sockets; resets: raw sockets
};

struct PrivilegeConfig {
  std::string user = "sallyport";        ///< whom to become when started as root
  std::vector<Capability> capabilities;  ///< what to keep, and no more
};

/// What the process has afterwards; for the log and `sallyport status`.
struct Privileges {
  unsigned uid = 0;
  unsigned gid = 0;
  std::vector<std::string> capabilities;  ///< effective ones, such as "cap_net_admin"
};

/// Call once, on the main thread, after what needs root was opened and before any other thread starts. Started as root:
/// becomes `user` with its own groups only. Started as somebody else (systemd's User=): checks that the capabilities
/// are there. Either way ends with exactly the wanted capabilities permitted and effective, none inheritable or
/// ambient, an empty bounding set where the kernel lets us, and no_new_privs. Fails closed: after an error the process
/// must end.
Result<Privileges> drop_privileges(const PrivilegeConfig& config);

}  // namespace sallyport
