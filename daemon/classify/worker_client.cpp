#include "daemon/classify/worker_client.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include "daemon/base/descriptor_message.h"
#include "daemon/base/limits.h"
#include "daemon/base/unique_fd.h"
#include "daemon/base/write_whole.h"
#include "proto/sallyport/worker/v1/worker.pb.h"

namespace sallyport {
namespace {

namespace wire = worker::v1;

constexpr int kDetectionsMax = 256;
constexpr std::uint32_t kSideMax = limits::kImageSideMax;
constexpr std::size_t kLabelBytesMax = 128;
constexpr std::int64_t kTimeMaxMs = 24L * 3600 * 1000;

constexpr struct {
  FindingKind kind;
  wire::FindingKind wire_kind;
} kKinds[] = {{FindingKind::kFace, wire::FINDING_KIND_FACE},
              {FindingKind::kPlate, wire::FINDING_KIND_PLATE},
              {FindingKind::kFingerprint, wire::FINDING_KIND_FINGERPRINT},
              {FindingKind::kCamera, wire::FINDING_KIND_CAMERA},
              {FindingKind::kLocalFeatures, wire::FINDING_KIND_LOCAL_FEATURES}};

bool is_label(const std::string& text) {
  return text.size() <= kLabelBytesMax &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

std::optional<FindingSet> looked_for(const wire::ClassifyReply& reply, FindingSet wanted) {
  FindingSet set = 0;
  for (const int value : reply.looked_for()) {
    for (const auto& [kind, wire_kind] : kKinds) {
      if (value == wire_kind) set |= bit(kind);
    }
  }
  if ((set & ~wanted) != 0) return std::nullopt;
  return set;
}

/// False when the outcome is no outcome.
bool apply_outcome(wire::Outcome outcome, ImageFindings& findings) {
  switch (outcome) {
    case wire::OUTCOME_OK:
      return true;
    case wire::OUTCOME_DECODE_ERROR:
      findings.not_inspected = NotInspected::kDecodeError;
      return true;
    case wire::OUTCOME_UNSUPPORTED_FORMAT:
      findings.not_inspected = NotInspected::kUnsupportedFormat;
      return true;
    case wire::OUTCOME_TOO_LARGE:
      findings.not_inspected = NotInspected::kTooLarge;
      return true;
    case wire::OUTCOME_DETECTOR_MISSING:
      findings.not_inspected = NotInspected::kDetectorMissing;
      return true;
    case wire::OUTCOME_ENCRYPTED_ARCHIVE:
      findings.not_inspected = NotInspected::kEncryptedArchive;
      return true;
    case wire::OUTCOME_CONTAINER_LIMIT:
      findings.not_inspected = NotInspected::kContainerLimit;
      return true;
    case wire::OUTCOME_EXPANSION_LIMIT:
      findings.not_inspected = NotInspected::kExpansionLimit;
      return true;
    case wire::OUTCOME_DEADLINE:
      findings.not_inspected = NotInspected::kDeadline;
      return true;
    default:
      return false;
  }
}

bool is_inside(const wire::Detection& detection) {
  const auto fits = [](std::int32_t value) {
    return value >= -static_cast<std::int32_t>(kSideMax) && value <= static_cast<std::int32_t>(kSideMax);
  };
  return fits(detection.x()) && fits(detection.y()) && detection.width() >= 0 && detection.height() >= 0 &&
         fits(detection.width()) && fits(detection.height()) && std::isfinite(detection.score()) &&
         detection.score() >= 0 && detection.score() <= 1;
}

template <class Repeated>
bool copy_detections(const Repeated& from, bool was_wanted, std::vector<Detection>& to) {
  if (from.size() > kDetectionsMax || (from.size() > 0 && !was_wanted)) return false;
  for (const wire::Detection& detection : from) {
    if (!is_inside(detection)) return false;
    to.push_back({{detection.x(), detection.y(), detection.width(), detection.height()}, detection.score()});
  }
  return true;
}

bool copy_pdq(const wire::ClassifyReply& reply, ImageFindings& findings) {
  if (reply.pdq_quality() > 100) return false;
  findings.pdq_quality = static_cast<int>(reply.pdq_quality());
  if (reply.pdq().empty()) return true;
  PdqHash hash;
  if (reply.pdq().size() != hash.size()) return false;
  std::memcpy(hash.data(), reply.pdq().data(), hash.size());
  findings.pdq = hash;
  return true;
}

bool copy_camera_text(const std::string& text, bool unreadable, CameraText& to) {
  if (text.size() > limits::kCameraTextBytesMax) return false;
  if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= ' ' && c <= '~'; })) return false;
  to = {text, unreadable};
  return true;
}

