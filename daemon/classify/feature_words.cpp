#include "daemon/classify/feature_words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace sallyport {
namespace {

constexpr unsigned kAngleBits = 4;
/// A posting: image, level, and 32 bits of the descriptor that are in no word. Lists are of corners that share 18 bits;
/// most of them are of unrelated ones, which differ in 16 of these, and those of one place in four.
constexpr unsigned kSignatureBits = 32;
constexpr unsigned kLevelBits = 4;
constexpr int kSignatureApartMax = 8;
/// Two words for each corner: lists that are shorter cost as much to find as to read.
constexpr unsigned kPostingsBits = 3;
/// A list this much longer than the average is of a corner that very many images have, such as the background of a
/// fixed camera: it tells none of them apart.
constexpr std::size_t kListMin = 256, kListFactor = 16;
/// Changes of scale are counted in steps of two levels.
constexpr unsigned kScaleBins = 16;
/// Votes in two steps side by side. Of a million unrelated ones a few reach it, and are looked at for nothing.
constexpr unsigned kVotesMin = 4;
constexpr std::size_t kCandidatesMax = 24;

std::uint32_t descriptor_word(const LocalFeature& feature, unsigned bits) {
  std::uint32_t word;
  std::memcpy(&word, feature.bits.data(), sizeof word);
  return word & ((1U << bits) - 1);
}

std::uint32_t signature_of(const LocalFeature& feature) {
  std::uint32_t signature;
  static_assert(kDescriptorBitsMax <= 8 * sizeof signature, "no bit of a word is in a signature");
  std::memcpy(&signature, feature.bits.data() + sizeof signature, sizeof signature);
  return signature;
}

std::uint64_t posting_of(std::size_t image, const LocalFeature& feature) {
  const std::uint64_t place = std::uint64_t{image} << kLevelBits | (feature.level & 15U);
  return place << kSignatureBits | signature_of(feature);
}

std::uint32_t word_of(unsigned angle, std::uint32_t descriptor, unsigned bits) {
  return ((angle & 15U) << bits) | descriptor;
}

unsigned bits_for(std::size_t points) {
  const auto width = static_cast<unsigned>(std::bit_width(points));
  return std::clamp(width > kPostingsBits ? width - kPostingsBits : 0, kDescriptorBitsMin, kDescriptorBitsMax);
}

class Votes {
 public:
  Votes(const FeatureWords& words, std::size_t images)
      : words_(words), images_(images), counts_(images * kScaleBins), asked_by_(images), is_seen_(images) {
    const std::size_t mean = words.postings.size() / std::max<std::size_t>(1, words.starts.size());
    list_max_ = std::max(kListMin, mean * kListFactor);
  }

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
  [[gnu::target_clones("default", "popcnt")]]
#endif
  void
  add(const LocalFeature& feature) {
    const std::uint32_t descriptor = descriptor_word(feature, words_.descriptor_bits);
    const unsigned angle = feature.angle >> (8 - kAngleBits);
    // A direction near the border of its sector may have come from the one beside it.
    const unsigned beside = (feature.angle & 15) < 8 ? angle + 15 : angle + 1;
    std::size_t count = 0;
    for (const unsigned sector : {angle, beside}) {
      asked_[count++] = word_of(sector, descriptor, words_.descriptor_bits);
      for (unsigned bit = 0; bit < words_.descriptor_bits; ++bit) {
        asked_[count++] = word_of(sector, descriptor ^ (1U << bit), words_.descriptor_bits);
      }
    }
    // Each list lies somewhere else in a gigabyte: they are fetched all at once instead of one after the other.
    for (std::size_t i = 0; i < count; ++i) __builtin_prefetch(&words_.starts[asked_[i]]);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t begin = words_.starts[asked_[i]];
      if (begin < words_.postings.size()) __builtin_prefetch(&words_.postings[begin]);
    }
    const std::uint32_t signature = signature_of(feature);
    ++asking_;
    for (std::size_t i = 0; i < count; ++i) add_list(asked_[i], feature.level, signature);
  }

