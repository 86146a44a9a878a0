#include "daemon/classify/result_cache.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

Sha256Digest digest(int number) {
  return Sha256::of(as_byte_span(std::to_string(number)));
}

Findings looked_for(FindingSet set) {
  Findings findings;
  findings.looked_for = set;
  return findings;
}

ClassifyRequest asking(int number, FindingSet wanted, std::vector<OverlayRegion> overlays = {}) {
  ClassifyRequest request;
  request.sha256 = digest(number);
  request.wanted = wanted;
  request.overlays = std::move(overlays);
  return request;
}

TEST(ResultCache, AnswersOnlyWhatWasLookedFor) {
  ResultCache cache(8);
  cache.store(digest(1), looked_for(bit(FindingKind::kFace)));
  EXPECT_TRUE(cache.find(asking(1, bit(FindingKind::kFace))));
  EXPECT_FALSE(cache.find(asking(1, bit(FindingKind::kFace) | bit(FindingKind::kPlate))));
  EXPECT_FALSE(cache.find(asking(2, bit(FindingKind::kFace))));
}

TEST(ResultCache, AnswersForTheSameOverlaysOnly) {
  constexpr FindingSet kCamera = bit(FindingKind::kCamera);
  const std::vector<OverlayRegion> here{{1, 2, 64, 64}}, there{{3, 4, 64, 64}};
  ResultCache cache(8);
  Findings findings = looked_for(kCamera | bit(FindingKind::kFace));
  findings.overlays = here;
  cache.store(digest(1), findings);
  EXPECT_TRUE(cache.find(asking(1, kCamera, here)));
  EXPECT_FALSE(cache.find(asking(1, kCamera, there)));
  EXPECT_FALSE(cache.find(asking(1, kCamera)));
  EXPECT_TRUE(cache.find(asking(1, bit(FindingKind::kFace)))) << "asks for no overlay";
}

TEST(ResultCache, WhatWasFoundInPartAnswersWhoAsksForNoMore) {
  ResultCache cache(8);
  Findings two;
  two.faces = {{{}, 0.9F}, {{}, 0.8F}};
  cache.store(digest(1), two);
  ClassifyRequest request = asking(1, bit(FindingKind::kFace));
  EXPECT_FALSE(cache.find(request)) << "all are asked for";
  request.faces = {2, 0.7F};
  EXPECT_TRUE(cache.find(request));
  request.faces = {2, 0.85F};
  EXPECT_FALSE(cache.find(request)) << "only one is as certain";
  request.faces = {3, 0.7F};
  EXPECT_FALSE(cache.find(request));
  request.wanted |= bit(FindingKind::kPlate);
  request.faces = {1, 0.7F};
  EXPECT_FALSE(cache.find(request)) << "nobody looked for plates";
}

Findings with_features() {
  Findings findings = looked_for(bit(FindingKind::kFingerprint) | bit(FindingKind::kLocalFeatures));
  findings.local_features = std::make_shared<LocalFeatures>();
  return findings;
}

TEST(ResultCache, LocalFeaturesComeWithTheAnswerThatAsksForThem) {
  constexpr FindingSet kWhole = bit(FindingKind::kFingerprint), kParts = kWhole | bit(FindingKind::kLocalFeatures);
  ResultCache cache(8);
  const Findings findings = with_features();
  cache.store(digest(1), findings);
  const auto whole = cache.find(asking(1, kWhole));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->local_features, nullptr) << "nobody asked";
  const auto parts = cache.find(asking(1, kParts));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->local_features, findings.local_features);
  EXPECT_EQ(parts->looked_for, findings.looked_for);
  EXPECT_FALSE(cache.find(asking(1, kParts | bit(FindingKind::kFace))));
}

TEST(ResultCache, LocalFeaturesOfImagesInsideAreAskedForAgain) {
  ResultCache cache(8);
  Findings archive = with_features();
  archive.parts.emplace_back().local_features = archive.local_features;
  cache.store(digest(1), archive);
  EXPECT_TRUE(cache.find(asking(1, bit(FindingKind::kFingerprint))));
  EXPECT_FALSE(cache.find(asking(1, archive.looked_for)));
}

TEST(ResultCache, LocalFeaturesAreKeptOfSoManyOnly) {
  ResultCache cache(limits::kFeaturesRemembered + 1);
  const Findings findings = with_features();
  for (int i = 0; i <= static_cast<int>(limits::kFeaturesRemembered); ++i) cache.store(digest(i), findings);
  EXPECT_EQ(cache.size(), limits::kFeaturesRemembered + 1);
  EXPECT_FALSE(cache.find(asking(0, findings.looked_for)));
  EXPECT_TRUE(cache.find(asking(0, bit(FindingKind::kFingerprint))));
  EXPECT_TRUE(cache.find(asking(1, findings.looked_for)));
}

TEST(ResultCache, DoesNotKeepWhatWasNotInspected) {
  ResultCache cache(8);
  Findings failed = looked_for(bit(FindingKind::kFace));
  failed.not_inspected = NotInspected::kDecodeError;
  cache.store(digest(1), failed);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(ResultCache, LeastRecentlyUsedGoesFirst) {
  ResultCache cache(2);
  cache.store(digest(1), looked_for(1));
  cache.store(digest(2), looked_for(1));
  cache.find(asking(1, 1));
  cache.store(digest(3), looked_for(1));
  EXPECT_TRUE(cache.find(asking(1, 1)));
  EXPECT_FALSE(cache.find(asking(2, 1)));
}

}  // namespace
}  // namespace sallyport
