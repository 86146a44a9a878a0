#include "daemon/events/event_builder.h"

#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/events/redaction.h"

namespace sallyport {
namespace {

constexpr std::size_t kIdDigits = 32;

/// Values are hashed with their length, so that no two lists of values hash alike.
class FieldHash {
 public:
  void add(std::uint64_t number) {
    std::array<std::byte, 8> bytes;
    for (std::byte& byte : bytes) {
      byte = static_cast<std::byte>(number & 0xFF);
      number >>= 8;
    }
    sha256_.update(bytes);
  }
  void add(Bytes bytes) {
    add(bytes.size());
    sha256_.update(bytes);
  }
  void add(std::string_view text) { add(as_byte_span(text)); }
  void add(const Endpoint& endpoint) {
    add(std::as_bytes(std::span(endpoint.address.bytes())));
    add(endpoint.port);
  }
  std::string finish() { return to_hex(sha256_.finish()).substr(0, kIdDigits); }

 private:
  Sha256 sha256_;
};

/// What somebody should see comes first.
void put_first(std::vector<Part>& parts) {
  const auto has_something = [](const Part& part) {
    return part.not_inspected || !part.faces.empty() || !part.plates.empty() || !part.matches.empty();
  };
  std::stable_partition(parts.begin(), parts.end(), has_something);
}

}  // namespace

void shorten(Findings& findings) {
  std::vector<Part>& parts = findings.parts;
  if (parts.size() <= limits::kEventPartsMax) return;
  findings.parts_untold += parts.size() - limits::kEventPartsMax;
  parts.resize(limits::kEventPartsMax);
}

std::string event_id(const std::string& sensor, const Transfer& transfer, const std::string& policy_digest) {
  const TransferFacts& facts = transfer.facts;
  FieldHash hash;
  hash.add(std::string_view("sallyport.event.v1"));
  hash.add(sensor);
  hash.add(to_string(facts.protocol));
  hash.add(facts.sender);
  hash.add(facts.receiver);
  hash.add(facts.upload ? 1 : 0);
  hash.add(static_cast<std::uint64_t>(transfer.begun.time_since_epoch().count()));
  for (const std::string* const name :
       {&facts.host, &facts.path, &facts.file_name, &facts.form_field, &facts.inside, &facts.share}) {
    hash.add(*name);
  }
  hash.add(transfer.size);
  hash.add(transfer.sha256 ? Bytes(*transfer.sha256) : Bytes());
  hash.add(policy_digest);
  return hash.finish();
}

EventBuilder::EventBuilder(std::string sensor, std::string front_end)
    : sensor_(safe_text(sensor, limits::kNameBytesMax)), front_end_(std::move(front_end)) {}

Event EventBuilder::build(const Transfer& transfer, Findings findings, const Verdict& verdict, Disposition disposition,
                          Timestamp decided) const {
  Event event;
  event.id = event_id(sensor_, transfer, verdict.policy_digest);
  event.sensor = sensor_;
  event.time = decided;
  event.transfer = transfer;
  event.transfer.facts = redact(transfer.facts);
  event.findings = std::move(findings);
  put_first(event.findings.parts);
  for (Part& part : event.findings.parts) part.path = safe_text(part.path, limits::kPartPathBytesMax);
  event.verdict = redact(verdict, transfer.facts, event.transfer.facts);
  event.disposition = disposition;
  event.front_end = front_end_;
  event.inspection_time = std::max(Duration::zero(), decided - transfer.last_seen);
  return event;
}

}  // namespace sallyport
