#include "daemon/worker/object_inspector.h"

#include <algorithm>
#include <chrono>
#include <exception>

#include "daemon/base/limits.h"
#include "daemon/worker/image_header.h"
#include "daemon/worker/unpack/container_type.h"
#include "daemon/worker/unpack/unpacker.h"

namespace sallyport {
namespace {

/// What the header says, for a request that wants nothing of the pixels.
ImageFindings header_of(Bytes image) {
  const ImageHeader header = read_image_header(image);
  ImageFindings findings;
  findings.format = header.format;
  findings.width = static_cast<int>(std::min(header.width, limits::kImageSideMax));
  findings.height = static_cast<int>(std::min(header.height, limits::kImageSideMax));
  return findings;
}

/// Looks at the parts as they come, and keeps in mind what that means for the whole.
class Parts : public PartSink {
 public:
  Parts(ImageInspector& images, const InspectionRequest& request, const std::function<void(const Part&)>& tell)
      : images_(images), request_(request), tell_(tell) {}

  void image(const std::string& path, Bytes bytes) override {
    if (is_full()) return;
    Part part;
    static_cast<ImageFindings&>(part) = request_.wanted == 0 ? header_of(bytes) : images_.inspect(bytes, request_);
    part.sha256 = Sha256::of(bytes);
    part.size = bytes.size();
    add(path, part);
  }

  void bitmap(const std::string& path, const RawBitmap& bitmap) override {
    if (is_full()) return;
    Part part;
    if (request_.wanted != 0) {
      const int type = bitmap.channels == 3 ? CV_8UC3 : CV_8UC1;
      const cv::Mat pixels(bitmap.height, bitmap.width, type, const_cast<std::byte*>(bitmap.pixels.data()));
      static_cast<ImageFindings&>(part) = images_.inspect_pixels(pixels, request_);
    }
    part.format = ContentType::kOther;
    part.width = bitmap.width;
    part.height = bitmap.height;
    if (bitmap.is_cut && !part.not_inspected) part.not_inspected = NotInspected::kDecodeError;
    part.sha256 = Sha256::of(bitmap.samples);
    part.size = bitmap.samples.size();
    add(path, part);
  }

  void not_inspected(const std::string& path, NotInspected reason, ContentType type) override {
    if (path.empty()) return note(reason);
    if (is_full()) return;
    Part part;
    part.format = type;
    part.not_inspected = reason;
    add(path, part);
  }

  std::optional<NotInspected> reason() const { return reason_; }
  FindingSet looked_for() const { return looked_for_; }
  std::uint64_t untold() const { return untold_; }

 private:
  bool is_full() {
    if (told_ < limits::kPartsMax) return false;
    ++untold_;
    note(NotInspected::kContainerLimit);
    return true;
  }

  void note(NotInspected reason) {
    // A detector that is not installed says less than anything else.
    if (!reason_ || *reason_ == NotInspected::kDetectorMissing) reason_ = reason;
  }

  void add(const std::string& path, Part& part) {
    part.path = path;
    ++told_;
    if (part.not_inspected) note(*part.not_inspected);
    if (part.sha256) looked_for_ &= part.looked_for;
    tell_(part);
  }

  ImageInspector& images_;
  const InspectionRequest& request_;
  const std::function<void(const Part&)>& tell_;
  std::size_t told_ = 0;
  std::uint64_t untold_ = 0;
  std::optional<NotInspected> reason_;
  FindingSet looked_for_ = ~FindingSet{0};
};

std::function<bool()> deadline_after(std::chrono::milliseconds time_max) {
  if (time_max.count() == 0) return [] { return false; };
  return [end = std::chrono::steady_clock::now() + time_max] { return std::chrono::steady_clock::now() > end; };
}

/// The image that the object is, if it is one.
Findings findings_of_object(ImageInspector& images, Bytes object, const InspectionRequest& request) {
  Findings findings;
  const ContentType type = type_for_unpacking(object);
  if (!is_image(type)) {
    findings.format = type;
    findings.looked_for = request.wanted;
  } else if (request.wanted == 0) {
    static_cast<ImageFindings&>(findings) = header_of(object);
  } else {
    findings = images.inspect(object, request);
  }
  return findings;
}

void combine(const Parts& parts, std::optional<NotInspected> spent, Findings& findings) {
  const std::optional<NotInspected> reason = spent ? spent : parts.reason();
  findings.looked_for &= parts.looked_for();
  findings.parts_untold = parts.untold();
  if (!reason || (findings.not_inspected && findings.not_inspected != NotInspected::kDetectorMissing)) return;
  findings.not_inspected = reason;
  // What was not had could have answered any question.
  if (*reason != NotInspected::kDetectorMissing) findings.looked_for = 0;
}

}  // namespace

Findings ObjectInspector::inspect(Bytes object, const InspectionRequest& request,
                                  const std::function<void(const Part&)>& tell) {
  Findings findings = findings_of_object(images_, object, request);
  Parts parts(images_, request, tell);
  UnpackBudget budget(object.size(), deadline_after(request.time_max));
  Unpacker unpacker(budget, parts);
  try {
    unpacker.unpack(object);
  } catch (const std::exception&) {  // out of the memory that the sandbox grants
    budget.spend(NotInspected::kContainerLimit);
  }
  findings.evasions = unpacker.evasions();
  combine(parts, budget.spent(), findings);
  return findings;
}

}  // namespace sallyport
