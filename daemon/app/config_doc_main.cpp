// Prints docs/config-reference.md.
#include <cstdio>

#include "daemon/app/config.h"

int main() {
  return std::fputs(sallyport::config_document().c_str(), stdout) < 0 ? 1 : 0;
}
