#include "daemon/worker/landlock_rules.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "daemon/base/unique_fd.h"

namespace sallyport {
namespace {

/// landlock_ruleset_attr as of ABI 6: Debian 12's kernel headers end at ABI 2 while its backported kernels know more.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t ports;   // since ABI 4
  std::uint64_t scopes;  // since ABI 6
};

std::uint64_t lowest_bits(unsigned count) {
  return (std::uint64_t{1} << count) - 1;
}

/// How many of the LANDLOCK_ACCESS_FS_ bits an ABI knows: they were added from the lowest on.
unsigned file_rights(long abi) {
  if (abi >= 5) return 16;    // ..., IOCTL_DEV
  if (abi >= 3) return 15;    // ..., TRUNCATE
  return abi == 2 ? 14 : 13;  // REFER
}

std::size_t ruleset_size(long abi) {
  if (abi >= 6) return sizeof(Ruleset);
  return abi >= 4 ? offsetof(Ruleset, scopes) : offsetof(Ruleset, ports);
}

}  // namespace

bool deny_all_by_landlock() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  constexpr unsigned kPortRights = 2;  // bind, connect
  constexpr unsigned kScopes = 2;      // abstract sockets, signals
  const Ruleset rules{lowest_bits(file_rights(abi)), lowest_bits(kPortRights), lowest_bits(kScopes)};
  const UniqueFd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(abi), 0)));
  return ruleset && ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

}  // namespace sallyport
