// Which detector of licence plates there is: a network where its model is, else the cascade of the system.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"

namespace sallyport {

/// plates.onnx in `model_dir` (the administrator's), else in `shipped_dir` (what came with the program; made by
/// deploy/models/plates), else haarcascade_russian_plate_number.xml in `cascade_dir`. A null pointer when there is none
/// of them; an Error when one is there and cannot be used: a worker never falls back silently to the weaker detector.
Result<std::unique_ptr<Detector>> load_plate_detector(const std::filesystem::path& model_dir,
                                                      const std::filesystem::path& shipped_dir,
                                                      const std::filesystem::path& cascade_dir);

/// The folder `models` beside this program (a build tree), else where models are installed.
std::filesystem::path default_shipped_dir();

}  // namespace sallyport
