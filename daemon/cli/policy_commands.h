// The sub-commands of `sallyport policy` that have a file of their own.
#pragma once

namespace CLI {
class App;
}

namespace sallyport::cli {

void add_policy_check_command(CLI::App& policy, int& exit_status);
void add_policy_diff_command(CLI::App& policy, int& exit_status);
void add_policy_test_command(CLI::App& policy, int& exit_status);
void add_policy_explain_command(CLI::App& policy, int& exit_status);
void add_policy_fmt_command(CLI::App& policy, int& exit_status);
void add_policy_nft_command(CLI::App& policy, int& exit_status);
void add_policy_promote_command(CLI::App& policy, int& exit_status);
void add_policy_replay_command(CLI::App& policy, int& exit_status);

}  // namespace sallyport::cli
