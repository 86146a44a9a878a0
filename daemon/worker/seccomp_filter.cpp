#include "daemon/worker/seccomp_filter.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace sallyport {
namespace {

struct AllowedCall {
  int number;
  const char* reason;
  std::optional<scmp_arg_cmp> condition = std::nullopt;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
/// None of the bits of `mask` set.
scmp_arg_cmp without(unsigned argument, std::uint64_t mask) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, 0};
}

std::vector<AllowedCall> allowed_calls(int channel_fd) {
  const auto channel = static_cast<std::uint64_t>(channel_fd);
  const auto own_process = static_cast<std::uint64_t>(::getpid());
  return {
      {SCMP_SYS(recvmsg), "takes a request and the image's descriptor", equals(0, channel)},
      {SCMP_SYS(sendmsg), "sends a reply", equals(0, channel)},
      {SCMP_SYS(fcntl), "asks for the seals of an image, and for nothing else", equals(1, F_GET_SEALS)},
      {SCMP_SYS(lseek), "asks for the size of an image"},
      {SCMP_SYS(close), "closes the descriptor of an image"},
      {SCMP_SYS(mmap), "maps an image and memory of the allocator, never executable", without(2, PROT_EXEC)},
      {SCMP_SYS(munmap), "gives mapped memory back"},
      {SCMP_SYS(mremap), "the allocator resizes large blocks"},
      {SCMP_SYS(mprotect), "the allocator grows a heap in steps, never executable", without(2, PROT_EXEC)},
      {SCMP_SYS(madvise), "the allocator gives pages back"},
      {SCMP_SYS(brk), "the allocator grows and shrinks the heap"},
      {SCMP_SYS(futex), "mutexes and once-flags of the libraries"},
      {SCMP_SYS(clock_gettime), "OpenCV takes times; a call only where the vDSO cannot answer"},
      {SCMP_SYS(gettimeofday), "libraries take times; as above"},
      {SCMP_SYS(getrandom), "the C++ library and protobuf seed hash tables"},
      {SCMP_SYS(sched_yield), "spin locks of the libraries"},
      {SCMP_SYS(write), "libraries complain on stderr, which is /dev/null", equals(0, STDERR_FILENO)},
      {SCMP_SYS(writev), "the C library's last words before abort()", equals(0, STDERR_FILENO)},
      {SCMP_SYS(getpid), "abort()"},
      {SCMP_SYS(gettid), "abort()"},
      {SCMP_SYS(tgkill), "abort(): a signal to itself, so that a crash is told from a violation",
       equals(0, own_process)},
      {SCMP_SYS(rt_sigprocmask), "abort()"},
      {SCMP_SYS(rt_sigreturn), "return from a signal handler, of which only sanitizers have any"},
      {SCMP_SYS(restart_syscall), "a blocking call goes on after the process was stopped and continued"},
      {SCMP_SYS(exit), "the end"},
      {SCMP_SYS(exit_group), "the end"},
#ifdef __SANITIZE_ADDRESS__
      {SCMP_SYS(sigaltstack), "AddressSanitizer: its handlers have a stack of their own"},
      {SCMP_SYS(rt_sigaction), "AddressSanitizer: it gives signals back before it ends the process"},
#endif
  };
}

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

Status failure(int negative_errno, const char* step) {
  errno = -negative_errno;
  return fail_errno(std::string("seccomp filter: ") + step);
}

Status add_call(scmp_filter_ctx filter, const AllowedCall& call) {
  const bool conditional = call.condition.has_value();
  const scmp_arg_cmp condition = call.condition.value_or(scmp_arg_cmp{});
  const int error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call.number, conditional ? 1 : 0, &condition);
  if (error != 0) return failure(error, call.reason);
  return {};
}

}  // namespace

Status install_seccomp_filter(int channel_fd) {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return fail(ErrorCode::kInternal, "seccomp filter: libseccomp cannot make one");
  int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (error != 0) return failure(error, "calls of other architectures cannot be made to kill");
  for (const AllowedCall& call : allowed_calls(channel_fd)) {
    if (Status added = add_call(filter.get(), call); !added) return added;
  }
  error = seccomp_load(filter.get());
  if (error != 0) return failure(error, "the kernel does not take it");
  return {};
}

}  // namespace sallyport
