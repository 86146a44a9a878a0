// Makes the libraries do, before the sandbox, whatever they do only the first time.
#pragma once

#include "daemon/worker/image_inspector.h"

namespace sallyport {

/// Draws a picture, encodes it in every format that OpenCV can write and has each inspected for everything: lazy
/// initialisation reads files, asks for processors and allocates, which the sandbox would answer with death.
void warm_up(ImageInspector& inspector);

}  // namespace sallyport
