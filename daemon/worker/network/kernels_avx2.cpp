// For x86 with AVX2 and FMA, as CMakeLists.txt has this file compiled. Six pixels by two vectors are twelve sums of
// sixteen registers.
#define SALLYPORT_KERNELS avx2
#define SALLYPORT_TILE_ROWS 6
#include "daemon/worker/network/kernels_code.h"

namespace sallyport {

const Kernels kAvx2Kernels{avx2::multiply, avx2::depthwise};

}  // namespace sallyport
