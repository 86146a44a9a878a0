// Whatever one or two slips make of a key or word of the language is understood.
#include "policy/suggest.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/schema.h"

namespace sallyport::policy {
namespace {

std::vector<std::string> single_edits(const std::string& word, const std::string& letters) {
  std::vector<std::string> edits;
  for (std::size_t i = 0; i <= word.size(); ++i) {
    for (const char letter : letters) edits.push_back(std::string(word).insert(i, 1, letter));
    if (i == word.size()) break;
    edits.push_back(std::string(word).erase(i, 1));
    for (const char letter : letters) edits.push_back(std::string(word).replace(i, 1, 1, letter));
    if (i + 1 < word.size()) edits.push_back(word);
    if (i + 1 < word.size()) std::swap(edits.back()[i], edits.back()[i + 1]);
  }
  return edits;
}

/// However many words there are, one of them is near.
void expect_near(const std::string& slip, std::string_view word) {
  if (slip.empty()) return;
  EXPECT_EQ(nearest(slip, std::span(&word, 1)), word) << slip;
}

/// Each word is told whatever one or two slips made of it.
void expect_suggestions(std::string_view word) {
  for (const std::string& once : single_edits(std::string(word), "aekstz_")) expect_near(once, word);
  for (const std::string& once : single_edits(std::string(word), "q")) {
    for (const std::string& twice : single_edits(once, "q")) expect_near(twice, word);
  }
}

TEST(Suggest, EveryKeyIsFoundBehindOneSlipOrTwo) {
  std::set<std::string_view> keys;
  for (const SchemaSection& section : schema()) {
    for (const SchemaKey& key : section.keys) keys.insert(key.key);
  }
  for (const std::string_view key : keys) expect_suggestions(key);
}

TEST(Suggest, EveryWordIsFoundBehindOneSlipOrTwo) {
  std::set<std::string_view> words;
  for (const SchemaSection& section : schema()) {
    for (const SchemaKey& key : section.keys) {
      for (const std::string_view word : words_of(key.words)) words.insert(word);
    }
  }
  for (const std::string_view word : words) expect_suggestions(word);
}

TEST(Suggest, ASwapWithALetterBetweenIsTwoEdits) {
  EXPECT_EQ(edit_distance("ca", "abc"), 2U);
  EXPECT_EQ(edit_distance("ot", "tzo"), 2U);
  EXPECT_EQ(edit_distance("block", "block"), 0U);
}

}  // namespace
}  // namespace sallyport::policy