/// Nothing, or exactly the bytes of a digest.
template <class Digest>
bool copy_digest(const std::string& bytes, std::optional<Digest>& to) {
  if (bytes.empty()) return true;
  if (bytes.size() != sizeof(Digest)) return false;
  std::memcpy(to.emplace().data(), bytes.data(), bytes.size());
  return true;
}

bool copy_camera(const wire::ClassifyReply& reply, const ExpectedReply& expected, ImageFindings& findings) {
  if (!reply.has_camera()) return true;
  if ((expected.wanted & bit(FindingKind::kCamera)) == 0) return false;
  const wire::CameraFacts& from = reply.camera();
  CameraFacts& to = findings.camera.emplace();
  if (static_cast<std::size_t>(from.overlays_size()) != expected.overlays) return false;
  for (const std::string& overlay : from.overlays()) {
    if (!copy_digest(overlay, to.overlays.emplace_back())) return false;
  }
  to.quantisation_unreadable = from.quantisation_unreadable();
  return copy_camera_text(from.make(), from.make_unreadable(), to.make) &&
         copy_camera_text(from.model(), from.model_unreadable(), to.model) &&
         copy_camera_text(from.serial(), from.serial_unreadable(), to.serial) &&
         copy_digest(from.quantisation(), to.quantisation);
}

bool copy_pdq_forms(const std::string& from, std::vector<PdqHash>& to) {
  if (from.empty()) return true;
  to.resize(kPictureForms - 1);
  if (from.size() != to.size() * sizeof(PdqHash)) return false;
  std::memcpy(to.data(), from.data(), from.size());
  return true;
}

bool copy_luma(const wire::ClassifyReply& reply, LocalFeatures& to) {
  const std::uint32_t width = reply.luma_width();
  const std::size_t size = reply.luma().size();
  if (width == 0 || width > limits::kLumaSide || size == 0 || size % width != 0) return false;
  if (size / width > limits::kLumaSide) return false;
  to.luma.assign(reply.luma().begin(), reply.luma().end());
  to.luma_width = static_cast<int>(width);
  to.luma_height = static_cast<int>(size / width);
  return true;
}

bool copy_local_features(const wire::ClassifyReply& reply, bool was_wanted, ImageFindings& findings) {
  const std::string& from = reply.local_features();
  if (from.empty() && reply.luma().empty()) return true;
  const std::size_t count = from.size() / sizeof(LocalFeature);
  if (!was_wanted || from.size() % sizeof(LocalFeature) != 0 || count > limits::kLocalFeaturesMax) return false;
  auto copy = std::make_shared<LocalFeatures>();
  copy->points.resize(count);
  if (count > 0) std::memcpy(copy->points.data(), from.data(), from.size());
  const bool levels_fit = std::all_of(copy->points.begin(), copy->points.end(),
                                      [](const LocalFeature& point) { return point.level < kFeatureLevels; });
  if (!levels_fit || !copy_luma(reply, *copy)) return false;
  findings.local_features = std::move(copy);
  return true;
}

/// False when a field is out of its range.
bool copy_image(const wire::ClassifyReply& reply, const ExpectedReply& expected, ImageFindings& findings) {
  const FindingSet wanted = expected.wanted;
  const auto looked = looked_for(reply, wanted);
  const auto format = content_type_from(reply.format().empty() ? "unknown" : reply.format());
  if (!looked || !format || reply.width() > kSideMax || reply.height() > kSideMax) return false;
  if (!apply_outcome(reply.outcome(), findings)) return false;
  findings.looked_for = *looked;
  findings.format = *format;
  findings.width = static_cast<int>(reply.width());
  findings.height = static_cast<int>(reply.height());
  return copy_detections(reply.faces(), wanted & bit(FindingKind::kFace), findings.faces) &&
         copy_detections(reply.plates(), wanted & bit(FindingKind::kPlate), findings.plates) &&
         copy_pdq(reply, findings) && copy_pdq_forms(reply.pdq_forms(), findings.pdq_forms) &&
         copy_camera(reply, expected, findings) &&
         copy_local_features(reply, wanted & bit(FindingKind::kLocalFeatures), findings);
}

