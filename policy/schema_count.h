// The part of the table that speaks of counting and of breakers; only schema.cpp includes it.
#pragma once

#include <array>

#include "policy/schema_row.h"

namespace sallyport::policy::schema_count {

using namespace schema_row;

inline constexpr std::array kCountKeys{
    required(
        one_of(row("what", kWord,
                   "transfers: each that fits. images: those in it that fit `when`. distinct_images: a picture that "
                   "comes again (PDQ, up to 31 of 256 bits differ; without one SHA-256) counts once. bytes: its size."),
               WordSet::kCounted)),
    required(
        row("more_than", kAmount,
            "The threshold: the transfer that brings its group above it matches, and each later one while it is. Of "
            "transfers and images 1 to 10000.")),
    required(between(row("within", kDuration, "How far back it counts: the length of the window, or the half-life."),
                     "1s", "90d")),
    by_default(one_of(row("kind", kWord,
                          "sliding: what is older than `within` counts no more. decaying: each counts 1 when it comes, "
                          "half after `within`, a quarter after twice that, and nothing after ten times that."),
                      WordSet::kWindow),
               "sliding"),
    one_of(
        row("by", kWords,
            "What has its own count. Networks go by address, and by host name where that is trusted; addresses in no "
            "network are one group. Left out: one count for all."),
        WordSet::kGroupedBy),
};

inline constexpr std::array kBreakerKeys{
    required(between(row("blocks", kInteger, "So many are well, one more demotes the rule. 0: never."), "0", "10000")),
    by_default(between(row("within", kDuration, "In which time."), "1s", "7d"), "1h"),
};

constexpr SchemaKey kBreakerRow =
    inside(row("breaker", kSection,
               "A rule that blocks more often than this only alerts from then on, until `sallyport rearm RULE`."),
           SectionId::kBreaker);

}  // namespace sallyport::policy::schema_count
