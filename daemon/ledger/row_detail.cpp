#include "daemon/ledger/row_detail.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/contract/pdq.h"
#include "proto/sallyport/ledger/v1/ledger.pb.h"

namespace sallyport {
namespace {

namespace v1 = sallyport::ledger::v1;

std::string word(const std::optional<NotInspected>& reason) {
  return reason ? std::string(to_string(*reason)) : std::string();
}

/// A reason that a newer version wrote is still a reason: what was not inspected must not come out clean.
std::optional<NotInspected> reason_of(const std::string& word) {
  if (word.empty()) return std::nullopt;
  return not_inspected_from(word).value_or(NotInspected::kUnknownProtocol);
}

template <class Digest>
void set_digest(const std::optional<Digest>& digest, std::string& to) {
  if (digest) to.assign(reinterpret_cast<const char*>(digest->data()), digest->size());
}
template <class Digest>
void get_digest(const std::string& from, std::optional<Digest>& digest) {
  if (from.size() != sizeof(Digest)) return;
  digest.emplace();
  std::copy_n(reinterpret_cast<const typename Digest::value_type*>(from.data()), from.size(), digest->begin());
}

Action action_of(const std::string& word) {
  for (const Action action : {Action::kAllow, Action::kAlert}) {
    if (to_string(action) == word) return action;
  }
  return Action::kBlock;
}

// --- to bytes

void fill(const ImageFindings& from, v1::Image& to) {
  to.set_looked_for(from.looked_for);
  if (from.format != ContentType::kUnknown) to.set_format(std::string(to_string(from.format)));
  for (const Detection& face : from.faces) to.add_faces(face.score);
  for (const Detection& plate : from.plates) to.add_plates(plate.score);
  for (const FingerprintMatch& match : from.matches) {
    v1::FingerprintMatch& kept = *to.add_matches();
    kept.set_set(match.set);
    kept.set_item(match.item);
    kept.set_exact(match.exact);
    kept.set_distance(static_cast<std::uint32_t>(match.distance));
    if (match.form != PictureForm::kUpright) kept.set_form(std::string(to_string(match.form)));
    kept.set_inliers(static_cast<std::uint32_t>(match.inliers));
    kept.set_covered_percent(static_cast<std::uint32_t>(match.covered_percent));
  }
  for (const CameraMatch& match : from.cameras) {
    v1::CameraMatch& kept = *to.add_cameras();
    kept.set_camera(match.camera);
    kept.set_sign(std::string(to_string(match.sign)));
  }
  to.set_camera_unreadable(from.camera_unreadable);
  if (from.pdq) set_digest(from.pdq, *to.mutable_pdq());
  to.set_pdq_quality(static_cast<std::uint32_t>(from.pdq_quality));
  to.set_not_inspected(word(from.not_inspected));
}

void fill(const Findings& from, v1::Detail& to) {
  fill(static_cast<const ImageFindings&>(from), *to.mutable_object());
  for (const Part& part : from.parts) {
    v1::Image& kept = *to.add_parts();
    fill(part, kept);
    kept.set_path(part.path);
    kept.set_size(part.size);
    if (part.sha256) set_digest(part.sha256, *kept.mutable_sha256());
  }
  to.set_parts_untold(from.parts_untold);
  to.set_camera_set(from.camera_set);
  to.set_found_evasions(from.evasions);
  to.set_face_detector(from.face_detector);
  to.set_plate_detector(from.plate_detector);
}

void fill(const Parties& from, v1::Parties& to) {
  to.set_sender(from.sender.address.to_string());
  to.set_sender_port(from.sender.port);
  to.set_receiver(from.receiver.address.to_string());
  to.set_receiver_port(from.receiver.port);
}

void fill(const Transfer& from, v1::Detail& to) {
  const TransferFacts& facts = from.facts;
  to.set_method(facts.method);
  to.set_form_field(facts.form_field);
  to.set_inside(facts.inside);
  to.set_source(facts.source);
  to.set_media_type(facts.media_type);
  to.set_alpn(facts.alpn);
  for (const Parties& parties : from.other_parties) fill(parties, *to.add_other_parties());
  to.set_has_untold_parties(from.has_untold_parties);
  to.set_status(facts.status);
  to.set_is_pipe(facts.is_pipe);
  if (facts.declared_size) to.set_declared_size(*facts.declared_size);
  to.set_opaque(word(facts.opaque));
  to.set_not_inspected(word(from.not_inspected));
  to.set_ended(from.ended);
  to.set_complete(from.complete);
  to.set_evasions(from.evasions);
  to.set_seen(from.account.seen);
  to.set_repeated_bytes(from.account.repeated);
  to.set_conflicting(from.account.conflicting);
  for (const ByteRange& range : from.account.missing) {
    v1::ByteRange& missing = *to.add_missing();
    missing.set_begin(range.begin);
    missing.set_end(range.end);
  }
}

void fill(const Verdict& from, v1::Detail& to) {
  for (const RuleMatch& match : from.matches) {
    v1::RuleMatch& kept = *to.add_matches();
    kept.set_rule(match.rule);
    kept.set_severity(static_cast<std::uint32_t>(match.severity));
    kept.set_action(std::string(to_string(match.action)));
    kept.set_shadow(match.shadow);
    kept.set_reason(match.reason);
    kept.set_because_not_inspected(word(match.because_not_inspected));
    for (const std::string& tag : match.tags) kept.add_tags(tag);
  }
  to.set_record(from.record);
  for (const std::string& contract : from.permitted_by) to.add_permitted_by(contract);
}

// --- from bytes

void read(const v1::Image& from, ImageFindings& to) {
  to.looked_for = from.looked_for();
  to.format = content_type_from(from.format()).value_or(ContentType::kUnknown);
  for (const float score : from.faces()) to.faces.push_back({{}, score});
  for (const float score : from.plates()) to.plates.push_back({{}, score});
  for (const v1::FingerprintMatch& match : from.matches()) {
    to.matches.push_back({match.set(), match.item(), match.exact(), static_cast<int>(match.distance()),
                          picture_form_from(match.form()), static_cast<int>(match.inliers()),
                          static_cast<int>(match.covered_percent())});
  }
  for (const v1::CameraMatch& match : from.cameras()) {
    to.cameras.push_back({match.camera(), camera_sign_from(match.sign()).value_or(CameraSign::kExif)});
  }
  to.camera_unreadable = from.camera_unreadable();
  get_digest(from.pdq(), to.pdq);
  to.pdq_quality = static_cast<int>(from.pdq_quality());
  to.not_inspected = reason_of(from.not_inspected());
}

void read(const v1::Detail& from, Findings& to) {
  read(from.object(), to);
  for (const v1::Image& image : from.parts()) {
    Part& part = to.parts.emplace_back();
    read(image, part);
    part.path = image.path();
    part.size = image.size();
    get_digest(image.sha256(), part.sha256);
  }
  to.parts_untold = from.parts_untold();
  to.camera_set = from.camera_set();
  to.evasions = from.found_evasions();
  to.face_detector = from.face_detector();
  to.plate_detector = from.plate_detector();
}

Endpoint endpoint_of(const std::string& address, std::uint32_t port) {
  return {IpAddress::parse(address).value_or(IpAddress()), static_cast<std::uint16_t>(port)};
}

void read(const v1::Detail& from, Transfer& to) {
  TransferFacts& facts = to.facts;
  facts.method = from.method();
  facts.form_field = from.form_field();
  facts.inside = from.inside();
  facts.source = from.source();
  facts.media_type = from.media_type();
  facts.alpn = from.alpn();
  to.has_untold_parties = from.has_untold_parties();
  for (const v1::Parties& parties : from.other_parties()) {
    to.other_parties.push_back({endpoint_of(parties.sender(), parties.sender_port()),
                                endpoint_of(parties.receiver(), parties.receiver_port())});
  }
  facts.status = static_cast<std::uint16_t>(from.status());
  facts.is_pipe = from.is_pipe();
  if (from.has_declared_size()) facts.declared_size = from.declared_size();
  facts.opaque = reason_of(from.opaque());
  to.not_inspected = reason_of(from.not_inspected());
  to.ended = from.ended();
  to.complete = from.complete();
  to.evasions = from.evasions();
  to.account.seen = from.seen();
  to.account.repeated = from.repeated_bytes();
  to.account.conflicting = from.conflicting();
  for (const v1::ByteRange& range : from.missing()) to.account.missing.push_back({range.begin(), range.end()});
}

void read(const v1::Detail& from, Verdict& to) {
  for (const v1::RuleMatch& match : from.matches()) {
    RuleMatch& read = to.matches.emplace_back();
    read.rule = match.rule();
    read.severity = static_cast<Severity>(std::clamp<std::uint32_t>(match.severity(), 1, 5));
    read.action = action_of(match.action());
    read.shadow = match.shadow();
    read.reason = match.reason();
    read.because_not_inspected = reason_of(match.because_not_inspected());
    read.tags.assign(match.tags().begin(), match.tags().end());
  }
  to.record = from.record();
  to.permitted_by.assign(from.permitted_by().begin(), from.permitted_by().end());
}

}  // namespace

std::string encode_detail(const Event& event) {
  v1::Detail detail;
  fill(event.transfer, detail);
  fill(event.findings, detail);
  fill(event.verdict, detail);
  return detail.SerializeAsString();
}

bool decode_detail(Bytes bytes, Event& event) {
  v1::Detail detail;
  if (bytes.size() > static_cast<std::size_t>(INT32_MAX)) return false;
  if (!detail.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  read(detail, event.transfer);
  read(detail, event.findings);
  read(detail, event.verdict);
  return true;
}

}  // namespace sallyport
