// For every processor. Two pixels at a time: without AVX a vector takes two of sixteen registers.
#define SALLYPORT_KERNELS baseline
#define SALLYPORT_TILE_ROWS 2
#include "daemon/worker/network/kernels_code.h"

namespace sallyport {

const Kernels kBaselineKernels{baseline::multiply, baseline::depthwise};

}  // namespace sallyport
