// A golden case of SMB is a conversation in steps.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/contract/flow.h"
#include "daemon/contract/interest.h"
#include "tests/support/smb_builder.h"

namespace sallyport::smb {

using namespace test::smb;

inline constexpr Direction kUp = Direction::kClientToServer;
inline constexpr Direction kDown = Direction::kServerToClient;

struct Step {
  Direction direction = kUp;
  std::string bytes;
  std::uint64_t gap = 0;
  int flow = 1;
};
struct Case {
  std::string name;
  std::vector<Step> steps;
  bool midstream = false;
  Interest interest = Interest::kContent;
};

inline void PrintTo(const Case& one, std::ostream* out) {
  *out << one.name;
}

inline Step up(const std::string& message, int flow = 1) {
  return {kUp, frame(message), 0, flow};
}
inline Step down(const std::string& message, int flow = 1) {
  return {kDown, frame(message), 0, flow};
}
inline Step lost(Direction direction, std::uint64_t size) {
  return {direction, {}, size, 1};
}
inline Step cut(Direction direction, const std::string& bytes) {
  return {direction, bytes, 0, 1};
}

template <class T>
std::vector<T> operator+(std::vector<T> left, const std::vector<T>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

inline std::vector<Step> opened(std::string_view name, std::uint64_t file, std::uint64_t end_of_file,
                                std::uint8_t share_type = 1) {
  return {down(negotiate_reply(0x302, 0)),
          up(session_setup(1, "CORP", "ann")),
          down(session_setup_reply(1, 0)),
          up(tree_connect(2, share_type == 2 ? "\\\\fs\\IPC$" : "\\\\fs\\pictures")),
          down(tree_connect_reply(2, share_type)),
          up(create(3, name)),
          down(create_reply(3, file, end_of_file))};
}
inline std::vector<Step> closed(std::uint64_t message_id, std::uint64_t file) {
  return {up(close(message_id, file)), down(close_reply(message_id))};
}

}  // namespace sallyport::smb
