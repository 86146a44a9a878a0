#include "daemon/app/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace sallyport {
namespace {

struct CapabilityName {
  Capability capability;
  unsigned number;
  const char* name;
};
constexpr std::array<CapabilityName, 2> kNames{
    {{Capability::kNetAdmin, CAP_NET_ADMIN, "cap_net_admin"}, {Capability::kNetRaw, CAP_NET_RAW, "cap_net_raw"}}};

struct Identity {
  uid_t uid;
  gid_t gid;
};

/// Two sets of 64 bits, as the kernel keeps them.
struct CapabilitySets {
  std::uint64_t effective = 0;
  std::uint64_t permitted = 0;
};

std::uint64_t mask_of(const std::vector<Capability>& wanted) {
  std::uint64_t mask = 0;
  for (const CapabilityName& each : kNames) {
    for (const Capability capability : wanted) {
      if (capability == each.capability) mask |= std::uint64_t{1} << each.number;
    }
  }
  return mask;
}

Result<CapabilitySets> current_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return fail_errno("cannot read the process's capabilities");
  return CapabilitySets{data[0].effective | std::uint64_t{data[1].effective} << 32,
                        data[0].permitted | std::uint64_t{data[1].permitted} << 32};
}

Status set_capabilities(std::uint64_t mask) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  data[0].effective = data[0].permitted = static_cast<std::uint32_t>(mask);
  data[1].effective = data[1].permitted = static_cast<std::uint32_t>(mask >> 32);
  if (::syscall(SYS_capset, &header, data.data()) != 0) return fail_errno("cannot set the process's capabilities");
  return {};
}

/// Nothing that this process executes may regain what it gives up. Needs CAP_SETPCAP, which only a start as root has.
void empty_bounding_set() {
  for (unsigned long number = 0; ::prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; ++number) {
    ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
  }
}

Result<Identity> find_user(const std::string& name) {
  errno = 0;
  const passwd* const entry = ::getpwnam(name.c_str());
  if (entry == nullptr) {
    return fail(ErrorCode::kNotFound,
                "there is no user '" + name + "' to run as; create it or name another with user:");
  }
  if (entry->pw_uid == 0)
    return fail(ErrorCode::kInvalidArgument, "user '" + name + "' is root: refusing to run as root");
  return Identity{entry->pw_uid, entry->pw_gid};
}

Status become(const std::string& name) {
  const auto identity = find_user(name);
  if (!identity) return tl::unexpected(identity.error());
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail_errno("cannot keep capabilities over the change of user");
  if (::setgroups(0, nullptr) != 0) return fail_errno("cannot give up the groups of root");
  if (::setresgid(identity->gid, identity->gid, identity->gid) != 0)
    return fail_errno("cannot take the group of " + name);
  if (::setresuid(identity->uid, identity->uid, identity->uid) != 0)
    return fail_errno("cannot become the user " + name);
  if (::setuid(0) == 0) return fail(ErrorCode::kInternal, "root came back after becoming " + name);
  ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
  return {};
}

std::vector<std::string> names_of(std::uint64_t mask) {
  std::vector<std::string> names;
  for (const CapabilityName& each : kNames) {
    if (mask & std::uint64_t{1} << each.number) names.emplace_back(each.name);
  }
  return names;
}

Status check_permitted(std::uint64_t wanted) {
  const auto now = current_capabilities();
  if (!now) return tl::unexpected(now.error());
  const std::vector<std::string> absent = names_of(wanted & ~now->permitted);
  if (absent.empty()) return {};
  std::string list;
  for (const std::string& name : absent) list += (list.empty() ? "" : ", ") + name;
  return fail(ErrorCode::kPermissionDenied,
              "the front end needs " + list + ": start as root, or give it by AmbientCapabilities= in the unit");
}

/// The last look: what the kernel says we have now.
Result<Privileges> verify(std::uint64_t wanted) {
  const auto now = current_capabilities();
  if (!now) return tl::unexpected(now.error());
  const bool exact = now->effective == wanted && now->permitted == wanted;
  const bool sealed = ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  if (!exact || !sealed || ::getuid() == 0) {
    return fail(ErrorCode::kInternal, "privileges could not be dropped: the process would keep more than it needs");
  }
  return Privileges{::getuid(), ::getgid(), names_of(now->effective)};
}

}  // namespace

Result<Privileges> drop_privileges(const PrivilegeConfig& config) {
  const std::uint64_t wanted = mask_of(config.capabilities);
  if (auto permitted = check_permitted(wanted); !permitted) return tl::unexpected(permitted.error());
  if (::getuid() == 0) {
    empty_bounding_set();
    if (auto became = become(config.user); !became) return tl::unexpected(became.error());
  }
  if (auto set = set_capabilities(wanted); !set) return tl::unexpected(set.error());
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) {
    return fail_errno("cannot clear ambient capabilities");
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("cannot set no_new_privs");
  return verify(wanted);
}

}  // namespace sallyport
