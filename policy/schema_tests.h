// The part of the table that speaks of tests; only schema.cpp includes it.
#pragma once

#include <array>

#include "policy/schema_row.h"

namespace sallyport::policy::schema_tests {

using namespace schema_row;

inline constexpr std::array kTestKeys{
    required(row("name", kText, "What is tested, as a sentence; unique.")),
    inside(row("transfer", kSection, "The transfer asked about. It or sequence."), SectionId::kScenario),
    inside(row("expect", kSection, "What is expected of it."), SectionId::kExpect),
    inside(row("sequence", kSections, "Transfers one behind the other."), SectionId::kStep),
};

inline constexpr std::array kStepKeys{
    by_default(between(row("repeat", kInteger, "How many such transfers, each an object of its own."), "1", "100000"),
               "1"),
    by_default(between(row("every", kDuration, "How long one repetition comes behind the other."), "0ms", "8760h"),
               "0ms"),
    required(inside(row("transfer", kSection, "The transfer asked about."), SectionId::kScenario)),
    inside(row("expect", kSection, "What is expected of it, and of each repetition. Left out: anything."),
           SectionId::kExpect),
};

inline constexpr std::array kScenarioKeys{
    required(row("from", kAddressOrName, "Who has the bytes: an address, or a network for one address of it.")),
    required(row("to", kAddressOrName, "Who gets them.")),
    one_of(row("protocol", kWord, "Left out: http; of what is encrypted tls, of an unknown protocol unknown."),
           WordSet::kProtocol),
    by_default(one_of(row("opened_by", kWord, "Who opened the connection."), WordSet::kOpenedBy), "sender"),
    row("host", kText, "Server name as the client gave it."),
    row("user", kText, "Account."),
    row("share", kText, "SMB share."),
    row("path", kText, "HTTP path with query, or SMB path inside the share."),
    row("file_name", kText, "Left out: the end of the path."),
    one_of(row("content", kWord, "Type by content. Left out: jpeg; of what nobody can look into unknown."),
           WordSet::kContent),
    by_default(row("size", kSize, "Bytes of the object."), "100KiB"),
    by_default(row("missing", kSize, "Bytes of it that never came by: a gap, unless not_inspected says otherwise."),
               "0B"),
    by_default(row("delivered", kSize, "Bytes of it that had left before the verdict."), "0B"),
    row("faces", kDetections, "How many, each with score 1, or the score of each."),
    row("plates", kDetections, "How many, each with score 1, or the score of each."),
    inside(row("near", kSection, "A registered image that it looks like."), SectionId::kSeen),
    row("camera", kNameOrNames, "Names under cameras that its image is from."),
    row("sha256", kDigest, "Left out: one that nothing lists, another for each transfer."),
    row("pdq", kDigest, "Perceptual hash. Left out: none."),
    one_of(row("not_inspected", kWord, "Why it was not, or not wholly, inspected."), WordSet::kReason),
    one_of(row("evasion", kWordsOrAny, "Signs that somebody tries to be misunderstood."), WordSet::kEvasion),
    row("at", kMoment,
        "When. Left out: when the transfer before it was. A test begins on 2026-01-01T00:00:00Z unless it says when."),
};

inline constexpr std::array kSeenKeys{
    required(row("set", kName, "Name under fingerprints.")),
    row("item", kText, "Name of the image in its set."),
    by_default(between(row("distance", kInteger, "PDQ bits that differ."), "0", "256"), "0"),
};

inline constexpr std::array kExpectKeys{
    one_of(row("verdict", kWord, "What the policy decides."), WordSet::kOutcome),
    row("rule", kName, "The rule that decides: of those whose action is the verdict's, the first."),
    row("rules", kNamesOrNone, "Exactly these rules match, shadow rules among them."),
    one_of(row("severity", kWord, "Highest severity of the rules that match."), WordSet::kSeverity),
};

}  // namespace sallyport::policy::schema_tests
