// Each case is a conversation; its log is kept in tests/golden/protocols/smb/<case>.log. SALLYPORT_UPDATE_GOLDEN=1
// writes them anew.
#include "tests/unit/daemon/protocols/smb/smb_golden.h"
#include "tests/unit/daemon/protocols/smb/compressed_golden_cases.h"

namespace sallyport::smb {
namespace {

using namespace test::smb;

std::vector<Case> smb2_write_cases() {
  const std::string large(5000, 'L');
  std::vector<Step> tiny = opened("tiny.bin", 9, 0);
  for (unsigned i = 0; i < 40; ++i) tiny.push_back(up(test::smb::write(10 + i, 9, i, "x")));
  return {
      {"write_in_order",
       opened("d\\a.jpg", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcd")), down(write_reply(4, 4)), up(write(5, 9, 4, "efgh"))} + closed(6, 9)},
      {"write_out_of_order",
       opened("a.jpg", 9, 0) + std::vector{up(write(4, 9, 4, "efgh")), up(write(5, 9, 0, "abcd"))} + closed(6, 9)},
      {"write_overlap",
       opened("a.jpg", 9, 0) + std::vector{up(write(4, 9, 0, "abcd")), up(write(5, 9, 2, "XYZ"))} + closed(6, 9)},
      {"write_large", opened("a.bin", 9, 0) + std::vector{up(write(4, 9, 0, large))} + closed(6, 9)},
      {"write_many_tiny", tiny + closed(90, 9)},
      {"write_below_digest_passes", opened("a.jpg", 9, 0) + std::vector{up(write(4, 9, 0, "abcd"))} + closed(6, 9),
       false, Interest::kAccount},
      {"write_append_offset", opened("a.log", 9, 0) +
                                  std::vector{up(write(4, 9, 0, "ab")), up(write(5, 9, ~std::uint64_t{0}, "cd"))} +
                                  closed(6, 9)},
      {"write_refused", opened("a.jpg", 9, 0) +
                            std::vector{up(write(4, 9, 0, "abcd")), down(failed(9, 4, kAccessDenied))} + closed(6, 9)},
      {"write_named_stream", opened("a.txt:hidden.jpg", 9, 0) + std::vector{up(write(4, 9, 0, "abcd"))} + closed(6, 9)},
      {"compound_create_write_close",
       {{kUp, compound({create(3, "c.jpg"), write(4, kPrevious, 0, "abcd", kRelated), close(5, kPrevious, kRelated)}),
         0, 1},
        {kDown, compound({create_reply(3, 9, 0), write_reply(4, 4), close_reply(5)}), 0, 1}}},
      {"compound_create_write_then_more",
       std::vector<Step>{{kUp, compound({create(3, "c.jpg"), write(4, kPrevious, 0, "abcd", kRelated)}), 0, 1},
                         {kDown, compound({create_reply(3, 9, 0), write_reply(4, 4)}), 0, 1},
                         up(write(6, 9, 4, "efgh"))} +
           closed(7, 9)},
      {"compound_create_fails",
       {{kUp, compound({create(3, "c.jpg"), write(4, kPrevious, 0, "abcd", kRelated)}), 0, 1},
        {kDown, compound({failed(5, 3, kAccessDenied), failed(9, 4, kAccessDenied)}), 0, 1}}},
      {"rename_after_write",
       opened("a.tmp", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcd")), up(rename(5, 9, "\\b\\a.jpg")), down(set_info_reply(5))} +
           closed(6, 9)},
      {"set_eof_before_write",
       opened("a.jpg", 9, 0) +
           std::vector{up(set_end_of_file(4, 9, 8)), down(set_info_reply(4)), up(write(5, 9, 0, "abcd"))} +
           closed(6, 9)},
      {"set_eof_truncates",
       opened("a.jpg", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcdefgh")), up(set_end_of_file(5, 9, 4)), down(set_info_reply(5))} +
           closed(6, 9)},
      {"set_eof_pipelined_cannot_hide_a_write",
       opened("a.jpg", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcd")), up(set_end_of_file(5, 9, 0)), up(write(6, 9, 0, "efgh")),
                       down(set_info_reply(5))} +
           closed(7, 9)},
      {"set_eof_refused_cannot_hide_a_write",
       opened("a.jpg", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcd")), up(set_end_of_file(5, 9, 0)), down(failed(17, 5, kAccessDenied))} +
           closed(7, 9)},
      {"close_refused_then_write", opened("a.jpg", 9, 0) +
                                       std::vector{up(write(4, 9, 0, "abcd")), up(close(5, 9)),
                                                   down(failed(6, 5, kAccessDenied)), up(write(6, 9, 4, "efgh"))} +
                                       closed(7, 9)},
  };
}

std::vector<Case> smb2_read_cases() {
  return {
      {"read_pipelined", opened("a.jpg", 9, 8) +
                             std::vector{up(read(4, 9, 0, 4)), up(read(5, 9, 4, 4)), down(read_reply(5, "efgh")),
                                         down(read_reply(4, "abcd"))} +
                             closed(6, 9)},
      {"read_pending",
       opened("a.jpg", 9, 4) +
           std::vector{up(read(4, 9, 0, 4)), down(pending(8, 4, 77)), down(read_reply(4, "abcd", kAsync, 77))} +
           closed(6, 9)},
      {"read_cancelled", opened("a.jpg", 9, 4) +
                             std::vector{up(read(4, 9, 0, 4)), down(pending(8, 4, 77)),
                                         up(message(12, {4, kAsync, 0, 77}, le(4, 2) + zeros(2))),
                                         down(message(8, {4, kReply | kAsync, 0xc0000120, 77}, error_body()))} +
                             closed(6, 9)},
      {"read_part_only",
       opened("a.jpg", 9, 100) + std::vector{up(read(4, 9, 0, 4)), down(read_reply(4, "abcd"))} + closed(6, 9)},
      {"read_end_of_file", opened("a.jpg", 9, 4) +
                               std::vector{up(read(4, 9, 0, 4)), down(read_reply(4, "abcd")), up(read(5, 9, 4, 4)),
                                           down(failed(8, 5, kEndOfFile))} +
                               closed(6, 9)},
      {"compound_related_read",
       {{kUp, compound({create(3, "c.jpg"), read(4, kPrevious, 0, 4, kRelated), close(5, kPrevious, kRelated)}), 0, 1},
        {kDown, compound({create_reply(3, 9, 4), read_reply(4, "abcd"), close_reply(5)}), 0, 1}}},
      {"read_beyond_all_files", opened("a.jpg", 9, 0) +
                                    std::vector{up(read(4, 9, ~std::uint64_t{0}, 4)), down(read_reply(4, "abcd"))} +
                                    closed(6, 9)},
      {"read_and_write_one_file",
       opened("a.jpg", 9, 4) +
           std::vector{up(read(4, 9, 0, 4)), down(read_reply(4, "abcd")), up(write(5, 9, 0, "WXYZ"))} + closed(6, 9)},
      {"read_whole_never_closed",
       opened("a.jpg", 9, 4) + std::vector{up(read(4, 9, 0, 4)), down(read_reply(4, "abcd"))}},
      {"pipe_both_ways",
       opened("srvsvc", 9, 0, 2) +
           std::vector{up(write(4, 9, 0, "abcd")), up(write(5, 9, 0, "ef")), up(read(6, 9, 0, 1024)),
                       down(read_reply(6, "12")), up(read(7, 9, 0, 1024)), down(read_reply(7, "34"))} +
           closed(8, 9)},
  };
}

/// `on`: flow; without NEGOTIATE, as after a restart of the sensor.
std::vector<Step> opened_unnegotiated(int on) {
  return {up(tree_connect(2, "\\\\fs\\pictures"), on), down(tree_connect_reply(2, 1), on), up(create(3, "m.jpg"), on),
          down(create_reply(3, 9, 0), on)};
}

std::vector<Case> smb2_address_cases() {
  const std::string interfaces =
      interface_info(23, std::string(16, '\x20'), false) + interface_info(2, std::string("\xc0\x00\x02\x02", 4), true);
  const std::vector<Step> both = {up(write(4, 9, 4, "efgh"), 2), up(write(4, 9, 0, "abcd"), 1)};
  const std::vector<Step> end = {up(close(5, 9)), down(close_reply(5))};
  return {
      {"address_nobody_negotiated", opened_unnegotiated(1) + both + end, true, Interest::kContent, true},
      {"address_second_negotiated",
       opened_unnegotiated(1) + std::vector{down(negotiate_reply(0x311, 8), 2)} + both +
           std::vector{up(close(5, 9), 2), down(close_reply(5), 2)},
       true, Interest::kContent, true},
      {"address_bytes_before_the_create",
       std::vector{up(write(4, 9, 4, "efgh"), 2)} + opened_unnegotiated(1) +
           std::vector{up(write(4, 9, 0, "abcd"), 1), up(write(6, 9, 8, "ijkl"), 2)} + end,
       true, Interest::kContent, true},
      {"address_of_a_server_without_channels",
       std::vector{down(negotiate_reply(0x302, 0))} + opened_unnegotiated(1) + both + end, true, Interest::kContent,
       true},
      {"address_another_tree_is_another_file",
       opened_unnegotiated(1) +
           std::vector{up(write(4, 9, 4, "efgh").replace(36, 4, le(99, 4)), 2), up(write(4, 9, 0, "abcd"), 1)} + end,
       true, Interest::kContent, true},
      {"address_both_negotiated_are_two_servers",
       std::vector{down(negotiate_reply(0x311, 8))} + opened_unnegotiated(1) +
           std::vector{down(negotiate_reply(0x311, 8).replace(72, 1, "H"), 2)} + both + end,
       true, Interest::kContent, true},
      {"address_told_by_the_server",
       std::vector{down(negotiate_reply(0x311, 8))} + opened_unnegotiated(1) +
           std::vector{up(ioctl(6, kPrevious, 0x1401fc, "")), down(ioctl_reply(6, kPrevious, 0x1401fc, interfaces)),
                       up(create(7, "n.jpg"), 2), down(create_reply(7, 10, 0), 2), up(write(8, 10, 0, "abcd"), 2),
                       up(close(9, 10), 2), down(close_reply(9), 2)},
       true, Interest::kContent, true},
      {"address_told_in_a_short_reply",
       std::vector{down(negotiate_reply(0x311, 8)), up(ioctl(6, kPrevious, 0x1401fc, "")),
                   down(ioctl_reply(6, kPrevious, 0x1401fc, interfaces.substr(0, 170)))},
       true, Interest::kContent, true},
      {"unnegotiated_size_at_close_is_more",
       opened_unnegotiated(1) +
           std::vector{up(write(4, 9, 0, "abcd")), up(close_asking(5, 9)), down(close_reply_with(5, 8))},
       true},
      {"unnegotiated_size_at_close_is_the_same",
       opened_unnegotiated(1) +
           std::vector{up(write(4, 9, 0, "abcd")), up(close_asking(5, 9)), down(close_reply_with(5, 4))},
       true},
      {"two_handles_write_one_file", opened("a.jpg", 9, 0) +
                                         std::vector{up(create(20, "A.jpg")), down(create_reply(20, 10, 0)),
                                                     up(write(4, 9, 0, "abcd")), up(write(5, 10, 4, "efgh"))} +
                                         closed(6, 9) + closed(7, 10)},
      {"two_handles_write_one_after_the_other",
       opened("a.jpg", 9, 0) + std::vector{up(write(4, 9, 0, "abcd"))} + closed(6, 9) +
           std::vector{up(create(20, "a.jpg")), down(create_reply(20, 10, 4)), up(write(5, 10, 0, "efgh"))} +
           closed(7, 10)},
  };
}

std::vector<Case> smb2_other_cases() {
  const std::string write_frame = frame(write(4, 9, 0, "abcdefgh"));
  std::string long_length = write(4, 9, 0, "abcd");
  long_length.replace(68, 4, le(4000, 4));
  std::string bad_offset = write(4, 9, 0, "abcd");
  bad_offset.replace(66, 2, le(3, 2));
  std::string bad_next = write(4, 9, 0, "abcd");
  bad_next.replace(20, 4, le(9999, 4));
  const std::string transform = "\xfdSMB" + zeros(48) + std::string(100, 'E');
  const std::string compressed = "\xfcSMB" + zeros(12) + std::string(50, 'C');
  return {
      {"multichannel",
       {down(negotiate_reply(0x311, 8), 1), down(negotiate_reply(0x311, 8), 2), down(negotiate_reply(0x311, 8), 3),
        up(tree_connect(2, "\\\\fs\\pictures")), down(tree_connect_reply(2, 1)), up(create(3, "m.jpg")),
        down(create_reply(3, 9, 0)), up(write(4, 9, 4, "efgh"), 2), up(write(4, 9, 0, "abcd"), 1), up(close(5, 9), 3),
        down(close_reply(5), 3)}},
      {"encrypted", {up(transform), down(transform), up(transform)}},
      {"compressed_without_algorithm", {up(compressed), down(compressed)}},
      {"midstream_write", {up(write(4, 9, 0, "abcd")), up(close(5, 9)), down(close_reply(5))}, true},
      {"midstream_read", {down(read_reply(4, "abcd")), down(read_reply(5, "efgh"))}, true},
      {"midstream_roles_reversed", {down(write(4, 9, 0, "abcd")), up(write_reply(4, 4)), down(close(5, 9))}, true},
      {"midstream_inside_a_message", {cut(kUp, "remains of a message"), up(write(4, 9, 0, "abcd"))}, true},
      {"gap_in_write",
       opened("a.jpg", 9, 0) +
           std::vector{cut(kUp, write_frame.substr(0, 118)), lost(kUp, 4), cut(kUp, write_frame.substr(122))} +
           closed(6, 9)},
      {"gap_in_head", opened("a.jpg", 9, 0) +
                          std::vector{cut(kUp, write_frame.substr(0, 30)), lost(kUp, 10),
                                      cut(kUp, write_frame.substr(40)), up(write(5, 9, 8, "ijkl"))} +
                          closed(6, 9)},
      {"gap_hides_a_write_beyond_what_is_seen",
       opened("a.jpg", 9, 0) + std::vector{lost(kUp, write_frame.size()), up(write(5, 9, 0, "abcd"))} + closed(6, 9)},
      {"gap_hides_an_opening", std::vector{down(negotiate_reply(0x302, 0)), lost(kUp, 300), down(create_reply(3, 9, 0)),
                                           up(write(5, 9, 0, "abcd"))} +
                                   closed(6, 9)},
      {"gap_over_framing", opened("a.jpg", 9, 0) +
                               std::vector{cut(kUp, write_frame.substr(0, 118)), lost(kUp, 500),
                                           cut(kUp, "tail of the lost message"), up(write(5, 9, 8, "ijkl"))} +
                               closed(6, 9)},
      {"length_beyond_message", opened("a.jpg", 9, 0) + std::vector{up(long_length)} + closed(6, 9)},
      {"data_offset_in_header", opened("a.jpg", 9, 0) + std::vector{up(bad_offset)} + closed(6, 9)},
      {"next_command_beyond_frame", opened("a.jpg", 9, 0) + std::vector{up(bad_next)} + closed(6, 9)},
      {"related_with_another_id",
       opened("a.jpg", 9, 0) +
           std::vector<Step>{{kUp, compound({write(4, 9, 0, "abcd"), write(5, 77, 4, "efgh", kRelated)}), 0, 1}} +
           closed(6, 9)},
      {"two_messages_in_a_span",
       opened("a.jpg", 9, 0) + std::vector{cut(kUp, frame(write(4, 9, 0, "abcd")) + frame(write(5, 9, 4, "efgh")))} +
           closed(6, 9)},
      {"tree_disconnect_closes",
       opened("a.jpg", 9, 0) + std::vector{up(write(4, 9, 0, "abcd")), up(message(4, {5}, le(4, 2) + zeros(2))),
                                           down(message(4, {5, kReply}, le(4, 2) + zeros(2)))}},
  };
}

constexpr std::uint64_t kNewSession = 0x77;
const std::string kGuid = "0123456789abcdef";
const std::string kOldId = le(9, 8) + le(9, 8);

// Half of a file, then its connection is gone, and its client is there again on another session.
std::vector<Step> broken_and_back(const std::string& asks, const std::string& granted, const std::string& back) {
  return {down(negotiate_reply(0x302, 0)),
          up(tree_connect(2, "\\\\fs\\pictures")),
          down(tree_connect_reply(2, 1)),
          up(create_with(3, "a.jpg", asks)),
          down(create_reply_with(3, 9, 9, 0, 2, granted)),
          up(write(4, 9, 0, "abcd")),
          gone(1),
          down(negotiate_reply(0x302, 0), 2),
          up(create_with(1, "a.jpg", back, 0, kNewSession), 2),
          down(create_reply_with(1, 9, 10, 4, 1, granted, kNewSession), 2),
          up(on_session(kNewSession, write_to(2, 9, 10, 4, "efgh")), 2),
          up(on_session(kNewSession, close_of(3, 9, 10)), 2)};
}

std::vector<Case> smb2_object_cases() {
  const std::string copied = std::string(24, 'K') + le(1, 4) + zeros(4) + le(0, 8) + le(0, 8) + le(4000, 4) + zeros(4);
  const auto source =
      std::vector{up(ioctl(4, 9, 0x140078, {})), down(ioctl_reply(4, 9, 0x140078, std::string(24, 'K') + zeros(4))),
                  up(create(5, "copy.jpg")), down(create_reply(5, 10, 0))};
  const std::string zeros_of_range = le(2, 8) + le(6, 8);
  const std::string extents = id_bytes(9) + le(0, 8) + le(0, 8) + le(4096, 8);
  const std::string offload = le(544, 4) + zeros(4) + le(0, 8) + le(8192, 8) + zeros(8) + std::string(512, 'T');
  return {
      {"durable_v1_reconnect", broken_and_back(create_context("DHnQ", zeros(16)), create_context("DHnQ", zeros(8)),
                                               create_context("DHnC", kOldId))},
      {"durable_v2_reconnect",
       broken_and_back(create_context("DH2Q", zeros(16) + kGuid), create_context("DH2Q", zeros(8)),
                       create_context("DH2C", kOldId + kGuid + zeros(4)))},
      {"durable_v2_reconnect_with_another_guid",
       broken_and_back(create_context("DH2Q", zeros(16) + kGuid), create_context("DH2Q", zeros(8)),
                       create_context("DH2C", kOldId + std::string(16, '?') + zeros(4)))},
      {"durable_asked_for_but_not_granted",
       broken_and_back(create_context("DHnQ", zeros(16)), {}, create_context("DHnC", kOldId))},
      {"copychunk", opened("a.jpg", 9, 4000) + source +
                        std::vector{up(ioctl(6, 10, 0x1480f2, copied)), down(ioctl_reply(6, 10, 0x1480f2, zeros(12)))} +
                        closed(7, 10)},
      {"copychunk_refused", opened("a.jpg", 9, 4000) + source +
                                std::vector{up(ioctl(6, 10, 0x1480f2, copied)), down(failed(11, 6, kAccessDenied))} +
                                closed(7, 10)},
      {"copychunk_over_a_write", opened("a.jpg", 9, 4000) + source +
                                     std::vector{up(write(8, 10, 0, "harmless")), up(ioctl(6, 10, 0x1440f2, copied)),
                                                 down(ioctl_reply(6, 10, 0x1440f2, zeros(12)))} +
                                     closed(7, 10)},
      {"duplicate_extents", opened("a.jpg", 9, 4096) +
                                std::vector{up(create(5, "clone.jpg")), down(create_reply(5, 10, 0)),
                                            up(ioctl(6, 10, 0x98344, extents)), down(ioctl_reply(6, 10, 0x98344, {}))} +
                                closed(7, 10)},
      {"offload_copy",
       opened("a.jpg", 9, 8192) +
           std::vector{up(ioctl(4, 9, 0x94264, zeros(32))),
                       down(ioctl_reply(4, 9, 0x94264, zeros(16) + std::string(512, 'T'))), up(create(5, "odx.jpg")),
                       down(create_reply(5, 10, 0)), up(ioctl(6, 10, 0x98268, offload)),
                       down(ioctl_reply(6, 10, 0x98268, zeros(16)))} +
           closed(7, 10)},
      {"zeroed_range", opened("a.jpg", 9, 0) +
                           std::vector{up(write(4, 9, 0, "abcdefgh")), up(ioctl(5, 9, 0x980c8, zeros_of_range)),
                                       down(ioctl_reply(5, 9, 0x980c8, {}))} +
                           closed(6, 9)},
      {"pipe_transceive", opened("srvsvc", 9, 0, 2) +
                              std::vector{up(write(4, 9, 0, "bind")), up(ioctl(5, 9, 0x11c017, "call")),
                                          down(ioctl_reply(5, 9, 0x11c017, "answer"))} +
                              closed(6, 9)},
      {"write_into_an_existing_file",
       std::vector<Step>{down(negotiate_reply(0x302, 0)), up(create(3, "a.jpg")),
                         down(create_reply_with(3, 9, 9, 100, 1, {})), up(write(4, 9, 0, "abcd"))} +
           closed(5, 9)},
      {"read_beyond_the_size_at_opening",
       opened("a.jpg", 9, 4) + std::vector{up(read(4, 9, 0, 8)), down(read_reply(4, "abcdefgh"))} + closed(5, 9)},
      {"midstream_write_with_size_at_close",
       {up(write(4, 9, 0, "abcd")), down(write_reply(4, 4)), up(close(5, 9)), down(close_reply_with(5, 8))},
       true},
      {"midstream_write_with_all_of_it_at_close",
       {up(write(4, 9, 0, "abcd")), down(write_reply(4, 4)), up(close(5, 9)), down(close_reply_with(5, 4))},
       true},
      {"allocation_zero_truncates",
       opened("a.jpg", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcd")), up(set_info(5, 9, 19, le(0, 8))), down(set_info_reply(5))} +
           closed(6, 9)},
      {"dfs_name",
       {up(create_with(3, "fs\\pictures\\d\\a.jpg", {}, 0x10000000)), down(create_reply(3, 9, 0)),
        up(write(4, 9, 0, "abcd")), up(close(5, 9))}},
      {"rename_on_another_channel",
       {down(negotiate_reply(0x311, 8), 1), down(negotiate_reply(0x311, 8), 2), up(create(3, "a.tmp")),
        down(create_reply(3, 9, 0)), up(write(4, 9, 0, "abcd"), 2), up(rename(5, 9, "a.jpg")), down(set_info_reply(5)),
        up(close(6, 9), 2), down(close_reply(6), 2)}},
  };
}

class SmbGolden : public testing::TestWithParam<Case> {};

TEST_P(SmbGolden, SameLogHoweverItIsCut) {
  check_golden(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Write, SmbGolden, testing::ValuesIn(smb2_write_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Read, SmbGolden, testing::ValuesIn(smb2_read_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Other, SmbGolden, testing::ValuesIn(smb2_other_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Address, SmbGolden, testing::ValuesIn(smb2_address_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Objects, SmbGolden, testing::ValuesIn(smb2_object_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(CompressedWrite, SmbGolden, testing::ValuesIn(compressed_write_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Compressed, SmbGolden, testing::ValuesIn(compressed_read_and_lost_cases()), name_of);

}  // namespace
}  // namespace sallyport::smb
