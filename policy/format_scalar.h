// How one value is written: plain where nobody can misread it, else in quotes, a long text as a block.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// Where a value stands: between brackets more characters have a meaning.
enum class ScalarPlace : std::uint8_t { kLine, kFlow };

std::string scalar_text(std::string_view text, ScalarPlace place);
/// Whether it is best written as a block behind '|'.
bool is_block_text(std::string_view text);
/// '|' or '|-', and the lines of the block without their indentation.
std::vector<std::string> block_lines(std::string_view text);

}  // namespace sallyport::policy
