// Landlock, the kernel's file system rules for processes without privileges (linux/landlock.h).
#pragma once

namespace sallyport {

/// Denies the calling thread everything that the running kernel's Landlock can deny. True when it is in force; false
/// where the kernel has none or has it switched off. Needs no_new_privs.
bool deny_all_by_landlock();

}  // namespace sallyport
