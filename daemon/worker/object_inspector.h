// One object to its findings: the image that it is, and every image that lies inside it.
#pragma once

#include <functional>

#include "daemon/base/bytes.h"
#include "daemon/contract/finding.h"
#include "daemon/worker/image_inspector.h"

namespace sallyport {

/// One thread. Knows nothing of messages, files or the sandbox.
class ObjectInspector {
 public:
  explicit ObjectInspector(ImageInspector& images) : images_(images) {}

  /// `tell` gets each part as soon as it was looked at, at most limits::kPartsMax of them; the result, which is about
  /// the whole, holds none. Findings::not_inspected is set when anything inside was not looked at. Nothing wanted:
  /// images are found and hashed, not decoded. Never throws.
  Findings inspect(Bytes object, const InspectionRequest& request, const std::function<void(const Part&)>& tell);

 private:
  ImageInspector& images_;
};

}  // namespace sallyport
