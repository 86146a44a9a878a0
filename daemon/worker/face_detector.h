// Which face detector there is: the network where its model is installed, else the cascade of the system.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"

namespace sallyport {

/// yunet_n_640_640.onnx in `model_dir`, else the first yunet*.onnx by name, else haarcascade_frontalface_alt2.xml in
/// `cascade_dir`. A null pointer when there is none of them; an Error when one is there and cannot be used: a worker
/// never falls back silently to the weaker detector.
Result<std::unique_ptr<Detector>> load_face_detector(const std::filesystem::path& model_dir,
                                                     const std::filesystem::path& cascade_dir);

}  // namespace sallyport
