// Images to findings, seen from the pipeline. What stands behind it - local workers now, a queue of remote ones later -
// is nobody's business here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/sha256.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/object_bytes.h"

namespace sallyport {

struct ClassifyRequest {
  std::shared_ptr<const ObjectBytes> object;
  Sha256Digest sha256{};  ///< of object->bytes(); also the key of the result cache
  ContentType content = ContentType::kUnknown;
  FindingSet wanted = 0;  ///< look for these only,
  Enough faces = {};      ///< and for no more of them than this
  Enough plates = {};
  std::vector<OverlayRegion> overlays = {};  ///< where cameras are wanted: at most limits::kOverlayRegionsMax
  std::chrono::milliseconds deadline{2000};  ///< from now; then the answer is NotInspected::kDeadline
};

/// Any thread may call; never blocks.
class Classifier {
 public:
  virtual ~Classifier() = default;

  /// `done` is called exactly once, on any thread, possibly before this returns; also at the deadline, when the worker
  /// dies, when the queue is full and at shutdown: then Findings::not_inspected says why.
  virtual void classify(ClassifyRequest request, std::function<void(Findings)> done) = 0;
};

}  // namespace sallyport