  std::vector<std::uint32_t> best() const {
    std::vector<std::pair<unsigned, std::uint32_t>> ranked;
    for (const std::uint32_t image : seen_) {
      const unsigned votes = votes_of(image);
      if (votes >= kVotesMin) ranked.emplace_back(votes, image);
    }
    const auto is_better = [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    };
    const std::size_t count = std::min(kCandidatesMax, ranked.size());
    std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count), ranked.end(), is_better);
    std::vector<std::uint32_t> images;
    for (std::size_t i = 0; i < count; ++i) images.push_back(ranked[i].second);
    return images;
  }

 private:
  void add_list(std::uint32_t word, unsigned level, std::uint32_t signature) {
    const std::size_t begin = words_.starts[word], end = words_.starts[word + 1];
    if (begin > end || end > words_.postings.size() || end - begin > list_max_) return;
    for (std::size_t i = begin; i < end; ++i) {
      if (std::popcount(static_cast<std::uint32_t>(words_.postings[i]) ^ signature) > kSignatureApartMax) continue;
      const std::uint64_t place = words_.postings[i] >> kSignatureBits;
      const std::uint64_t image = place >> kLevelBits;
      if (image >= images_ || asked_by_[image] == asking_) continue;
      asked_by_[image] = asking_;
      const unsigned registered = place & ((1U << kLevelBits) - 1);
      std::uint8_t& count = counts_[image * kScaleBins + (level + 16 - registered) / 2];
      count = static_cast<std::uint8_t>(count + (count < 255));
      if (count < kVotesMin / 2 || is_seen_[image]) continue;
      is_seen_[image] = true;
      seen_.push_back(static_cast<std::uint32_t>(image));
    }
  }

  unsigned votes_of(std::uint32_t image) const {
    const std::uint8_t* const bins = counts_.data() + std::size_t{image} * kScaleBins;
    unsigned most = 0;
    for (unsigned bin = 0; bin + 1 < kScaleBins; ++bin) most = std::max<unsigned>(most, bins[bin] + bins[bin + 1]);
    return most;
  }

  const FeatureWords& words_;
  std::size_t images_;
  std::size_t list_max_ = 0;
  std::vector<std::uint8_t> counts_;
  std::vector<std::uint16_t> asked_by_;
  std::uint16_t asking_ = 0;
  std::vector<bool> is_seen_;
  std::array<std::uint32_t, 2 * (1 + kDescriptorBitsMax)> asked_{};
  std::vector<std::uint32_t> seen_;  // images with a step that has half the votes
};

}  // namespace

OwnedFeatureWords build_words(std::span<const RegisteredPoints> images) {
  std::size_t points = 0;
  for (const RegisteredPoints& image : images) points += image.size();
  OwnedFeatureWords words;
  words.descriptor_bits = bits_for(points);
  const auto word = [&words](const LocalFeature& point) {
    return word_of(point.angle >> (8 - kAngleBits), descriptor_word(point, words.descriptor_bits),
                   words.descriptor_bits);
  };
  words.starts.resize(word_starts(words.descriptor_bits));
  for (const RegisteredPoints& image : images) {
    for (const LocalFeature& point : image) ++words.starts[word(point) + 1];
  }
  for (std::size_t i = 1; i < words.starts.size(); ++i) words.starts[i] += words.starts[i - 1];
  std::vector<std::uint32_t> next(words.starts.begin(), words.starts.end() - 1);
  words.postings.resize(points);
  for (std::size_t image = 0; image < images.size(); ++image) {
    for (const LocalFeature& point : images[image]) {
      words.postings[next[word(point)]++] = posting_of(image, point);
    }
  }
  return words;
}

std::vector<std::uint32_t> candidates(const FeatureWords& words, std::size_t images, const LocalFeatures& query) {
  if (words.postings.empty() || images == 0) return {};
  Votes votes(words, images);
  for (const LocalFeature& feature : query.points) votes.add(feature);
  return votes.best();
}

}  // namespace sallyport
