// Each case is a conversation; its log is kept in tests/golden/protocols/smb/<case>.log. SALLYPORT_UPDATE_GOLDEN=1
// writes them anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "daemon/protocols/smb/smb_parser.h"
#include "tests/support/recording_transfer_sink.h"
#include "tests/unit/daemon/protocols/smb/compressed_golden_cases.h"
#include "tests/unit/daemon/protocols/smb/golden_steps.h"

namespace sallyport::smb {
namespace {

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

std::vector<Case> smb1_cases() {
  // OPEN and READ in one chain: the second block begins where the first ends.
  std::string chain = smb1_create(2, "\\d\\a.jpg");
  const std::string read_block = smb1_read(2, 0xffff, 0).substr(32);
  chain.replace(33, 4, "\x2e" + zeros(1) + le(chain.size(), 2));
  chain += read_block;
  std::string chain_reply = smb1_create_reply(2, 5, 4);
  std::string read_reply_block = smb1_read_reply(2, "abcd").substr(32);
  read_reply_block.replace(1 + 12, 2, le(chain_reply.size() + 27, 2));
  chain_reply.replace(33, 4, "\x2e" + zeros(1) + le(chain_reply.size(), 2));
  chain_reply += read_reply_block;
  const std::uint64_t far = std::uint64_t{5} << 32;
  return {
      {"smb1_upgrade",
       std::vector<Step>{up(smb1(0x72, false, 1, {}, "\x02SMB 2.002")), down(negotiate_reply(0x2ff, 0)),
                         up(create(3, "a.jpg")), down(create_reply(3, 9, 0)), up(write(4, 9, 0, "abcd"))} +
           closed(5, 9)},
      {"smb1_read",
       {up(smb1_create(2, "\\d\\a.jpg")), down(smb1_create_reply(2, 5, 8)), up(smb1_read(3, 5, 0)),
        down(smb1_read_reply(3, "abcd")), up(smb1_read(4, 5, 4)), down(smb1_read_reply(4, "efgh")),
        up(smb1_close(false, 5, 5)), down(smb1_close(true, 5, 5))}},
      {"smb1_write",
       {up(smb1_create(2, "\\a.jpg")), down(smb1_create_reply(2, 5, 0)), up(smb1_write(3, 5, 4, "efgh")),
        up(smb1_write(4, 5, 0, "abcd")), up(smb1_close(false, 5, 5)), down(smb1_close(true, 5, 5))}},
      {"smb1_chain", {up(chain), down(chain_reply), up(smb1_close(false, 5, 5)), down(smb1_close(true, 5, 5))}},
      {"smb1_large_offset",
       {up(smb1_create(2, "\\a.jpg")), down(smb1_create_reply(2, 5, 0)), up(smb1_write(3, 5, far, "efgh"))},
       false,
       Interest::kAccount},
      {"smb1_raw_write_is_not_inspected", {up(smb1(0x1d, false, 2, zeros(24), std::string(20, 'R')))}},
  };
}

/// Feeds the steps; each step's bytes are cut at `split`, or byte by byte where `split` is zero.
std::string run(const Case& one, std::size_t split) {
  SmbConfig config;
  SmbStats stats;
  test::RecordingTransferSink sink;
  sink.interest = one.interest;
  std::map<int, std::unique_ptr<ProtocolParser>> parsers;
  for (const Step& step : one.steps) {
    auto& parser = parsers[step.flow];
    if (!parser) {
      Flow flow;
      flow.id = FlowId{static_cast<std::uint64_t>(step.flow)};
      flow.client = {*IpAddress::parse("192.0.2.9"), 50000};
      flow.server = {*IpAddress::parse("192.0.2.1"), 445};
      flow.midstream = one.midstream;
      parser = make_smb_parser(flow, sink, config, stats);
    }
    if (step.gap > 0) parser->gap(step.direction, step.gap, {});
    std::string_view rest = step.bytes;
    for (bool first = true; !rest.empty(); first = false) {
      const std::size_t size = split == 0 ? 1 : first ? std::min(split, rest.size()) : rest.size();
      parser->feed(step.direction, as_byte_span(std::string(rest.substr(0, size))), {});
      rest.remove_prefix(size);
    }
  }
  for (const auto& [id, parser] : parsers) parser->finish(CloseReason::kFinished, {});
  std::ostringstream log;
  log << sink.log();
  for (const auto& object : sink.objects()) {
    const std::string text = object.bytes.size() > 60 ? object.bytes.substr(0, 60) + "..." : object.bytes;
    std::string shown;
    for (const char character : text) shown += character == '\0' ? '.' : character;
    log << object.identity.key << (object.identity.spans_flows ? " spans" : "") << " user=" << object.facts.user
        << " to=" << object.facts.receiver.to_string() << " size=" << object.facts.declared_size.value_or(0) << " ["
        << shown << "]\n";
  }
  log << "malformed=" << stats.malformed.value() << " resyncs=" << stats.resyncs.value()
      << " lost=" << stats.lost_messages.value() << " refused=" << stats.refused_writes.value() << "\n";
  return log.str();
}

class SmbGolden : public testing::TestWithParam<Case> {};

TEST_P(SmbGolden, SameLogHoweverItIsCut) {
  const Case& one = GetParam();
  const std::string whole = run(one, ~std::size_t{0});
  std::size_t longest = 1;
  for (const Step& step : one.steps) longest = std::max(longest, step.bytes.size());
  const std::size_t stride = longest / 512 + 1;
  for (std::size_t split = 1; split < longest; split += stride)
    ASSERT_EQ(whole, run(one, split)) << "split at byte " << split;
  ASSERT_EQ(whole, run(one, 0)) << "byte by byte";
  const std::string path = std::string(SALLYPORT_GOLDEN_DIR) + "/" + one.name + ".log";
  if (std::getenv("SALLYPORT_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << whole;
  std::ifstream file(path);
  const std::string expected{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(expected, whole);
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Write, SmbGolden, testing::ValuesIn(smb2_write_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Read, SmbGolden, testing::ValuesIn(smb2_read_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Other, SmbGolden, testing::ValuesIn(smb2_other_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(CompressedWrite, SmbGolden, testing::ValuesIn(compressed_write_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Compressed, SmbGolden, testing::ValuesIn(compressed_read_and_lost_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Smb1, SmbGolden, testing::ValuesIn(smb1_cases()), name_of);

}  // namespace
}  // namespace sallyport::smb
