// The sub-commands of `sallyport`. Each adds itself to the command line and, when chosen, runs and sets the exit
// status.
#pragma once

namespace CLI {
class App;
}

namespace sallyport::cli {

/// Exit statuses of all commands; policy and daemon commands say in their help what "findings" means for them.
inline constexpr int kExitClean = 0;
inline constexpr int kExitFindings = 1;
inline constexpr int kExitError = 2;

void add_scan_command(CLI::App& app, int& exit_status);
void add_extract_command(CLI::App& app, int& exit_status);
void add_classify_command(CLI::App& app, int& exit_status);
void add_policy_command(CLI::App& app, int& exit_status);
void add_ledger_command(CLI::App& app, int& exit_status);
void add_fingerprint_command(CLI::App& app, int& exit_status);
void add_camera_command(CLI::App& app, int& exit_status);
void add_canary_command(CLI::App& app, int& exit_status);
void add_selftest_command(CLI::App& app, int& exit_status);
void add_daemon_commands(CLI::App& app, int& exit_status);  // status, reload

}  // namespace sallyport::cli
