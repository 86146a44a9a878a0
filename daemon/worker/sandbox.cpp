#include "daemon/worker/sandbox.h"

#include "daemon/worker/sandbox_layers.h"
#include "daemon/worker/seccomp_filter.h"

namespace sallyport {

Result<std::vector<std::string>> enter_sandbox(const SandboxOptions& options) {
  std::vector<std::string> layers;
  const auto limit = [&] { return set_resource_limits(options.channel_fd, options.memory_bytes_max, layers); };
  const auto filter = [&]() -> Status {
    Status installed = install_seccomp_filter(options.channel_fd);
    if (installed) layers.emplace_back("seccomp");
    return installed;
  };
  // Each step needs something that a later one takes away; Error ends the chain.
  const Status entered = require_one_thread()
                             .and_then([&] { return keep_only_channel(options.channel_fd); })
                             .map([&] { enter_namespaces(layers); })
                             .and_then([&] { return limit(); })  // reads /proc, which the next step removes
                             .and_then([&] { return empty_root(layers); })
                             .and_then([&] { return drop_user(layers); })
                             .and_then([&] { return forbid_new_privileges(layers); })
                             .map([&] { deny_files(layers); })
                             .and_then([&] { return drop_capabilities(layers); })
                             .and_then([&] { return tie_to_parent(); })
                             .and_then(filter);
  if (!entered) return tl::unexpected(entered.error());
  return layers;
}

}  // namespace sallyport
