// Finds every image inside an object, however deep it lies: archives, documents, mails, and images behind or inside
// images.
#pragma once

#include <string>
#include <vector>

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// What the unpacker finds. Paths are as in contract/finding.h, clean and bounded. Spans are valid during the call.
class PartSink {
 public:
  virtual ~PartSink() = default;

  virtual void image(const std::string& path, Bytes bytes) = 0;
  virtual void bitmap(const std::string& path, const RawBitmap& bitmap) = 0;
  /// Something that could be or hold an image and was not had. An empty path: the object itself.
  virtual void not_inspected(const std::string& path, NotInspected reason, ContentType type) = 0;
};

/// One object. One thread; recursion is bounded by limits::kContainerDepthMax.
class Unpacker : private MemberSink {
 public:
  Unpacker(UnpackBudget& budget, PartSink& parts) : budget_(budget), parts_(parts) {}

  /// Looks inside the object; tells nothing of the object itself. When the budget is spent, spent() says why.
  void unpack(Bytes object);
  EvasionSet evasions() const { return evasions_; }

 private:
  bool member(std::string_view place, Bytes bytes) override;
  bool bitmap(std::string_view place, const RawBitmap& bitmap) override;
  void not_inspected(std::string_view place, NotInspected reason) override;
  void flag(Evasion evasion) override { evasions_ |= bit(evasion); }
  UnpackBudget& budget() override { return budget_; }

  void look_inside(Bytes bytes, ContentType type);
  void read_container(Bytes bytes, ContentType type);

  UnpackBudget& budget_;
  PartSink& parts_;
  std::string path_;  // of the container that is read
  ContentType type_ = ContentType::kUnknown;
  int depth_ = 0;
  /// Where the last ZIP that was read ends: one behind other bytes is found both from its start and from its end.
  const std::byte* zip_end_ = nullptr;
  EvasionSet evasions_ = 0;
};

}  // namespace sallyport
