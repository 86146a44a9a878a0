// Addresses of the web as HTTP fields carry them: resolved, and taken apart as far as a key needs. RFC 3986 5.2, 6.2.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::http {

/// Bounded by limits::kNameBytesMax each.
struct WebAddress {
  std::string site;  ///< host and port in lower case, ports 80 and 443 left out; never credentials
  std::string path;  ///< with query, without fragment; dot segments removed
};

/// The host and port of a Host field, or of an authority, as WebAddress::site.
std::string site_of(std::string_view authority);

/// What `reference` (Location, Destination, a copy source) means in a message about `base`.
WebAddress resolve_reference(const WebAddress& base, std::string_view reference);

/// The path without its query.
std::string_view without_query(std::string_view path);

/// The percent-decoded value of a parameter of the path's query, its name compared without case; empty where there is
/// none. A '+' stays one.
std::string query_parameter(std::string_view path, std::string_view lower_name);

}  // namespace sallyport::http
