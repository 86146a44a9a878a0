#include "daemon/worker/unpack/embedded_reader.h"

#include <algorithm>
#include <optional>
#include <string>

#include "daemon/base/limits.h"
#include "daemon/protocols/embedded/embedded_scanner.h"

namespace sallyport {
namespace {

/// What a picture has at least. Less that is broken is no picture but the sign of one, as programs hold that know the
/// format.
constexpr std::size_t kBrokenBytesMin = 1024;

class FoundMembers : public embedded::EmbeddedSink {
 public:
  explicit FoundMembers(MemberSink& sink) : sink_(sink) {}

  void embedded_begin(const embedded::EmbeddedObject& object) override {
    place_ = std::string(object.inside) + '@' + std::to_string(++count_);
    if (sink_.budget().add_member()) content_.emplace(sink_.budget());
  }

  void embedded_bytes(Bytes bytes) override {
    if (content_) content_->append(bytes);
  }

  void embedded_end(std::optional<NotInspected> reason) override {
    if (!content_ || sink_.budget().spent()) return content_.reset();
    const bool is_sign = reason == NotInspected::kDecodeError && content_->size() < kBrokenBytesMin;
    if (reason == NotInspected::kOverBudget || content_->is_full()) {
      sink_.not_inspected(place_, NotInspected::kContainerLimit);
    } else if (content_->size() > 0 && !is_sign) {
      sink_.member(place_, content_->bytes());
    }
    content_.reset();
  }

 private:
  MemberSink& sink_;
  std::size_t count_ = 0;
  std::string place_;
  std::optional<MemberBuffer> content_;
};

}  // namespace

void read_unknown(Bytes bytes, MemberSink& sink) {
  constexpr std::size_t kPieceBytes = 65536;
  FoundMembers found(sink);
  const embedded::EmbeddedLimits limits{limits::kCarvedImagesMax, limits::kUnpackedBytesMax};
  embedded::EmbeddedScanner scanner(found, limits, {});
  while (!bytes.empty() && !scanner.idle() && !sink.budget().is_late() && !sink.budget().spent()) {
    const std::size_t size = std::min(bytes.size(), kPieceBytes);
    scanner.push(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  scanner.finish(std::nullopt);
}

}  // namespace sallyport
