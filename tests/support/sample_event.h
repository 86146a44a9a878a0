// An event with every field set, for encoder and sink tests. Addresses are of the documentation ranges (RFC 5737, RFC
// 3849).
#pragma once

#include <chrono>
#include <string>

#include "daemon/contract/event.h"

namespace sallyport::test {

inline Transfer sample_transfer() {
  Transfer transfer;
  TransferFacts& facts = transfer.facts;
  facts.protocol = Protocol::kHttp1;
  facts.sender = {*IpAddress::parse("192.0.2.7"), 50122};
  facts.receiver = {*IpAddress::parse("2001:db8::9"), 80};
  facts.method = "POST";
  facts.host = "upload.example";
  facts.path = "/in/cards.jpg?token=s3cret&n=2";
  facts.file_name = "cards.jpg";
  facts.form_field = "scan";
  facts.inside = "base64";
  facts.source = "/in/copied.jpg";
  facts.user = "EXAMPLE\\alice";
  facts.media_type = "text/plain";
  facts.etag = "\"abc\"";
  facts.alpn = "h2,http/1.1";
  facts.declared_size = 1000;
  transfer.other_parties = {{{*IpAddress::parse("192.0.2.8"), 50123}, {*IpAddress::parse("2001:db8::a"), 80}}};
  transfer.begun = Timestamp(std::chrono::seconds(1700000000));
  transfer.last_seen = transfer.begun + std::chrono::milliseconds(1500);
  transfer.ended = true;
  transfer.size = 1000;
  transfer.account = {900, 10, 5, 400, {{100, 150}, {200, 250}}, 100};
  transfer.content = ContentType::kJpeg;
  transfer.sha256 = Sha256::of(as_byte_span(std::string_view("object")));
  transfer.not_inspected = NotInspected::kGap;
  transfer.evasions = bit(Evasion::kTypeMismatch) | bit(Evasion::kTcpOverlap);
  return transfer;
}

inline Findings sample_findings() {
  Findings findings;
  findings.looked_for = kAllFindings;
  findings.format = ContentType::kJpeg;
  findings.width = 640;
  findings.height = 480;
  findings.faces = {{{10, 20, 30, 40}, 0.875F}, {{50, 60, 30, 40}, 0.75F}};
  findings.plates = {{{1, 2, 3, 4}, 0.5F}};
  findings.matches = {{"cards", "front", false, 12}};
  findings.cameras = {{"lane-4", CameraSign::kQuantisation}};
  findings.camera_unreadable = true;
  findings.camera_set = 17;
  findings.pdq = PdqHash{};
  findings.pdq_quality = 88;
  findings.face_detector = "yunet_n_640_640@25a606a1";
  findings.plate_detector = "haar_plate";
  Part part;
  part.path = "zip:a.jpg";
  part.size = 10;
  findings.parts = {part};
  findings.parts_untold = 1;
  return findings;
}

inline Verdict sample_verdict() {
  Verdict verdict;
  verdict.action = Action::kBlock;
  verdict.severity = Severity::kHigh;
  verdict.matches = {{"trial", Severity::kLow, Action::kAlert, true, "size 1000 over 10", std::nullopt},
                     {"no-faces-out",
                      Severity::kHigh,
                      Action::kBlock,
                      false,
                      "2 faces, limit 1",
                      NotInspected::kGap,
                      {"id-documents"}}};
  verdict.not_inspected = NotInspected::kGap;
  verdict.policy_digest = std::string(64, 'a');
  verdict.permitted_by = {"plate-reader-2026"};
  return verdict;
}

inline Event sample_event() {
  Event event;
  event.id = "0123456789abcdef0123456789abcdef";
  event.sensor = "gate-1";
  event.transfer = sample_transfer();
  event.time = event.transfer.last_seen + std::chrono::milliseconds(20);
  event.findings = sample_findings();
  event.verdict = sample_verdict();
  event.disposition = Disposition::kBlocked;
  event.front_end = "nfqueue";
  event.inspection_time = std::chrono::milliseconds(20);
  return event;
}

}  // namespace sallyport::test
