#include "daemon/worker/message.h"

#include <array>
#include <utility>

#include "daemon/base/limits.h"
#include "proto/sallyport/worker/v1/worker.pb.h"

namespace sallyport {
namespace {

namespace wire = worker::v1;

struct KindName {
  FindingKind ours;
  wire::FindingKind theirs;
};
constexpr std::array kKinds{KindName{FindingKind::kFace, wire::FINDING_KIND_FACE},
                            KindName{FindingKind::kPlate, wire::FINDING_KIND_PLATE},
                            KindName{FindingKind::kFingerprint, wire::FINDING_KIND_FINGERPRINT},
                            KindName{FindingKind::kCamera, wire::FINDING_KIND_CAMERA},
                            KindName{FindingKind::kLocalFeatures, wire::FINDING_KIND_LOCAL_FEATURES}};

wire::Outcome outcome_of(const ImageFindings& findings) {
  if (!findings.not_inspected) return wire::OUTCOME_OK;
  switch (*findings.not_inspected) {
    case NotInspected::kTooLarge:
      return wire::OUTCOME_TOO_LARGE;
    case NotInspected::kUnsupportedFormat:
      return wire::OUTCOME_UNSUPPORTED_FORMAT;
    case NotInspected::kDetectorMissing:
      return wire::OUTCOME_DETECTOR_MISSING;
    case NotInspected::kEncryptedArchive:
      return wire::OUTCOME_ENCRYPTED_ARCHIVE;
    case NotInspected::kContainerLimit:
      return wire::OUTCOME_CONTAINER_LIMIT;
    case NotInspected::kExpansionLimit:
      return wire::OUTCOME_EXPANSION_LIMIT;
    case NotInspected::kDeadline:
      return wire::OUTCOME_DEADLINE;
    default:
      return wire::OUTCOME_DECODE_ERROR;
  }
}

void write_detections(const std::vector<Detection>& detections,
                      google::protobuf::RepeatedPtrField<wire::Detection>& to) {
  for (const Detection& detection : detections) {
    wire::Detection& written = *to.Add();
    written.set_x(detection.box.x);
    written.set_y(detection.box.y);
    written.set_width(detection.box.width);
    written.set_height(detection.box.height);
    written.set_score(detection.score);
  }
}

void write_fingerprint(const ImageFindings& findings, wire::ClassifyReply& reply) {
  if (findings.pdq) reply.set_pdq(findings.pdq->data(), findings.pdq->size());
  reply.set_pdq_quality(static_cast<std::uint32_t>(findings.pdq_quality));
  for (const PdqHash& hash : findings.pdq_forms) reply.mutable_pdq_forms()->append(hash.begin(), hash.end());
  if (!findings.local_features) return;
  for (const LocalFeature& point : findings.local_features->points) {
    const Bytes record = as_byte_span(&point, sizeof point);  // little-endian, as this machine is
    reply.mutable_local_features()->append(as_text(record));
  }
  reply.set_luma(findings.local_features->luma.data(), findings.local_features->luma.size());
  reply.set_luma_width(static_cast<std::uint32_t>(findings.local_features->luma_width));
}

void write_camera(const CameraFacts& facts, wire::CameraFacts& to) {
  to.set_make(facts.make.text);
  to.set_model(facts.model.text);
  to.set_serial(facts.serial.text);
  to.set_make_unreadable(facts.make.unreadable);
  to.set_model_unreadable(facts.model.unreadable);
  to.set_serial_unreadable(facts.serial.unreadable);
  if (facts.quantisation) to.set_quantisation(facts.quantisation->data(), facts.quantisation->size());
  to.set_quantisation_unreadable(facts.quantisation_unreadable);
  for (const auto& overlay : facts.overlays) {
    std::string& hash = *to.add_overlays();
    if (overlay) hash.assign(reinterpret_cast<const char*>(overlay->data()), overlay->size());
  }
}

/// Nothing where there are more than may be asked for.
std::optional<std::vector<OverlayRegion>> read_overlays(const wire::ClassifyRequest& request) {
  if (request.overlays_size() > static_cast<int>(limits::kOverlayRegionsMax)) return std::nullopt;
  std::vector<OverlayRegion> regions;
  for (const wire::OverlayRegion& region : request.overlays()) {
    regions.push_back(
        {region.left(), region.top(), region.width(), region.height(), region.image_width(), region.image_height()});
  }
  return regions;
}

wire::ClassifyReply reply_about(std::uint64_t id, const ImageFindings& findings) {
  wire::ClassifyReply reply;
  reply.set_id(id);
  reply.set_outcome(outcome_of(findings));
  reply.set_format(std::string(to_string(findings.format)));
  reply.set_width(static_cast<std::uint32_t>(findings.width));
  reply.set_height(static_cast<std::uint32_t>(findings.height));
  for (const KindName& kind : kKinds) {
    if ((findings.looked_for & bit(kind.ours)) != 0) reply.add_looked_for(kind.theirs);
  }
  write_detections(findings.faces, *reply.mutable_faces());
  write_detections(findings.plates, *reply.mutable_plates());
  write_fingerprint(findings, reply);
  if (findings.camera) write_camera(*findings.camera, *reply.mutable_camera());
  return reply;
}

}  // namespace

std::optional<ReceivedRequest> parse_request(Bytes message) {
  wire::ClassifyRequest parsed;
  if (message.size() > limits::kWorkerMessageBytes) return std::nullopt;
  if (!parsed.ParseFromArray(message.data(), static_cast<int>(message.size()))) return std::nullopt;
  auto overlays = read_overlays(parsed);
  if (!overlays) return std::nullopt;
  ReceivedRequest request{
      parsed.id(),
      parsed.size_bytes(),
      {0, parsed.pixels_max(), std::chrono::milliseconds(parsed.time_max_ms()), std::move(*overlays)}};
  request.inspection.faces = {parsed.faces_enough().count(), parsed.faces_enough().score()};
  request.inspection.plates = {parsed.plates_enough().count(), parsed.plates_enough().score()};
  for (const int wanted : parsed.wanted()) {
    for (const KindName& kind : kKinds) {
      if (kind.theirs == wanted) request.inspection.wanted |= bit(kind.ours);
    }
  }
  return request;
}

std::string encode_reply(std::uint64_t id, const Findings& findings) {
  wire::ClassifyReply reply = reply_about(id, findings);
  reply.set_parts_untold(findings.parts_untold);
  reply.set_trailing_data((findings.evasions & bit(Evasion::kTrailingData)) != 0);
  reply.set_container_framing((findings.evasions & bit(Evasion::kContainerFraming)) != 0);
  return reply.SerializeAsString();
}

std::string encode_part(std::uint64_t id, const Part& part) {
  wire::ClassifyReply reply = reply_about(id, part);
  reply.mutable_part()->set_path(part.path);
  reply.mutable_part()->set_size_bytes(part.size);
  if (part.sha256) reply.mutable_part()->set_sha256(part.sha256->data(), part.sha256->size());
  return reply.SerializeAsString();
}

std::string encode_hello(const Greeting& greeting) {
  wire::Hello hello;
  hello.set_version(SALLYPORT_VERSION);
  hello.set_face_detector(greeting.face_detector);
  hello.set_plate_detector(greeting.plate_detector);
  for (const std::string& layer : greeting.sandbox) hello.add_sandbox(layer);
  return hello.SerializeAsString();
}

}  // namespace sallyport
