#include "daemon/worker/fault_injection.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace sallyport {
namespace {

struct Word {
  std::string_view text;
  Fault fault;
};
constexpr std::array kWords{Word{"hang", Fault::kHang},          Word{"crash", Fault::kCrash},
                            Word{"open-file", Fault::kOpenFile}, Word{"socket", Fault::kSocket},
                            Word{"fork", Fault::kFork},          Word{"exec", Fault::kExec},
                            Word{"ptrace", Fault::kPtrace},      Word{"executable-memory", Fault::kExecutableMemory}};

void spin() {
  const volatile bool forever = true;
  while (forever) {
  }
}

void execute_shell() {
  char* const arguments[] = {nullptr};
  ::execve("/bin/sh", arguments, arguments);
}

}  // namespace

std::optional<Fault> fault_from(std::string_view word) {
  for (const Word& known : kWords) {
    if (known.text == word) return known.fault;
  }
  return std::nullopt;
}

std::optional<Fault> find_fault(Bytes image) {
  constexpr std::size_t kSearchedBytes = 4096;
  constexpr std::string_view kMark = "sallyport-fault:";
  const std::string_view text = as_text(prefix(image, kSearchedBytes));
  const std::size_t mark = text.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(mark + kMark.size());
  return fault_from(rest.substr(0, rest.find(';')));
}

void commit_fault(Fault fault) {
  switch (fault) {
    case Fault::kHang:
      spin();
      break;
    case Fault::kCrash:
      __builtin_trap();
    case Fault::kOpenFile:
      ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
      break;
    case Fault::kSocket:
      ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      break;
    case Fault::kFork:
      if (::fork() == 0) ::_exit(0);
      break;
    case Fault::kExec:
      execute_shell();
      break;
    case Fault::kPtrace:
      ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr);
      break;
    case Fault::kExecutableMemory:
      ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      break;
  }
}

}  // namespace sallyport
