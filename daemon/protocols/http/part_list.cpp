#include "daemon/protocols/http/part_list.h"

#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/protocols/http/content_range.h"

namespace sallyport::http {
namespace {

/// Bytes of a tag that are looked at; attributes behind them are read over.
constexpr std::size_t kTagBytesMax = 256;
constexpr std::string_view kEtag = "ETag";
constexpr std::string_view kCommentBegin = "!--";
constexpr std::string_view kCommentEnd = "--";
constexpr std::string_view kCdataBegin = "![CDATA[";
constexpr std::string_view kCdataEnd = "]]";

/// The name of a tag, without name space, attributes and slash.
std::string_view element_of(std::string_view tag) {
  if (tag.starts_with('/')) tag.remove_prefix(1);
  tag = tag.substr(0, tag.find_first_of(" \t\r\n/"));
  const std::size_t colon = tag.find(':');
  return colon == std::string_view::npos ? tag : tag.substr(colon + 1);
}

}  // namespace

void PartListParser::push(Bytes bytes) {
  for (const char c : as_text(bytes)) take(c);
}

void PartListParser::take(char c) {
  if (state_ == State::kTag) return take_tag(c);
  if (state_ == State::kText) {
    if (c == '<') {
      state_ = State::kTag;
      tag_.clear();
    } else if (in_text_ && text_.size() <= kNameBytesMax) {
      text_.push_back(c);
    }
    return;
  }
  // A comment or CDATA ends with two characters and '>'; `tag_` keeps the last two.
  const std::string_view end = state_ == State::kComment ? kCommentEnd : kCdataEnd;
  if (c == '>' && tag_ == end) {
    if (state_ == State::kCdata && in_text_ && text_.size() <= kNameBytesMax)
      text_.resize(text_.size() - std::min(text_.size(), kCdataEnd.size()));
    state_ = State::kText;
    return;
  }
  if (state_ == State::kCdata && in_text_ && text_.size() <= kNameBytesMax) text_.push_back(c);
  if (tag_.size() == end.size()) tag_.erase(0, 1);
  tag_.push_back(c);
}

void PartListParser::take_tag(char c) {
  if (c == '>') return end_tag();
  if (tag_.size() < kTagBytesMax) tag_.push_back(c);
  if (tag_ == kCommentBegin || tag_ == kCdataBegin) {
    state_ = tag_ == kCommentBegin ? State::kComment : State::kCdata;
    tag_.clear();
  }
}

void PartListParser::end_tag() {
  state_ = State::kText;
  const std::string_view element = element_of(tag_);
  if (element == "Part") {
    has_name_ = false;
    etag_.clear();
  }
  if (!is_read(element)) return;
  if (in_text_ && tag_.starts_with('/')) return end_element(element);
  in_text_ = !tag_.ends_with('/');
  text_.clear();
}

void PartListParser::end_element(std::string_view element) {
  in_text_ = false;
  if (element == kEtag) return add_etag(text_);
  has_name_ = parts_.size() <= limits::kPartsPerObjectMax;
  if (!has_name_) return;
  const std::string_view name = trim_blanks(text_);
  // What is no number names a part that nobody brought, and is missed as such.
  const auto number = form_ == PartListForm::kS3 ? parse_offset(name) : std::nullopt;
  parts_.push_back(number ? std::to_string(*number) : std::string(name));
  etags_.push_back(std::exchange(etag_, {}));
  name_bytes_ = std::max({name_bytes_, parts_.back().size(), etags_.back().size()});
}

/// It may stand before the number or behind it.
void PartListParser::add_etag(std::string_view text) {
  std::string etag = quoted_etag(text);
  name_bytes_ = std::max(name_bytes_, etag.size());
  (has_name_ ? etags_.back() : etag_) = std::move(etag);
}

bool PartListParser::is_read(std::string_view element) const {
  if (form_ == PartListForm::kS3) return element == "PartNumber" || element == kEtag;
  return element == "Latest" || element == "Committed" || element == "Uncommitted";
}

std::string quoted_etag(std::string_view text) {
  static constexpr std::string_view kQuotes[] = {"\"", "&quot;", "&#34;", "&#x22;"};
  text = trim_blanks(text);
  for (const std::string_view quote : kQuotes) {
    if (text.starts_with(quote)) text.remove_prefix(quote.size());
    if (text.ends_with(quote)) text.remove_suffix(quote.size());
  }
  return text.empty() ? std::string() : '"' + std::string(text) + '"';
}

}  // namespace sallyport::http
