// The header of a mail message or of one of its parts.
#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// What decides how a body is read. Words are in lower case.
struct MimeHeader {
  std::string type = "text/plain";
  std::string boundary;
  std::string name;  ///< of the file: Content-Disposition, else Content-Type; encoded words stay as they are
  std::string encoding = "7bit";
  bool is_ambiguous = false;  ///< a deciding field or parameter stands there twice and differs
  std::string_view body;      ///< what follows the empty line
};

/// `part` begins with the header; a part without one begins with an empty line. The body is a view into it.
MimeHeader read_mime_header(std::string_view part);

}  // namespace sallyport
