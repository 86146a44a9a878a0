// Whole lines to a file descriptor: what jsonl_file_sink and stdout_sink share.
#pragma once

#include <string>
#include <string_view>

namespace sallyport {

/// Appends lines to a descriptor that it does not own. A line that cannot be written whole leaves no piece of itself
/// behind: what got out is cut off again, and where that is impossible (a pipe) the next line begins with a newline.
/// Not thread-safe.
class LineOutput {
 public:
  /// False where the line was lost; errno says why. One write(2) a line unless the kernel takes less.
  bool write_line(int fd, std::string_view text);
  /// The next line goes to another file: what was torn in the old one matters no more.
  void forget_torn() { torn_ = false; }

 private:
  void take_back(int fd, std::size_t written);

  std::string line_;  // kept for its capacity
  bool torn_ = false;
};

}  // namespace sallyport
