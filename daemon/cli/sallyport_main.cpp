// The operator's command: see sallyport(1).
#include <CLI/CLI.hpp>

#include "daemon/base/log.h"
#include "daemon/cli/commands.h"

int main(int argc, char** argv) {
  using namespace sallyport::cli;
  CLI::App app("Sallyport: data-loss prevention for sensitive imagery", "sallyport");
  app.set_version_flag("--version", SALLYPORT_VERSION);
  app.require_subcommand(1);
  // What a person at a terminal needs is said by the command itself.
  sallyport::set_log_level(sallyport::LogLevel::kError);
  int exit_status = kExitClean;
  add_scan_command(app, exit_status);
  add_extract_command(app, exit_status);
  add_classify_command(app, exit_status);
  add_policy_command(app, exit_status);
  add_ledger_command(app, exit_status);
  add_fingerprint_command(app, exit_status);
  add_camera_command(app, exit_status);
  add_canary_command(app, exit_status);
  add_selftest_command(app, exit_status);
  add_daemon_commands(app, exit_status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitClean : kExitError;
  }
  return exit_status;
}
