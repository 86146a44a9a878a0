// Names from inside a container, made fit for events and terminals.
#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// Valid UTF-8 of at most limits::kPartNameBytesMax bytes: backslashes become slashes; controls, colons and bytes that
/// are no UTF-8 become '_'. Of a longer name the end stays: it tells more than the folders before it.
std::string clean_part_name(std::string_view name);

/// Adds a place ("zip:NAME") behind the places around it; a path that would be too long keeps its beginning and its
/// end.
std::string joined_path(const std::string& outer, std::string_view place);

}  // namespace sallyport
