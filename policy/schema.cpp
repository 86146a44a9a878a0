#include "policy/schema.h"

#include <algorithm>
#include <array>

#include "daemon/base/check.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/transfer.h"
#include "policy/outcomes.h"
#include "policy/schema_count.h"
#include "policy/schema_row.h"
#include "policy/schema_tests.h"

namespace sallyport::policy {
namespace {

using namespace schema_row;

constexpr std::array kPolicyKeys{
    required(
        between(row("version", kInteger, "Version of the policy language. Behaviour never changes without a new one."),
                "1", "1")),
    required(row("name", kName, "Name of the policy, as it stands in logs.")),
    row("description", kText, "For people."),
    inside(row("networks", kNamedSections, "Networks and hosts under names of your own, for from and to."),
           SectionId::kNetwork),
    row("lists", kNamedLists,
        "Values under names of your own: `$name` stands for all of them in any list of such values. A value that "
        "begins with `$` is written `$$`."),
    inside(row("conditions", kNamedSections, "Conditions under names of your own, for is."), SectionId::kCondition),
    inside(row("fingerprints", kNamedSections, "Registered image sets under names of your own, for near."),
           SectionId::kFingerprints),
    inside(row("cameras", kNamedSections, "Cameras of our own under names of your own, for camera."),
           SectionId::kCamera),
    inside(row("contractors", kNamedSections, "Who may get images under a contract, under names of your own."),
           SectionId::kContractor),
    inside(row("contracts", kSections,
               "Who may receive which images, for what, until when. Rules heed them by permitted_by."),
           SectionId::kContract),
    inside(row("defaults", kSection, "What rules do where they say nothing else."), SectionId::kDefaults),
    inside(row("record", kSection, "What is recorded as an event even when no rule matches. Left out: nothing."),
           SectionId::kRecord),
    inside(row("rules", kSections, "Every rule is asked; the strictest outcome wins, the order does not matter."),
           SectionId::kRule),
    inside(row("tests", kSections,
               "What the rules should say of transfers that nobody sent: `sallyport policy test`. The daemon checks "
               "them and asks them nothing."),
           SectionId::kTest),
};

constexpr std::array kNetworkKeys{
    row("cidrs", kCidrs, "Networks such as 10.10.0.0/16 or 2001:db8::/32, and single addresses."),
    row("hosts", kGlobs,
        "Server names as the client gives them: HTTP Host, TLS SNI, SMB server. Only the side that was connected to "
        "has one."),
    by_default(
        one_of(row("trust", kWord,
                   "A host name is a claim of the client. With addresses, it can make a rule match but never excuse a "
                   "transfer (not:, exceptions); with hosts it can do both."),
               WordSet::kTrust),
        "addresses"),
    row("description", kText, "For people."),
};

constexpr std::array kFingerprintsKeys{
    required(row("file", kPath, "Fingerprint file, absolute or beside the policy file.")),
    by_default(
        between(row("distance_max", kInteger,
                    "PDQ bits that may differ for a near copy. No false match was seen in a million pairs up to 50."),
                "0", "128"),
        "31"),
    by_default(
        one_of(row("copies", kWord,
                   "Which copies count as near. whole: the whole picture, also mirrored or turned by quarter "
                   "turns. parts: crops, frames, banners, screenshots and small turns too; it costs some 30 ms "
                   "of a worker for each picture looked at, and the file must hold corners (sallyport fingerprint "
                   "add). What is found by its parts counts whatever distance_max says."),
               WordSet::kCopies),
        "whole"),
    by_default(row("canary", kFlag,
                   "Planted images that have no reason to move: one that passes, to whomever, or a near copy of it, is "
                   "an alert of severity critical by the rule canary.<name>, which needs no writing. All that may hold "
                   "images is then looked at, whatever its places."),
               "false"),
    row("description", kText, "For people."),
};

constexpr std::array kCameraKeys{
    required(
        inside(row("signs", kSections, "How its images are known: one of these must fit."), SectionId::kCameraSign)),
    row("description", kText, "For people."),
};

constexpr std::array kCameraSignKeys{
    row("make", kText, "EXIF Make, letter by letter, blanks around it removed; up to 64 bytes of ASCII."),
    row("model", kText, "EXIF Model."),
    row("serial", kText, "EXIF BodySerialNumber. It stands in no event, log or ledger."),
    between(row("width", kInteger, "Pixels of the image as it is shown."), "1", "1048576"),
    between(row("height", kInteger, "Pixels of the image as it is shown."), "1", "1048576"),
    row("quantisation", kText,
        "First 16 to 64 hexadecimal digits of the SHA-256 of a JPEG's quantisation tables and sampling factors. A "
        "re-encoding changes them."),
    inside(row("overlay", kSection, "A caption or frame that the camera writes into the picture."),
           SectionId::kOverlay),
};

constexpr std::array kOverlayKeys{
    required(between(row("left", kInteger, "Pixels from the left edge."), "0", "1048575")),
    required(between(row("top", kInteger, "Pixels from the top edge."), "0", "1048575")),
    required(between(row("width", kInteger, "Pixels."), "16", "1048576")),
    required(between(row("height", kInteger, "Pixels."), "16", "1048576")),
    required(row("pdq", kDigest, "PDQ of what stands there.")),
    by_default(between(row("distance_max", kInteger, "PDQ bits that may differ."), "0", "128"), "31"),
};

constexpr std::array kContractorKeys{
    required(row("networks", kNames, "Where it receives.")),
    row("description", kText, "For people."),
};

constexpr std::array kContractKeys{
    required(row("name", kName, "Name of the contract; unique.")),
    required(row("contractor", kName, "Who receives: a name under contractors.")),
    required(row("purpose", kText, "What for: auditors ask.")),
    row("owner", kText, "Who answers for it."),
    inside(row("from", kNamesOrPlaces, "Networks of the sender. Left out: any."), SectionId::kPlaces),
    required(one_of(row("may_receive", kWords,
                        "What images may show that go there; an image in which nothing is found may, too. images: any "
                        "image, whatever it shows. registered: a copy, or near copy, of an image in any set."),
                    WordSet::kReceived)),
    row("starts", kBegin, "The first day (UTC), or the time from which on it permits. Left out: always was."),
    required(row("expires", kEnd,
                 "The last day (UTC), or the time from which on it permits nothing. The time of the transfer counts.")),
    inside(row("quota", kSection,
               "How many images it permits in that time; what it covers then counts. Left out: any number."),
           SectionId::kQuota),
};

constexpr std::array kQuotaKeys{
    required(between(row("images", kInteger, "How many images."), "1", "100000")),
    required(between(row("within", kDuration, "In any time of this length."), "1m", "400d")),
};

constexpr std::array kOutcomeRows{
    outcome("on_encrypted", "alert", "TLS, SMB3 encryption or the password of an archive hides the bytes."),
    outcome("on_unknown_protocol", "allow", "No parser recognises the bytes."),
    outcome("on_unknown_coding", "alert", "A content or transfer coding that cannot be removed."),
    outcome("on_gap", "alert", "Bytes were lost or never captured."),
    outcome("on_too_large", "alert",
            "The object or image is larger than the daemon's maximum, or a container holds more than is unpacked."),
    outcome("on_expansion_limit", "alert", "A decoder put out more than the permitted multiple of its input."),
    outcome("on_deadline", "alert", "The answer did not come within the deadline."),
    outcome("on_worker_crash", "alert", "The sandboxed worker died while it looked."),
    outcome("on_overload", "alert", "A budget or queue was full, or no worker was up."),
    outcome("on_decode_error", "alert", "The image is broken or cut off."),
    outcome("on_unsupported_format", "alert", "An image format that the decoder does not know."),
    outcome("on_protocol_error", "alert", "The framing is broken beyond repair."),
    outcome("on_detector_missing", "alert", "A rule asks for a finding whose detector is not installed."),
    outcome("on_aborted", "allow", "The sender stopped in the middle."),
    outcome("on_no_bytes", "alert", "The receiver got it without its bytes on the wire (server-side copy)."),
    outcome("on_conflict", "alert", "Bytes came twice with different content, and one reading could not be inspected."),
};
static_assert(kOutcomeRows.size() == kOutcomeCount);

constexpr SchemaKey kDeadlineRow =
    between(row("deadline", kDuration,
                "How long the verdict may take after the last byte. The longest of the rules in question counts."),
            "10ms", "60s");

template <std::size_t N, std::size_t M>
constexpr std::array<SchemaKey, N + M> join(const std::array<SchemaKey, N>& a, const std::array<SchemaKey, M>& b) {
  std::array<SchemaKey, N + M> all{};
  std::copy(a.begin(), a.end(), all.begin());
  std::copy(b.begin(), b.end(), all.begin() + N);
  return all;
}

constexpr auto overrides() {
  auto rows = join(kOutcomeRows, std::array{kDeadlineRow});
  for (SchemaKey& key : rows) key.default_text = "";
  return rows;
}

constexpr auto kDefaultsKeys =
    join(kOutcomeRows, std::array{by_default(kDeadlineRow, "2s"), schema_count::kBreakerRow});

constexpr std::array kRecordKeys{
    inside(row("from", kNamesOrPlaces, "Networks of the sender. Left out: any."), SectionId::kPlaces),
    inside(row("to", kNamesOrPlaces, "Networks of the receiver. Left out: any."), SectionId::kPlaces),
    by_default(one_of(row("what", kWord, "none, images (told by content) or all."), WordSet::kRecorded), "images"),
};

constexpr std::array kRuleOwnKeys{
    required(row("name", kName, "Name of the rule; unique.")),
    row("description", kText, "For people."),
    required(
        one_of(row("state", kWord,
                   "off: ignored. shadow: shows what it would block and does nothing. alert: tells. block: stops."),
               WordSet::kState)),
    by_default(one_of(row("severity", kWord, "How bad a match is."), WordSet::kSeverity), "medium"),
    row("tags", kTags, "Words of your own that travel in the event."),
    inside(row("from", kNamesOrPlaces, "Networks of the sender: who has the bytes, whoever connected. Left out: any."),
           SectionId::kPlaces),
    inside(row("to", kNamesOrPlaces, "Networks of the receiver: who gets the bytes, whoever connected. Left out: any."),
           SectionId::kPlaces),
    one_of(row("protocols", kWords,
               "Left out: any. Inside TLS any HTTP may be: it counts as not inspected, not as no match."),
           WordSet::kProtocol),
    inside(row("exceptions", kSections, "A transfer that one of them fits does not match the rule."),
           SectionId::kException),
    row("permitted_by", kNamesOrAny,
        "Contracts that the rule heeds: a transfer that one of them covers does not match. Left out: none."),
    inside(row("when", kSection,
               "What must be true of the transfer. Left out: nothing, each transfer from and to these places matches."),
           SectionId::kCondition),
    inside(row("count", kSection, "How much of that must have passed. Left out: each transfer matches by itself."),
           SectionId::kCount),
    schema_count::kBreakerRow,
};
constexpr auto kRuleKeys = join(kRuleOwnKeys, overrides());

constexpr std::array kPlacesKeys{
    row("any", kNames, "One of these networks. Left out: any place."),
    row("not", kNames, "But none of these."),
};

constexpr std::array kExceptionKeys{
    required(row("reason", kText, "Why it is permitted: auditors ask.")),
    row("owner", kText, "Who answers for it."),
    row("expires", kEnd,
        "The day at whose end (UTC), or the time at which, it ceases to excuse. The time of the transfer counts, not "
        "that of a clock. Left out: never."),
    inside(row("from", kNamesOrPlaces, "Networks of the sender."), SectionId::kPlaces),
    inside(row("to", kNamesOrPlaces, "Networks of the receiver."), SectionId::kPlaces),
    row("hosts", kGlobs, "Server names."),
    row("users", kGlobs, "Accounts."),
    row("shares", kGlobs, "SMB shares."),
    row("paths", kGlobs, "Paths."),
    row("file_names", kGlobs, "File names."),
};

constexpr std::array kConditionKeys{
    inside(row("image", kSectionOrAny, "The object is an image by its content, whatever its name says."),
           SectionId::kImage),
    inside(row("faces", kSection, "Faces in the image."), SectionId::kDetections),
    inside(row("plates", kSection, "Licence plates in the image."), SectionId::kDetections),
    inside(row("near", kSection, "A copy, or near copy, of a registered image."), SectionId::kNear),
    row("camera", kNameOrNames,
        "An image is from this camera, or one of these: names under cameras; any: all of them."),
    one_of(row("content", kWords, "Type of the object by its content."), WordSet::kContent),
    inside(row("size", kSection,
               "Bytes of the object, codings removed; of a flow that cannot be looked into, those that passed so far."),
           SectionId::kSize),
    inside(row("delivered", kSection,
               "Bytes of it that had left for the receiver before the verdict; of a flow that cannot be looked into, "
               "those that passed. It is asked whenever the transfer is judged, at the latest at its end."),
           SectionId::kDelivered),
    row("sha256", kDigests, "Exactly one of these objects."),
    row("hosts", kGlobs, "Server name as the client gave it."),
    row("users", kGlobs, "Account: HTTP Basic user, or DOMAIN\\user of SMB. Either slash fits."),
    row("shares", kGlobs, "SMB share, without the server."),
    row("paths", kGlobs,
        "HTTP path with query, as sent or with %XX decoded; SMB path inside the share. Either slash fits."),
    row("file_names", kGlobs, "File name in the form or header, else the end of the path."),
    one_of(row("opened_by", kWord, "Who opened the connection. receiver: the bytes were pulled (GET, SMB read)."),
           WordSet::kOpenedBy),
    one_of(row("evasion", kWordsOrAny, "Signs that somebody tries to be misunderstood; one of these."),
           WordSet::kEvasion),
    one_of(
        row("not_inspected", kWordsOrAny, "The transfer was not, or not wholly, inspected for one of these reasons."),
        WordSet::kReason),
    row("is", kNameOrNames, "Name under conditions; of several all must hold."),
    inside(row("all", kSections, "All of these hold."), SectionId::kCondition),
    inside(row("any", kSections, "One of these holds."), SectionId::kCondition),
    inside(row("not", kSection, "This does not hold."), SectionId::kCondition),
};

constexpr std::array kImageKeys{
    required(one_of(row("formats", kWords, "One of these formats."), WordSet::kImageFormat)),
};

constexpr std::array kDetectionsKeys{
    by_default(between(row("at_least", kInteger, "How many."), "1", "1000"), "1"),
    by_default(row("score", kScore, "Only those with this score or more; the detector's own scale from 0 to 1."),
               "0.5"),
};

constexpr std::array kNearKeys{
    required(row("set", kName, "Name under fingerprints.")),
    between(row("distance_max", kInteger, "Stricter than the set's own distance_max. Left out: that one."), "0", "128"),
};

constexpr std::array kSizeKeys{
    row("at_least", kSize, "This size or more."),
    row("at_most", kSize, "This size or less."),
};

constexpr std::array kDeliveredKeys{
    required(between(row("at_least", kSize, "This many or more."), "1B", "1048576GiB")),
};

constexpr std::array<SchemaSection, 27> kAllSections{{
    {SectionId::kPolicy, "a policy", "(top level)", "The whole file.", kPolicyKeys},
    {SectionId::kNetwork, "a network", "networks.<name>",
     "An endpoint is in the network by its address or its host name.", kNetworkKeys},
    {SectionId::kFingerprints, "a fingerprint set", "fingerprints.<name>",
     "Images that were registered; the file holds hashes, no pixels.", kFingerprintsKeys},
    {SectionId::kCamera, "a camera", "cameras.<name>",
     "Enrolled by what its images say of it, which nobody has proven: whoever makes images can write the same.",
     kCameraKeys},
    {SectionId::kCameraSign, "a sign of a camera", "cameras.<name>.signs[]",
     "All keys that are given must fit. `sallyport camera enrol` writes it from sample images.", kCameraSignKeys},
    {SectionId::kOverlay, "an overlay", "cameras.<name>.signs[].overlay",
     "A region of the upright image at full scale. Images of the size that the sign gives, and without one all that "
     "are "
     "large enough, are decoded at full scale for it.",
     kOverlayKeys},
    {SectionId::kContractor, "a contractor", "contractors.<name>", "Somebody outside who may get images by contract.",
     kContractorKeys},
    {SectionId::kContract, "a contract", "contracts[]",
     "It covers a transfer to its contractor, by address or by a host name that is trusted, while it is valid, if all "
     "that is found in the object may be received. It covers images and what may hold some, and nothing that was not "
     "inspected.",
     kContractKeys},
    {SectionId::kQuota, "a quota", "contracts[].quota", "", kQuotaKeys},
    {SectionId::kDefaults, "defaults", "defaults",
     "What a rule does whose question could not be answered, unless the rule says otherwise. Never more than the "
     "rule's state permits.",
     kDefaultsKeys},
    {SectionId::kRecord, "record", "record", "What is recorded without a match.", kRecordKeys},
    {SectionId::kRule, "a rule", "rules[]",
     "A rule matches where from, to, protocols and when all fit and no exception does.", kRuleKeys},
    {SectionId::kPlaces, "a choice of places", "from, to", "The long form of a list of networks.", kPlacesKeys},
    {SectionId::kException, "an exception", "rules[].exceptions[]",
     "All that is listed must fit. Hosts, users and paths are claims of the client.", kExceptionKeys},
    {SectionId::kCondition, "a condition", "rules[].when", "All that is listed must hold.", kConditionKeys},
    {SectionId::kImage, "image", "when.image", "`image: any` for every image.", kImageKeys},
    {SectionId::kDetections, "a count of detections", "when.faces, when.plates", "`{}` takes all defaults.",
     kDetectionsKeys},
    {SectionId::kNear, "near", "when.near", "", kNearKeys},
    {SectionId::kSize, "size", "when.size", "", kSizeKeys},
    {SectionId::kDelivered, "delivered", "when.delivered",
     "Who only copies packets (tap, pcap) keeps nothing back: there it is all that was seen.", kDeliveredKeys},
    {SectionId::kCount, "a count", "rules[].count",
     "Transfers that from, to, protocols and when fit, and no exception does, count whatever the verdict is. What "
     "could "
     "not be inspected may count: where that decides, the rule's on_... outcome applies. What cannot be looked into is "
     "one image, and one more for each 16 KiB. Time is that of the last byte.",
     schema_count::kCountKeys},
    {SectionId::kBreaker, "a breaker", "rules[].breaker, defaults.breaker", "Only rules in state block have one.",
     schema_count::kBreakerKeys},
    {SectionId::kTest, "a test", "tests[]", "One transfer and what is expected of it, or a sequence of them.",
     schema_tests::kTestKeys},
    {SectionId::kStep, "a step of a test", "tests[].sequence[]",
     "Steps follow each other in a time of their own; nothing waits. Rules that count keep their counts from step to "
     "step.",
     schema_tests::kStepKeys},
    {SectionId::kScenario, "a transfer", "tests[].transfer",
     "A transfer that nobody sent. What is left out was looked for and is not there; with not_inspected it was not "
     "looked for.",
     schema_tests::kScenarioKeys},
    {SectionId::kSeen, "a fingerprint match", "tests[].transfer.near", "", schema_tests::kSeenKeys},
    {SectionId::kExpect, "an expectation", "tests[].expect", "All that is listed must be so.",
     schema_tests::kExpectKeys},
}};

std::vector<std::string_view> content_words(ContentType first, ContentType last) {
  std::vector<std::string_view> words;
  for (auto i = static_cast<unsigned>(first); i <= static_cast<unsigned>(last); ++i) {
    words.push_back(to_string(static_cast<ContentType>(i)));
  }
  return words;
}

std::vector<std::string_view> protocol_words() {
  std::vector<std::string_view> words;
  for (unsigned i = 0; i <= static_cast<unsigned>(Protocol::kUnknown); ++i)
    words.push_back(to_string(static_cast<Protocol>(i)));
  return words;
}

std::vector<std::string_view> reason_words() {
  std::vector<std::string_view> words;
  for (unsigned i = 0; i < kNotInspectedCount; ++i) words.push_back(to_string(static_cast<NotInspected>(i)));
  return words;
}

std::vector<std::string_view> severity_words() {
  std::vector<std::string_view> words;
  for (unsigned i = 1; i <= static_cast<unsigned>(Severity::kCritical); ++i)
    words.push_back(to_string(static_cast<Severity>(i)));
  return words;
}

}  // namespace

std::span<const SchemaSection> schema() {
  return kAllSections;
}

const SchemaSection& schema(SectionId id) {
  const SchemaSection& section = kAllSections[static_cast<std::size_t>(id)];
  SALLYPORT_CHECK(section.id == id);
  return section;
}

const SchemaKey* find_key(const SchemaSection& section, std::string_view key) {
  const auto has_name = [key](const SchemaKey& row) { return row.key == key; };
  const auto found = std::find_if(section.keys.begin(), section.keys.end(), has_name);
  return found == section.keys.end() ? nullptr : &*found;
}

std::vector<std::string_view> words_of(WordSet set) {
  switch (set) {
    case WordSet::kNone:
      return {};
    case WordSet::kOutcome:
      return {to_string(Action::kAllow), to_string(Action::kAlert), to_string(Action::kBlock)};
    case WordSet::kState:
      return {"off", "shadow", "alert", "block"};
    case WordSet::kSeverity:
      return severity_words();
    case WordSet::kProtocol:
      return protocol_words();
    case WordSet::kContent:
      return content_words(ContentType::kUnknown, ContentType::kOther);
    case WordSet::kImageFormat:
      return content_words(ContentType::kJpeg, ContentType::kOtherImage);
    case WordSet::kEvasion:
      return to_strings(~EvasionSet{0});
    case WordSet::kReason:
      return reason_words();
    case WordSet::kRecorded:
      return {"none", "images", "all"};
    case WordSet::kOpenedBy:
      return {"sender", "receiver"};
    case WordSet::kCounted:
      return {"transfers", "images", "distinct_images", "bytes"};
    case WordSet::kWindow:
      return {"sliding", "decaying"};
    case WordSet::kGroupedBy:
      return {"sender", "receiver", "sender_network", "receiver_network", "user"};
    case WordSet::kCopies:
      return {"whole", "parts"};
    case WordSet::kTrust:
      return {"addresses", "hosts"};
    case WordSet::kReceived:
      break;
  }
  return {"faces", "plates", "registered", "images"};
}

std::string_view describe(ValueType type) {
  static constexpr std::array<std::string_view, 32> kWords{"a name",
                                                           "text",
                                                           "a whole number",
                                                           "a score from 0 to 1",
                                                           "a time such as 2s",
                                                           "a size such as 20MiB",
                                                           "a file path",
                                                           "one word",
                                                           "a list of words",
                                                           "a list of words, or any",
                                                           "a list of networks",
                                                           "a list of networks, or {any: [...], not: [...]}",
                                                           "a list of names",
                                                           "a list of patterns",
                                                           "a list of networks such as 10.10.0.0/16",
                                                           "a list of SHA-256 digests",
                                                           "a mapping of keys",
                                                           "a mapping of keys, or any",
                                                           "a list of mappings",
                                                           "a mapping of names to mappings",
                                                           "an address, or a network",
                                                           "a number, or a list of scores",
                                                           "64 hexadecimal digits",
                                                           "a time such as 2026-01-31T08:00:00Z, or +2h",
                                                           "a list of rules, [] for none",
                                                           "a mapping of names to lists",
                                                           "a name, or a list of names",
                                                           "a list of names, or any",
                                                           "a day such as 2026-01-01, or a time on it",
                                                           "a day such as 2026-12-31, or a time on it",
                                                           "a whole number, or of bytes a size such as 20MiB",
                                                           "true or false"};
  return kWords[static_cast<std::size_t>(type)];
}

}  // namespace sallyport::policy
