// A made-up ledger for replay_cost.py: make_ledger FILE ROWS. The same arguments give the same rows.
//
// Two thirds images, of which some with faces or plates; one row in twenty an archive with ten images; documents, text
// and encrypted transfers; 5,000 senders, 2,000 receivers; a third of the rows with a rule that matched.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/ledger/ledger.h"

namespace sallyport {
namespace {

class Maker {
 public:
  Event next() {
    Event event;
    event.time = start_ + std::chrono::milliseconds(1900) * ++number_;
    fill(event.transfer, event.time);
    find(event);
    decide(event);
    char id[33];
    std::snprintf(id, sizeof id, "%032llx", static_cast<unsigned long long>(number_));
    event.id = id;
    return event;
  }

 private:
  unsigned below(unsigned most) { return static_cast<unsigned>(engine_() % most); }

  IpAddress address(const char* prefix, unsigned hosts) {
    const unsigned host = below(hosts);
    return *IpAddress::parse(prefix + std::to_string(host / 250) + '.' + std::to_string(1 + host % 250));
  }

  Sha256Digest digest() {
    Sha256Digest made{};
    for (std::byte& byte : made) byte = static_cast<std::byte>(engine_());
    return made;
  }

  void fill(Transfer& transfer, Timestamp time) {
    static constexpr ContentType kTypes[] = {ContentType::kJpeg, ContentType::kJpeg, ContentType::kPng,
                                             ContentType::kJpeg, ContentType::kPdf,  ContentType::kText};
    TransferFacts& facts = transfer.facts;
    facts.protocol = below(3) == 0 ? Protocol::kSmb2 : Protocol::kHttp1;
    facts.sender = {address("10.1.", 5000), static_cast<std::uint16_t>(1024 + below(60000))};
    facts.receiver = {address(below(2) == 0 ? "203.0." : "198.51.", 2000), 443};
    facts.host = "upload" + std::to_string(below(50)) + ".example";
    facts.path = "/in/" + std::to_string(below(1000)) + "/IMG_" + std::to_string(number_) + ".jpg";
    facts.file_name = "IMG_" + std::to_string(number_) + ".jpg";
    facts.media_type = "image/jpeg";
    transfer.begun = time - std::chrono::milliseconds(800);
    transfer.last_seen = time - std::chrono::milliseconds(20);
    transfer.ended = transfer.complete = true;
    transfer.content = below(20) == 0 ? ContentType::kZip : kTypes[below(6)];
    transfer.size = transfer.account.seen = transfer.account.delivered = 1000 + below(5'000'000);
    transfer.sha256 = digest();
    if (below(50) == 0) {
      transfer.content = ContentType::kUnknown;
      transfer.sha256.reset();
      transfer.facts.opaque = NotInspected::kEncrypted;
    }
  }

  void look_at(ImageFindings& image, ContentType format) {
    image.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);
    image.format = format;
    const auto score = [this] { return 0.5F + static_cast<float>(below(500)) / 1000; };
    for (unsigned i = below(8) == 0 ? 1 + below(5) : 0; i > 0; --i) image.faces.push_back({{}, score()});
    for (unsigned i = below(16) == 0 ? 1 : 0; i > 0; --i) image.plates.push_back({{}, score()});
    image.pdq.emplace();
    for (std::uint8_t& byte : *image.pdq) byte = static_cast<std::uint8_t>(engine_());
    image.pdq_quality = 90;
  }

  void find(Event& event) {
    if (!may_hold_images(event.transfer.content)) return;
    Findings& findings = event.findings;
    findings.face_detector = "yunet_n_640_640@25a606a1";
    findings.plate_detector = "haar_plate";
    look_at(findings, event.transfer.content);
    if (event.transfer.content != ContentType::kZip) return;
    findings.pdq.reset();
    for (int i = 0; i < 10; ++i) {
      Part& part = findings.parts.emplace_back();
      look_at(part, ContentType::kJpeg);
      part.path = "zip:photos/IMG_" + std::to_string(i) + ".jpg";
      part.size = 100'000;
      part.sha256 = digest();
    }
  }

  void decide(Event& event) {
    event.verdict.policy_digest = std::string(64, 'a');
    event.verdict.record = true;
    if (below(3) != 0) return;
    event.verdict.action = Action::kAlert;
    event.disposition = Disposition::kAlerted;
    event.verdict.matches.push_back({"many-faces",
                                     Severity::kMedium,
                                     Action::kAlert,
                                     false,
                                     "from agency; to outside agency; faces: 2 with score 0.50 or more, 1 needed",
                                     std::nullopt,
                                     {}});
  }

  const Timestamp start_{std::chrono::seconds(1'760'000'000)};
  std::int64_t number_ = 0;
  std::mt19937_64 engine_{20191};
};

int make(const char* path, std::uint64_t rows) {
  std::remove(path);
  auto ledger = Ledger::open({path, std::chrono::milliseconds(0), 0, [] { return Timestamp(); }});
  if (!ledger) return std::fprintf(stderr, "%s\n", ledger.error().message.c_str()), 1;
  Maker maker;
  std::vector<Event> batch;
  for (std::uint64_t made = 0; made < rows; made += batch.size()) {
    batch.clear();
    while (batch.size() < limits::kEventBatchMax && made + batch.size() < rows) batch.push_back(maker.next());
    (*ledger)->keep(batch);
  }
  if (!(*ledger)->problem().empty()) return std::fprintf(stderr, "%s\n", (*ledger)->problem().c_str()), 1;
  return 0;
}

}  // namespace
}  // namespace sallyport

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "make_ledger FILE ROWS\n"), 2;
  return sallyport::make(argv[1], std::strtoull(argv[2], nullptr, 10));
}
