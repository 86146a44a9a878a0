#include "daemon/protocols/http/part_list.h"

#include <algorithm>

#include "daemon/base/limits.h"
#include "daemon/protocols/http/content_range.h"

namespace sallyport::http {
namespace {

/// Bytes of a tag that are looked at; attributes behind them are read over.
constexpr std::size_t kTagBytesMax = 256;
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
    } else if (in_part_ && text_.size() <= kNameBytesMax) {
      text_.push_back(c);
    }
    return;
  }
  // A comment or CDATA ends with two characters and '>'; `tag_` keeps the last two.
  const std::string_view end = state_ == State::kComment ? kCommentEnd : kCdataEnd;
  if (c == '>' && tag_ == end) {
    if (state_ == State::kCdata && in_part_ && text_.size() <= kNameBytesMax)
      text_.resize(text_.size() - std::min(text_.size(), kCdataEnd.size()));
    state_ = State::kText;
    return;
  }
  if (state_ == State::kCdata && in_part_ && text_.size() <= kNameBytesMax) text_.push_back(c);
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
  if (!names_part(element_of(tag_))) return;
  if (in_part_ && tag_.starts_with('/')) return end_element();
  in_part_ = !tag_.ends_with('/');
  text_.clear();
}

void PartListParser::end_element() {
  in_part_ = false;
  if (parts_.size() > limits::kPartsPerObjectMax) return;
  const std::string_view name = trim_blanks(text_);
  // What is no number names a part that nobody brought, and is missed as such.
  const auto number = form_ == PartListForm::kS3 ? parse_offset(name) : std::nullopt;
  parts_.push_back(number ? std::to_string(*number) : std::string(name));
  name_bytes_ = std::max(name_bytes_, parts_.back().size());
}

bool PartListParser::names_part(std::string_view element) const {
  if (form_ == PartListForm::kS3) return element == "PartNumber";
  return element == "Latest" || element == "Committed" || element == "Uncommitted";
}

}  // namespace sallyport::http
