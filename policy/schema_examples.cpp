#include "policy/schema_examples.h"

#include <algorithm>
#include <array>

namespace sallyport::policy {
namespace {

using enum SectionId;

struct Example {
  SectionId section;
  std::string_view key;
  std::string_view text;
};

constexpr std::array kExamples{
    Example{kPolicy, "version", "1"},
    Example{kPolicy, "name", "agency-gateway"},
    Example{kPolicy, "description", "Pictures of travellers stay here."},
    Example{kPolicy, "networks", "{agency: {cidrs: [10.10.0.0/16]}, partner: {cidrs: [203.0.113.0/24]}}"},
    Example{kPolicy, "lists", "{camera-names: [\"IMG_*.jpg\", \"*.raw\"]}"},
    Example{kPolicy, "conditions", "{has-traveller-data: {any: [{plates: {}}, {faces: {}}]}}"},
    Example{kPolicy, "fingerprints", "{lane-photos: {file: lane-photos.spf}}"},
    Example{kPolicy, "cameras", "{lane-3: {signs: [{make: Gatecam, model: LX4, serial: GC-0042}]}}"},
    Example{kPolicy, "contractors", "{maintenance: {networks: [partner]}}"},
    Example{kPolicy, "contracts",
            "[{name: readers-2026, contractor: maintenance, purpose: plate readers, may_receive: [plates], expires: "
            "2026-12-31}]"},
    Example{kPolicy, "defaults", "{on_encrypted: block}"},
    Example{kPolicy, "record", "{from: [agency], what: images}"},
    Example{kPolicy, "rules", "[{name: faces-leave, state: shadow, from: [agency], when: {faces: {}}}]"},
    Example{kPolicy, "tests",
            "[{name: a face leaves, transfer: {from: agency, to: 198.51.100.7, faces: 1}, expect: {verdict: allow}}]"},

    Example{kNetwork, "cidrs", "[10.10.0.0/16, \"2001:db8::/32\"]"},
    Example{kNetwork, "hosts", "[\"*.partner.example\"]"},
    Example{kNetwork, "trust", "hosts"},
    Example{kNetwork, "description", "The contractor with a work order."},

    Example{kFingerprints, "file", "lane-photos.spf"},
    Example{kFingerprints, "distance_max", "20"},
    Example{kFingerprints, "copies", "parts"},
    Example{kFingerprints, "canary", "true"},
    Example{kFingerprints, "description", "Pictures of the inspection lanes."},

    Example{kCamera, "signs", "[{make: Gatecam, serial: GC-0042}, {width: 1920, quantisation: 3f2a9c0b17d4e865}]"},
    Example{kCamera, "description", "Above inspection lane 3."},
    Example{kCameraSign, "make", "Gatecam"},
    Example{kCameraSign, "model", "LX4"},
    Example{kCameraSign, "serial", "GC-0042"},
    Example{kCameraSign, "width", "1920"},
    Example{kCameraSign, "height", "1080"},
    Example{kCameraSign, "quantisation", "3f2a9c0b17d4e865"},
    Example{kCameraSign, "overlay",
            "{left: 16, top: 1000, width: 320, height: 64, pdq: "
            "f8f8f0cce0f4a84d06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22}"},
    Example{kOverlay, "left", "16"},
    Example{kOverlay, "top", "1000"},
    Example{kOverlay, "width", "320"},
    Example{kOverlay, "height", "64"},
    Example{kOverlay, "pdq", "f8f8f0cce0f4a84d06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"},
    Example{kOverlay, "distance_max", "20"},

    Example{kContractor, "networks", "[partner]"},
    Example{kContractor, "description", "Keeps the readers of the lanes in repair."},

    Example{kContract, "name", "gates-2026"},
    Example{kContract, "contractor", "maintenance"},
    Example{kContract, "purpose", "Maintenance of plate readers."},
    Example{kContract, "owner", "lane-operations"},
    Example{kContract, "from", "[agency]"},
    Example{kContract, "may_receive", "[plates]"},
    Example{kContract, "starts", "2026-01-01"},
    Example{kContract, "expires", "2026-12-31"},
    Example{kContract, "quota", "{images: 200, within: 1d}"},

    Example{kQuota, "images", "200"},
    Example{kQuota, "within", "1d"},

    Example{kRecord, "from", "[agency]"},
    Example{kRecord, "to", "{not: [agency]}"},
    Example{kRecord, "what", "all"},

    Example{kRule, "name", "plates-to-unauthorised"},
    Example{kRule, "description", "Plates leave to the partner only."},
    Example{kRule, "state", "block"},
    Example{kRule, "severity", "high"},
    Example{kRule, "tags", "[traveller-data]"},
    Example{kRule, "from", "[agency]"},
    Example{kRule, "to", "{not: [agency, partner]}"},
    Example{kRule, "protocols", "[http, smb2]"},
    Example{kRule, "exceptions", "[{reason: work order 17, to: [partner]}]"},
    Example{kRule, "permitted_by", "any"},
    Example{kRule, "when", "{plates: {at_least: 1}}"},
    Example{kRule, "count", "{what: distinct_images, more_than: 100, within: 7d, by: [receiver_network]}"},

    Example{kPlaces, "any", "[agency]"},
    Example{kPlaces, "not", "[partner]"},

    Example{kException, "reason", "Released by the public affairs office."},
    Example{kException, "owner", "public-affairs"},
    Example{kException, "expires", "2026-12-31"},
    Example{kException, "from", "[agency]"},
    Example{kException, "to", "[partner]"},
    Example{kException, "hosts", "[\"press.partner.example\"]"},
    Example{kException, "users", "[\"AGENCY/press-*\"]"},
    Example{kException, "shares", "[released]"},
    Example{kException, "paths", "[\"*/released/*\"]"},
    Example{kException, "file_names", "[\"press-*.jpg\"]"},

    Example{kCondition, "image", "any"},
    Example{kCondition, "faces", "{at_least: 2, score: 0.7}"},
    Example{kCondition, "plates", "{}"},
    Example{kCondition, "near", "{set: lane-photos}"},
    Example{kCondition, "camera", "lane-3"},
    Example{kCondition, "content", "[zip, pdf]"},
    Example{kCondition, "size", "{at_least: 1MiB}"},
    Example{kCondition, "delivered", "{at_least: 1MiB}"},
    Example{kCondition, "sha256", "[e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]"},
    Example{kCondition, "hosts", "[\"*.cloud.example\"]"},
    Example{kCondition, "users", "[\"*/backup\"]"},
    Example{kCondition, "shares", "[lanes]"},
    Example{kCondition, "paths", "[\"*/passports/*\"]"},
    Example{kCondition, "file_names", "[$camera-names, \"*.jpg\"]"},
    Example{kCondition, "opened_by", "receiver"},
    Example{kCondition, "evasion", "any"},
    Example{kCondition, "not_inspected", "[encrypted, gap]"},
    Example{kCondition, "is", "has-traveller-data"},
    Example{kCondition, "all", "[{plates: {}}, {faces: {}}]"},
    Example{kCondition, "any", "[{plates: {}}, {faces: {}}]"},
    Example{kCondition, "not", "{hosts: [\"*.partner.example\"]}"},

    Example{kImage, "formats", "[jpeg, png]"},
    Example{kDetections, "at_least", "2"},
    Example{kDetections, "score", "0.7"},
    Example{kNear, "set", "lane-photos"},
    Example{kNear, "distance_max", "20"},
    Example{kSize, "at_least", "1MiB"},
    Example{kSize, "at_most", "20MiB"},
    Example{kDelivered, "at_least", "1MiB"},

    Example{kDefaults, "breaker", "{blocks: 100}"},
    Example{kRule, "breaker", "{blocks: 20, within: 10m}"},
    Example{kBreaker, "blocks", "100"},
    Example{kBreaker, "within", "10m"},

    Example{kCount, "what", "transfers"},
    Example{kCount, "more_than", "100"},
    Example{kCount, "within", "7d"},
    Example{kCount, "kind", "decaying"},
    Example{kCount, "by", "[sender, receiver_network]"},

    Example{kTest, "name", "a face leaves"},
    Example{kTest, "transfer", "{from: agency, to: 198.51.100.7, faces: 1}"},
    Example{kTest, "expect", "{verdict: allow, rules: [faces-leave]}"},
    Example{kTest, "sequence", "[{repeat: 3, every: 1h, transfer: {from: agency, to: partner}}]"},
    Example{kStep, "repeat", "101"},
    Example{kStep, "every", "10m"},
    Example{kStep, "transfer", "{from: agency, to: partner}"},
    Example{kStep, "expect", "{rules: []}"},

    Example{kScenario, "from", "agency"},
    Example{kScenario, "to", "198.51.100.7"},
    Example{kScenario, "protocol", "smb2"},
    Example{kScenario, "opened_by", "receiver"},
    Example{kScenario, "host", "www.cloud.example"},
    Example{kScenario, "user", "AGENCY/jdoe"},
    Example{kScenario, "share", "lanes"},
    Example{kScenario, "path", "/passports/scan.jpg"},
    Example{kScenario, "file_name", "scan.jpg"},
    Example{kScenario, "content", "png"},
    Example{kScenario, "size", "2MiB"},
    Example{kScenario, "missing", "4KiB"},
    Example{kScenario, "delivered", "64KiB"},
    Example{kScenario, "faces", "[0.9, 0.4]"},
    Example{kScenario, "plates", "2"},
    Example{kScenario, "near", "{set: lane-photos, distance: 12}"},
    Example{kScenario, "camera", "lane-3"},
    Example{kScenario, "sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    Example{kScenario, "pdq", "f8f8f0cce0f4a84d06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"},
    Example{kScenario, "not_inspected", "encrypted"},
    Example{kScenario, "evasion", "any"},
    Example{kScenario, "at", "2026-01-31T08:00:00Z"},

    Example{kSeen, "set", "lane-photos"},
    Example{kSeen, "item", "lane-4.jpg"},
    Example{kSeen, "distance", "12"},

    Example{kExpect, "verdict", "block"},
    Example{kExpect, "rule", "faces-leave"},
    Example{kExpect, "rules", "[faces-leave]"},
    Example{kExpect, "severity", "high"},
};

}  // namespace

std::string_view example_of(SectionId section, const SchemaKey& key) {
  if (key.words == WordSet::kOutcome && key.key.starts_with("on_")) return "block";
  if (key.key == "deadline") return "3s";
  const auto fits = [section, &key](const Example& example) {
    return example.section == section && example.key == key.key;
  };
  const auto found = std::find_if(kExamples.begin(), kExamples.end(), fits);
  return found == kExamples.end() ? std::string_view{} : found->text;
}

}  // namespace sallyport::policy
