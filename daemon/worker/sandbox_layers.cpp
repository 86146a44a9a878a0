#include "daemon/worker/sandbox_layers.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>

#include "daemon/worker/landlock_rules.h"

namespace sallyport {
namespace {

constexpr uid_t kNobody = 65534;
constexpr int kInnerNamespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;

/// Bytes of address space in use (proc(5), statm); 0 when that cannot be read.
std::uint64_t address_space_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  statm >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

Status limit_resource(__rlimit_resource resource, std::uint64_t value, const char* name) {
  const rlimit limit{value, value};
  if (::setrlimit(resource, &limit) != 0)
    return fail_errno(std::string("sandbox: cannot set the resource limit ") + name);
  return {};
}

/// Where an empty tmpfs may stand for the moment until it becomes the root; any folder does.
bool mount_empty(const char* folder) {
  constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY;
  return ::mount("none", folder, "tmpfs", kFlags, "size=4k,nr_inodes=2,mode=0555") == 0;
}

}  // namespace

Status require_one_thread() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  if (error) return fail(ErrorCode::kInternal, "sandbox: cannot count threads in /proc/self/task: " + error.message());
  const auto count = std::distance(begin(tasks), end(tasks));
  if (count != 1) {
    return fail(ErrorCode::kInternal, "sandbox: a library started threads (" + std::to_string(count) + " in all)");
  }
  return {};
}

Status keep_only_channel(int channel_fd) {
  if (channel_fd <= STDERR_FILENO) {
    return fail(ErrorCode::kInvalidArgument,
                "sandbox: channel descriptor " + std::to_string(channel_fd) + " is below 3");
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);  // closed with all others below
  if (null < 0) return fail_errno("sandbox: cannot open /dev/null");
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::dup2(null, standard) < 0) return fail_errno("sandbox: cannot replace a standard descriptor");
  }
  const auto channel = static_cast<unsigned>(channel_fd);
  const bool below = channel == 3 || ::close_range(3, channel - 1, 0) == 0;
  const bool above = ::close_range(channel + 1, std::numeric_limits<unsigned>::max(), 0) == 0;
  if (!below || !above) return fail_errno("sandbox: cannot close other descriptors");
  return {};
}

void enter_namespaces(std::vector<std::string>& layers) {
  const bool privileged = ::unshare(kInnerNamespaces) == 0;
  // Not for root: in a user namespace it could no longer become somebody else.
  const bool inner = privileged || (::geteuid() != 0 && ::unshare(CLONE_NEWUSER | kInnerNamespaces) == 0);
  if (inner && !privileged) layers.emplace_back("user_namespace");
  if (inner) layers.insert(layers.end(), {"mount_namespace", "network_namespace", "ipc_namespace", "uts_namespace"});
  if (::getpid() == 1) layers.emplace_back("pid_namespace");
}

Status empty_root(std::vector<std::string>& layers) {
  if (std::find(layers.begin(), layers.end(), "mount_namespace") == layers.end()) return {};
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return {};
  constexpr std::array kFolders{"/tmp", "/run", "/proc"};
  const auto folder = std::find_if(kFolders.begin(), kFolders.end(), mount_empty);
  if (folder == kFolders.end()) return {};
  // pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is taken off.
  if (::chdir(*folder) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0)
    return fail_errno("sandbox: cannot change the root");
  if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) return fail_errno("sandbox: cannot leave the old root");
  layers.emplace_back("empty_root");
  return {};
}

Status drop_user(std::vector<std::string>& layers) {
  const bool user_namespace = std::find(layers.begin(), layers.end(), "user_namespace") != layers.end();
  if (!user_namespace && ::geteuid() == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
        ::setresuid(kNobody, kNobody, kNobody) != 0) {
      return fail_errno("sandbox: cannot change from root to nobody");
    }
    if (::unshare(CLONE_NEWUSER) == 0) layers.emplace_back("user_namespace");
  }
  layers.emplace_back("unprivileged_user");
  return {};
}

void deny_files(std::vector<std::string>& layers) {
  if (deny_all_by_landlock()) layers.emplace_back("landlock");
}

Status drop_capabilities(std::vector<std::string>& layers) {
  // Without CAP_SETPCAP the bounding set stays, and then no_new_privs alone keeps it from mattering.
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (::syscall(SYS_capset, &header, none.data()) != 0) return fail_errno("sandbox: cannot drop capabilities");
  layers.emplace_back("no_capabilities");
  return {};
}

Status forbid_new_privileges(std::vector<std::string>& layers) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("sandbox: cannot set no_new_privs");
  layers.emplace_back("no_new_privs");
  return {};
}

Status set_resource_limits(int channel_fd, std::uint64_t memory_bytes_max, std::vector<std::string>& layers) {
#ifndef __SANITIZE_ADDRESS__  // its shadow memory alone reserves terabytes of addresses
  const std::uint64_t in_use = address_space_bytes();
  if (in_use == 0) return fail(ErrorCode::kInternal, "sandbox: cannot read /proc/self/statm");
  if (Status set = limit_resource(RLIMIT_AS, in_use + memory_bytes_max, "AS"); !set) return set;
#else
  static_cast<void>(memory_bytes_max);
  static_cast<void>(address_space_bytes);
#endif
  constexpr std::uint64_t kSpareDescriptors = 8;  // an image, and what the steps of the sandbox open for a moment
  const auto descriptors = static_cast<std::uint64_t>(channel_fd) + 1 + kSpareDescriptors;
  return limit_resource(RLIMIT_NOFILE, descriptors, "NOFILE")
      .and_then([] { return limit_resource(RLIMIT_FSIZE, 0, "FSIZE"); })
      .and_then([] { return limit_resource(RLIMIT_CORE, 0, "CORE"); })
      .and_then([] { return limit_resource(RLIMIT_NPROC, 0, "NPROC"); })
      .map([&layers] { layers.emplace_back("resource_limits"); });
}

Status tie_to_parent() {
  // Last of all: a change of credentials takes both back (prctl(2)).
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail_errno("sandbox: cannot be tied to the parent");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail_errno("sandbox: cannot forbid tracing");
  return {};
}

}  // namespace sallyport
