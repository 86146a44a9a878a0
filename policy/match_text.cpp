#include "policy/match_text.h"

#include <algorithm>

#include "daemon/contract/pdq.h"

namespace sallyport::policy {

std::string part_text(const FingerprintMatch& match) {
  return "by its parts: " + std::to_string(match.inliers) + " corners, " + std::to_string(match.covered_percent) +
         " % of it shown";
}

std::string form_text(const FingerprintMatch& match) {
  if (match.form == PictureForm::kUpright) return {};
  std::string word(to_string(match.form));
  std::replace(word.begin(), word.end(), '_', ' ');
  return ' ' + word;
}

}  // namespace sallyport::policy