/// A name from inside a container goes to events and terminals: it must not steer either.
bool is_path(const std::string& text) {
  return !text.empty() && text.size() <= limits::kPartPathBytesMax &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool copy_part(const wire::ClassifyReply& reply, const ExpectedReply& expected, Part& part) {
  if (!copy_image(reply, expected, part) || !is_path(reply.part().path())) return false;
  part.path = reply.part().path();
  part.size = reply.part().size_bytes();
  return copy_digest(reply.part().sha256(), part.sha256);
}

void copy_signs(const wire::ClassifyReply& reply, Findings& findings) {
  findings.parts_untold = reply.parts_untold();
  if (reply.trailing_data()) findings.evasions |= bit(Evasion::kTrailingData);
  if (reply.container_framing()) findings.evasions |= bit(Evasion::kContainerFraming);
}

std::string serialise_request(std::uint64_t id, const ClassifyRequest& asked, const WorkerBounds& bounds) {
  wire::ClassifyRequest request;
  request.set_id(id);
  request.set_size_bytes(asked.object->bytes().size());
  request.set_pixels_max(bounds.pixels_max);
  request.set_time_max_ms(static_cast<std::uint32_t>(std::clamp<std::int64_t>(bounds.time_max.count(), 1, kTimeMaxMs)));
  for (const auto& [kind, wire_kind] : kKinds) {
    if (asked.wanted & bit(kind)) request.add_wanted(wire_kind);
  }
  for (const auto& [enough, to] : {std::pair{asked.faces, request.mutable_faces_enough()},
                                   std::pair{asked.plates, request.mutable_plates_enough()}}) {
    to->set_count(enough.count);
    to->set_score(enough.score);
  }
  for (const OverlayRegion& region : asked.overlays) {
    wire::OverlayRegion& written = *request.add_overlays();
    written.set_left(region.left);
    written.set_top(region.top);
    written.set_width(region.width);
    written.set_height(region.height);
    written.set_image_width(region.image_width);
    written.set_image_height(region.image_height);
  }
  return request.SerializeAsString();
}

Result<UniqueFd> sealed_copy(Bytes bytes) {
  UniqueFd fd(::memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return fail_errno("memfd_create for a worker");
  if (!write_whole(fd.get(), bytes)) return fail_errno("write to a memfd");
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail_errno("seal a memfd");
  }
  return fd;
}

}  // namespace

std::optional<WorkerHello> parse_worker_hello(Bytes message) {
  wire::Hello hello;
  if (!hello.ParseFromArray(message.data(), static_cast<int>(message.size()))) return std::nullopt;
  WorkerHello parsed{
      hello.version(), hello.face_detector(), hello.plate_detector(), {hello.sandbox().begin(), hello.sandbox().end()}};
  const bool good = is_label(parsed.version) && is_label(parsed.face_detector) && is_label(parsed.plate_detector) &&
                    std::all_of(parsed.sandbox.begin(), parsed.sandbox.end(), is_label);
  return good ? std::optional(std::move(parsed)) : std::nullopt;
}

ReplyKind parse_classify_reply(Bytes message, const ExpectedReply& expected, const WorkerHello& hello,
                               Findings& findings) {
  wire::ClassifyReply reply;
  if (message.size() > kWorkerMessageBytesMax) return ReplyKind::kBad;
  if (!reply.ParseFromArray(message.data(), static_cast<int>(message.size()))) return ReplyKind::kBad;
  if (reply.id() != expected.id) return ReplyKind::kBad;
  if (reply.has_part()) {
    Part part;
    if (findings.parts.size() >= limits::kPartsMax || !copy_part(reply, expected, part)) return ReplyKind::kBad;
    if (part.local_features && findings.parts.size() >= limits::kFeaturePartsMax) {
      part.local_features = nullptr;
      if (!part.not_inspected) part.not_inspected = NotInspected::kContainerLimit;
    }
    findings.parts.push_back(std::move(part));
    return ReplyKind::kPart;
  }
  if (!copy_image(reply, expected, findings)) return ReplyKind::kBad;
  copy_signs(reply, findings);
  FindingSet looked = 0;
  for_each_image(findings,
                 [&looked](const ImageFindings& image) { looked |= image.looked_for | found_in_part(image); });
  if (looked & bit(FindingKind::kFace)) findings.face_detector = hello.face_detector;
  if (looked & bit(FindingKind::kPlate)) findings.plate_detector = hello.plate_detector;
  return ReplyKind::kLast;
}

Status send_classify_request(int socket, std::uint64_t id, const ClassifyRequest& request, const WorkerBounds& bounds) {
  const Bytes bytes = request.object->bytes();
  UniqueFd copy;
  int descriptor = request.object->memfd();
  if (descriptor < 0) {
    Result<UniqueFd> made = sealed_copy(bytes);
    if (!made) return tl::unexpected(made.error());
    copy = std::move(*made);
    descriptor = copy.get();
  }
  const std::string message = serialise_request(id, request, bounds);
  if (!send_message(socket, as_byte_span(message), descriptor, MSG_DONTWAIT)) return fail_errno("send to a worker");
  return {};
}

}  // namespace sallyport
