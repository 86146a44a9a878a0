// The daemon: see sallyportd(8).
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <climits>
#include <cstdio>
#include <string>

#include "daemon/app/config.h"
#include "daemon/app/daemon.h"
#include "daemon/base/log.h"

namespace {

using namespace sallyport;

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "sallyport";
}

int run(const std::string& config_path, bool check_only) {
  auto loaded = load_config_file(config_path);
  if (!loaded) {
    std::fprintf(stderr, "sallyportd: %s\n", loaded.error().message.c_str());
    return kExitBadConfig;
  }
  for (const policy::Diagnostic& diagnostic : loaded->diagnostics)
    std::fputs(policy::to_text(diagnostic).c_str(), stderr);
  if (!loaded->config) return kExitBadConfig;
  if (check_only) return kExitOk;
  Config config = std::move(*loaded->config);
  if (config.sensor.empty()) config.sensor = host_name();
  set_log_level(config.log_level);
  return Daemon(std::move(config)).run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sallyport's daemon: inspects what passes a gateway, alerts and blocks", "sallyportd");
  std::string config_path = "/etc/sallyport/sallyport.yaml";
  bool check_only = false;
  app.add_option("--config", config_path, "configuration file")->capture_default_str();
  app.add_flag("--check", check_only, "only check the configuration file; exit status 78 when it is bad");
  app.set_version_flag("--version", SALLYPORT_VERSION);
  CLI11_PARSE(app, argc, argv);
  return run(config_path, check_only);
}
