#include "daemon/worker/network/kernels.h"

namespace sallyport {
namespace {

bool has_avx2() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

}  // namespace

const Kernels& kernels() {
  static const bool best = has_avx2();
  return best ? kAvx2Kernels : kBaselineKernels;
}

}  // namespace sallyport
