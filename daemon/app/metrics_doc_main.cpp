// Prints docs/metrics.md.
#include <cstdio>

#include "daemon/app/metrics_table.h"

int main() {
  return std::fputs(sallyport::metrics_document().c_str(), stdout) < 0 ? 1 : 0;
}
