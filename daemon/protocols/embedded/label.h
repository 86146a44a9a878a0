// What the text in front of an encoded string calls it.
#pragma once

#include <string_view>

namespace sallyport::embedded {

/// Parts of the text that was looked at.
struct Label {
  std::string_view name;        ///< JSON key, form field, attribute, CSS property or XML element; empty: none
  std::string_view media_type;  ///< of a data: URI (RFC 2397 3); empty: none
};
Label find_label(std::string_view before);

}  // namespace sallyport::embedded
