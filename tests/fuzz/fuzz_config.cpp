// The text of sallyport.yaml. Either it loads, or a diagnostic says why not.
#include "daemon/app/config.h"
#include "daemon/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const ConfigLoad load = load_config_text(std::string(as_text(as_byte_span(data, size))), "fuzz", "/");
  SALLYPORT_CHECK(load.config || !load.diagnostics.empty());
  return 0;
}
