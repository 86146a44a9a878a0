// The list of parts that completes an upload: the XML of S3's CompleteMultipartUpload and of Azure's Put Block List.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// Pushed; one list; one thread. Finds the elements that name parts, and no more of XML than that takes: name spaces,
/// attributes, comments and CDATA are read over, entities are not resolved, since neither numbers nor base64 need them.
/// Memory: the texts found, and one tag.
class PartListParser {
 public:
  explicit PartListParser(PartListForm form) : form_(form) {}

  void push(Bytes bytes);
  /// Numbers in decimal without leading zeros, or block names, in the order listed; at most one more than
  /// limits::kPartsPerObjectMax.
  const std::vector<std::string>& parts() const { return parts_; }
  /// Of each part, quoted as in a field; empty: not said.
  const std::vector<std::string>& etags() const { return etags_; }
  /// From above.
  std::size_t memory_bytes() const {
    return 2 * (parts_.capacity() * sizeof(std::string) + parts_.size() * name_bytes_) + tag_.capacity() +
           text_.capacity();
  }

  /// Bytes of one name: an Azure block name has at most 64 before base64.
  static constexpr std::size_t kNameBytesMax = 256;

 private:
  enum class State : unsigned char { kText, kTag, kComment, kCdata };

  void take(char c);
  void take_tag(char c);
  void end_tag();
  void end_element(std::string_view element);
  void add_etag(std::string_view text);
  bool is_read(std::string_view element) const;

  PartListForm form_;
  State state_ = State::kText;
  bool in_text_ = false;   // of an element that is read
  bool has_name_ = false;  // the part that is open has been named
  std::string tag_;
  std::string text_;
  std::string etag_;  // of the part that is open, before its name
  std::vector<std::string> parts_;
  std::vector<std::string> etags_;
  std::size_t name_bytes_ = 0;  // of the longest name or tag that takes memory of its own
};

/// An entity tag (RFC 9110 8.8.3) between quotes, however it was quoted in XML, or not.
std::string quoted_etag(std::string_view text);

}  // namespace sallyport::http
