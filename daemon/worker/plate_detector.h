// Which detector of licence plates there is: a cascade of the system, until a trained network takes its place here.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"

namespace sallyport {

/// haarcascade_russian_plate_number.xml in `cascade_dir`; it finds plates of the European shape. A null pointer when
/// the file is not there, an Error when it cannot be used.
Result<std::unique_ptr<Detector>> load_plate_detector(const std::filesystem::path& cascade_dir);

}  // namespace sallyport
