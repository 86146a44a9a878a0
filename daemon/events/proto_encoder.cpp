#include "daemon/events/proto_encoder.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "daemon/contract/pdq.h"
#include "proto/sallyport/event/v1/event.pb.h"

namespace sallyport {
namespace {

namespace v1 = ::sallyport::event::v1;

v1::Action proto_action(Action action) {
  switch (action) {
    case Action::kAllow:
      return v1::ACTION_ALLOW;
    case Action::kAlert:
      return v1::ACTION_ALERT;
    case Action::kBlock:
      return v1::ACTION_BLOCK;
  }
  return v1::ACTION_UNSPECIFIED;
}

v1::Severity proto_severity(Severity severity) {
  return static_cast<v1::Severity>(severity);
}

v1::Disposition proto_disposition(Disposition disposition) {
  switch (disposition) {
    case Disposition::kAllowed:
      return v1::DISPOSITION_ALLOWED;
    case Disposition::kAlerted:
      return v1::DISPOSITION_ALERTED;
    case Disposition::kBlocked:
      return v1::DISPOSITION_BLOCKED;
    case Disposition::kResetAttempted:
      return v1::DISPOSITION_RESET_ATTEMPTED;
    case Disposition::kBlockTooLate:
      return v1::DISPOSITION_BLOCK_TOO_LATE;
  }
  return v1::DISPOSITION_UNSPECIFIED;
}

std::string word(std::optional<NotInspected> reason) {
  return reason ? std::string(to_string(*reason)) : std::string();
}

std::uint64_t nanoseconds(Timestamp time) {
  const auto count = time.time_since_epoch().count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

std::uint32_t unsigned_of(int number) {
  return number < 0 ? 0U : static_cast<std::uint32_t>(number);
}

void fill(const Endpoint& from, v1::Endpoint& to) {
  to.set_address(from.address.to_string());
  to.set_port(from.port);
}

void fill(const ByteAccount& from, v1::ByteAccount& to) {
  to.set_seen(from.seen);
  to.set_repeated_bytes(from.repeated);
  to.set_conflicting(from.conflicting);
  to.set_delivered(from.delivered);
  to.set_missing_bytes(from.missing_bytes);
  for (const ByteRange& range : from.missing) {
    v1::ByteRange& missing = *to.add_missing();
    missing.set_begin(range.begin);
    missing.set_end(range.end);
  }
}

void fill(const TransferFacts& from, v1::Transfer& to) {
  to.set_protocol(std::string(to_string(from.protocol)));
  fill(from.sender, *to.mutable_sender());
  fill(from.receiver, *to.mutable_receiver());
  to.set_upload(from.upload);
  to.set_method(from.method);
  to.set_host(from.host);
  to.set_path(from.path);
  to.set_file_name(from.file_name);
  to.set_form_field(from.form_field);
  to.set_inside(from.inside);
  to.set_source(from.source);
  to.set_share(from.share);
  to.set_user(from.user);
  to.set_media_type(from.media_type);
  to.set_alpn(from.alpn);
  to.set_status(from.status);
  to.set_is_pipe(from.is_pipe);
  if (from.declared_size) to.set_declared_size(*from.declared_size);
}

void fill(const Transfer& from, v1::Transfer& to) {
  fill(from.facts, to);
  to.set_begun_ns(nanoseconds(from.begun));
  to.set_last_seen_ns(nanoseconds(from.last_seen));
  to.set_complete(from.complete);
  to.set_size(from.size);
  fill(from.account, *to.mutable_account());
  to.set_content(std::string(to_string(from.content)));
  if (from.sha256) to.set_sha256(from.sha256->data(), from.sha256->size());
  to.set_not_inspected(word(from.not_inspected));
  for (const std::string_view evasion : to_strings(from.evasions)) to.add_evasions(std::string(evasion));
  for (const Parties& parties : from.other_parties) {
    v1::Parties& others = *to.add_other_parties();
    fill(parties.sender, *others.mutable_sender());
    fill(parties.receiver, *others.mutable_receiver());
  }
  to.set_has_untold_parties(from.has_untold_parties);
}

void fill(const Detection& from, v1::Detection& to) {
  to.set_x(from.box.x);
  to.set_y(from.box.y);
  to.set_width(from.box.width);
  to.set_height(from.box.height);
  to.set_score(from.score);
}

void fill(const FingerprintMatch& from, v1::FingerprintMatch& to) {
  to.set_set(from.set);
  to.set_item(from.item);
  to.set_exact(from.exact);
  to.set_distance(unsigned_of(from.distance));
  if (from.form != PictureForm::kUpright) to.set_form(std::string(to_string(from.form)));
  to.set_inliers(unsigned_of(from.inliers));
  to.set_covered_percent(unsigned_of(from.covered_percent));
}

template <class Message>
void fill_cameras(const ImageFindings& from, Message& to) {
  for (const CameraMatch& match : from.cameras) {
    v1::CameraMatch& camera = *to.add_cameras();
    camera.set_camera(match.camera);
    camera.set_sign(std::string(to_string(match.sign)));
  }
  to.set_camera_unreadable(from.camera_unreadable);
}

void fill(const Part& from, v1::Part& to) {
  to.set_path(from.path);
  to.set_size(from.size);
  if (from.sha256) to.set_sha256(from.sha256->data(), from.sha256->size());
  to.set_format(std::string(to_string(from.format)));
  to.set_width(unsigned_of(from.width));
  to.set_height(unsigned_of(from.height));
  for (const Detection& face : from.faces) fill(face, *to.add_faces());
  for (const Detection& plate : from.plates) fill(plate, *to.add_plates());
  for (const FingerprintMatch& match : from.matches) fill(match, *to.add_matches());
  if (from.pdq) to.set_pdq(from.pdq->data(), from.pdq->size());
  to.set_pdq_quality(unsigned_of(from.pdq_quality));
  fill_cameras(from, to);
  to.set_not_inspected(word(from.not_inspected));
}

void fill(const Findings& from, v1::Findings& to) {
  if (from.looked_for & bit(FindingKind::kFace)) to.add_looked_for("face");
  if (from.looked_for & bit(FindingKind::kPlate)) to.add_looked_for("plate");
  if (from.looked_for & bit(FindingKind::kFingerprint)) to.add_looked_for("fingerprint");
  if (found_in_part(from) & bit(FindingKind::kFace)) to.add_at_least("face");
  if (found_in_part(from) & bit(FindingKind::kPlate)) to.add_at_least("plate");
  if (from.looked_for & bit(FindingKind::kCamera)) to.add_looked_for("camera");
  to.set_format(std::string(to_string(from.format)));
  to.set_width(unsigned_of(from.width));
  to.set_height(unsigned_of(from.height));
  for (const Detection& face : from.faces) fill(face, *to.add_faces());
  for (const Detection& plate : from.plates) fill(plate, *to.add_plates());
  for (const FingerprintMatch& match : from.matches) fill(match, *to.add_matches());
  if (from.pdq) to.set_pdq(from.pdq->data(), from.pdq->size());
  to.set_pdq_quality(unsigned_of(from.pdq_quality));
  fill_cameras(from, to);
  to.set_face_detector(from.face_detector);
  to.set_plate_detector(from.plate_detector);
  for (const Part& part : from.parts) fill(part, *to.add_parts());
  to.set_parts_untold(from.parts_untold);
  to.set_not_inspected(word(from.not_inspected));
}

void fill(const RuleMatch& from, v1::RuleMatch& to) {
  to.set_rule(from.rule);
  to.set_severity(proto_severity(from.severity));
  to.set_action(proto_action(from.action));
  to.set_shadow(from.shadow);
  to.set_reason(from.reason);
  to.set_because_not_inspected(word(from.because_not_inspected));
  for (const std::string& tag : from.tags) to.add_tags(tag);
}

void fill(const Verdict& from, v1::Verdict& to) {
  to.set_action(proto_action(from.action));
  to.set_severity(proto_severity(from.severity));
  for (const RuleMatch& match : from.matches) fill(match, *to.add_matches());
  to.set_not_inspected(word(from.not_inspected));
  to.set_policy_digest(from.policy_digest);
  to.set_record(from.record);
  for (const std::string& contract : from.permitted_by) to.add_permitted_by(contract);
}

v1::Event message_of(const Event& event) {
  v1::Event message;
  message.set_id(event.id);
  message.set_sensor(event.sensor);
  message.set_time_ns(nanoseconds(event.time));
  fill(event.transfer, *message.mutable_transfer());
  fill(event.findings, *message.mutable_findings());
  fill(event.verdict, *message.mutable_verdict());
  message.set_disposition(proto_disposition(event.disposition));
  message.set_front_end(event.front_end);
  message.set_inspection_ns(static_cast<std::uint64_t>(event.inspection_time.count()));
  message.set_version(SALLYPORT_VERSION);
  return message;
}

}  // namespace

std::string encode_proto(const Event& event) {
  return message_of(event).SerializeAsString();
}

std::string encode_proto_delimited(const Event& event) {
  const std::string message = encode_proto(event);
  std::string delimited;
  {
    google::protobuf::io::StringOutputStream stream(&delimited);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.WriteVarint32(static_cast<std::uint32_t>(message.size()));
    coded.WriteString(message);
  }
  return delimited;
}

}  // namespace sallyport
