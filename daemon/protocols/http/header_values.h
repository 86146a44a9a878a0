// Values inside header fields: lists, parameters, file names, credentials' user name, content codings.
// RFC 9110 5.6, RFC 6266 4 (Content-Disposition), RFC 8187 3.2 (filename*), RFC 7617 2 (Basic).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/protocols/http/content_decoder.h"
#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {

/// The words of a list, split at commas, semicolons, blanks and 8-bit bytes; never empty ones.
std::vector<std::string_view> split_words(std::string_view value);

/// The value of parameter `name` (lower case) of a field such as `form-data; name="a"; filename="b"`, quotes and
/// backslash escapes taken off; empty where there is none. `found` may be null.
std::string parameter(std::string_view value, std::string_view name, bool* found = nullptr);

/// filename* (decoded, when it is UTF-8 or ISO-8859-1), else filename, of a Content-Disposition; empty for none.
std::string disposition_file_name(std::string_view content_disposition);

/// The last segment of a target's path, without query and with its percent escapes decoded.
std::string last_path_segment(std::string_view target);

/// The user name of an Authorization field with Basic credentials; never the password.
std::string basic_user(std::string_view authorization);

/// The text that base64 encodes, as far as it is base64.
std::string base64_text(std::string_view text);

/// Percent escapes taken off; what is none stays.
std::string percent_decode(std::string_view text);

struct Codings {
  std::vector<Coding> layers;  ///< in the order in which they were applied
  bool odd = false;            ///< labels that are no exact names
  bool unknown = false;        ///< a coding that cannot be removed
};
/// Content-Encoding, then Transfer-Encoding other than chunked; of a part Content-Transfer-Encoding instead. The
/// framing of S3 uploads, wherever it is named, was applied behind the other content codings.
Codings parse_codings(const Head& head, bool is_part);

/// At most limits::kNameBytesMax bytes of it.
std::string bounded_name(std::string_view text);

}  // namespace sallyport::http
