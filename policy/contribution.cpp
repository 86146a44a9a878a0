#include "policy/contribution.h"

#include <algorithm>
#include <optional>

#include "daemon/contract/pdq.h"
#include "policy/ask.h"

namespace sallyport::policy {
namespace {

/// An image of the object, and the findings that are its own.
struct Image {
  const ImageFindings* findings = nullptr;
  const std::optional<Sha256Digest>* sha256 = nullptr;
};

std::optional<Picture> picture_of(const Image& image) {
  Picture picture;
  if (image.findings->pdq && image.findings->pdq_quality >= kPdqQualityMin) {
    picture.perceptual = true;
    picture.bits = *image.findings->pdq;
    return picture;
  }
  if (!*image.sha256) return std::nullopt;
  std::transform((*image.sha256)->begin(), (*image.sha256)->end(), picture.bits.begin(),
                 [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return picture;
}

class ImageCounter {
 public:
  ImageCounter(const CompiledRule& rule, const Known& known, const Answer& question)
      : rule_(rule), known_(known), question_(question), findings_(known.findings()) {}

  Contribution count() {
    const std::vector<Image> images = images_of();
    if (images.empty()) {
      add_unseen();
      return std::move(sum_);
    }
    std::vector<Answer> answers;
    for (const Image& image : images) answers.push_back(images.size() == 1 ? question_ : ask_alone(image));
    const auto is_no = [](const Answer& answer) { return answer.truth == Truth::kNo; };
    // What holds of none by itself holds of all together: the rule asks for three faces, and each image has one.
    const bool together = std::all_of(answers.begin(), answers.end(), is_no);
    for (std::size_t i = 0; i < images.size(); ++i) add(images[i], together ? question_ : answers[i]);
    if (has_more()) add_unseen();
    return std::move(sum_);
  }

 private:
  std::vector<Image> images_of() const {
    std::vector<Image> images;
    if (findings_ == nullptr) return images;
    const Transfer& transfer = known_.transfer();
    if (known_.has_content_type() && is_image(transfer.content)) images.push_back({findings_, &transfer.sha256});
    for (const Part& part : findings_->parts) images.push_back({&part, &part.sha256});
    return images;
  }

  /// Whether one image of several fits, as if it were all of the object.
  Answer ask_alone(const Image& image) const {
    Findings alone;
    static_cast<ImageFindings&>(alone) = *image.findings;
    return both(question_, ask(rule_.when, known_.seeing(alone)));
  }

  void add(const Image& image, const Answer& answer) {
    if (answer.truth == Truth::kNo) return;
    if (answer.truth == Truth::kUnknown) return add_possible(1, answer.reasons, answer.needs != Interest::kNone);
    if (rule_.count->what == Counted::kImages) {
      ++sum_.amount;
      return;
    }
    const auto picture = picture_of(image);
    // Of a record: two copies of one picture could not be told from two pictures.
    const ReasonSet reasons = known_.reasons() | reasons_of(*findings_);
    const bool looked = reasons != 0 || (image.findings->looked_for & bit(FindingKind::kFingerprint)) != 0;
    const bool unhashed = known_.recorded() && !looked;
    if (!picture || (unhashed && !picture->perceptual)) return add_possible(1, reasons, unhashed);
    sum_.pictures.push_back(*picture);
  }

  /// A container was not taken apart to its end, or there are images that are not told of one by one.
  bool has_more() const {
    return findings_->parts_untold > 0 ||
           (!is_image(known_.transfer().content) && findings_->not_inspected.has_value());
  }

  /// Nothing of it was seen, or not all.
  void add_unseen() {
    ReasonSet reasons = known_.reasons() | question_.reasons;
    if (findings_ != nullptr) reasons |= reasons_of(*findings_);
    const bool plain = known_.has_content_type() && !may_hold_images(known_.transfer().content);
    const bool unlooked = question_.needs != Interest::kNone || never_unpacked();
    if (!unlooked && (reasons == 0 || (plain && question_.truth == Truth::kYes))) return;
    const std::uint64_t told = findings_ == nullptr ? 0 : findings_->parts_untold;
    const std::uint64_t by_size = 1 + known_.transfer().size / kBytesPerPossibleImage;
    const bool is_one = known_.has_content_type() && is_image(known_.transfer().content);
    add_possible(is_one ? 1 : std::max(told, by_size), reasons, unlooked);
  }

  /// Of a record: images may lie in it, and nobody asked for them then.
  bool never_unpacked() const {
    return known_.recorded() && known_.has_content_type() && is_container(known_.transfer().content) &&
           (findings_ == nullptr || findings_->looked_for == 0);
  }

  void add_possible(std::uint64_t number, ReasonSet reasons, bool unlooked) {
    const bool unexplained = reasons == 0 && !unlooked;
    if (unexplained && !known_.transfer().ended) return;  // what it shows may still come
    sum_.possible += number;
    sum_.reasons |= unexplained ? bit(NotInspected::kOverBudget) : reasons;
    sum_.unlooked = sum_.unlooked || unlooked;
  }

  const CompiledRule& rule_;
  const Known& known_;
  const Answer& question_;
  const Findings* const findings_;
  Contribution sum_;
};

}  // namespace

bool is_same(const Picture& a, const Picture& b) {
  if (a.perceptual != b.perceptual) return false;
  return a.perceptual ? hamming_distance(a.bits, b.bits) <= kSamePictureBits : a.bits == b.bits;
}

Contribution contribution_of(const CompiledRule& rule, const Known& known) {
  const Answer question = ask_question(rule, known);
  if (question.truth == Truth::kNo) return {};
  if (rule.count->counts_images()) return ImageCounter(rule, known, question).count();
  const std::uint64_t amount = rule.count->what == Counted::kBytes ? known.transfer().size : 1;
  Contribution sum;
  if (question.truth == Truth::kYes) {
    sum.amount = amount;
    return sum;
  }
  sum.possible = amount;
  sum.unlooked = question.needs != Interest::kNone;
  sum.reasons = question.reasons;
  return sum;
}

}  // namespace sallyport::policy
