// Writes docs/policy-reference.md to standard output.
#include <cstdio>

#include "policy/schema_doc.h"

int main() {
  const std::string text = sallyport::policy::schema_reference();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
