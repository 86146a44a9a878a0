// The bytes of a policy file.
#pragma once

#include <filesystem>
#include <string>
#include <tl/expected.hpp>

namespace sallyport::policy {

/// At most one byte more than `bytes_max`: who reads it then says that it is too large. Else why it cannot be read.
tl::expected<std::string, std::string> read_policy_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace sallyport::policy
