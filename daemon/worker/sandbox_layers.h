// The layers of the sandbox one by one, in the order in which enter_sandbox() puts them on. Apart so that each can be
// tested alone: under the system call filter a test could not see that the layers below it hold too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace sallyport {

/// An Error when the process has a second thread: most layers are per thread.
Status require_one_thread();

/// 0, 1 and 2 become /dev/null, all other descriptors but `channel_fd` are closed.
Status keep_only_channel(int channel_fd);

/// Own mount, network, IPC and UTS namespaces, in an own user namespace where that is needed or possible. Appends
/// "user_namespace", "mount_namespace", "network_namespace", "ipc_namespace", "uts_namespace", and "pid_namespace"
/// where the parent made one.
void enter_namespaces(std::vector<std::string>& layers);

/// In an own mount namespace: an empty read-only tmpfs as root, the old tree gone. Appends "empty_root". An Error when
/// the process is left half way.
Status empty_root(std::vector<std::string>& layers);

/// From root to the user and group "nobody". Appends "unprivileged_user" when the process is not root afterwards.
Status drop_user(std::vector<std::string>& layers);

/// Denies all access to files, TCP ports and, where the kernel knows them, abstract sockets and signals to others.
/// Appends "landlock". Needs no_new_privs.
void deny_files(std::vector<std::string>& layers);

/// Empty capability sets, empty bounding set. Appends "no_capabilities".
Status drop_capabilities(std::vector<std::string>& layers);

/// Appends "no_new_privs".
Status forbid_new_privileges(std::vector<std::string>& layers);

/// No files written, no core, no children, few descriptors, bounded address space. Appends "resource_limits".
Status set_resource_limits(int channel_fd, std::uint64_t memory_bytes_max, std::vector<std::string>& layers);

/// The process dies with its parent, and nobody of the same user can trace it.
Status tie_to_parent();

}  // namespace sallyport
