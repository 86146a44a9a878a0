// As smb_golden_test.cpp, of SMB1.
#include "tests/unit/daemon/protocols/smb/smb_golden.h"

namespace sallyport::smb {
namespace {

using namespace test::smb;

constexpr std::uint16_t kId = 5;

std::vector<Step> smb1_opened(std::uint64_t end_of_file) {
  return {up(smb1_create(2, "\\d\\a.jpg")), down(smb1_create_reply(2, kId, end_of_file))};
}
std::vector<Step> smb1_closed() {
  return {up(smb1_close(false, 90, kId)), down(smb1_close(true, 90, kId))};
}
std::string no_words(std::uint8_t command, std::uint16_t multiplex) {
  return smb1(command, true, multiplex, {}, {});
}
std::string one_word(std::uint8_t command, std::uint16_t multiplex) {
  return smb1(command, true, multiplex, le(4, 2), {});
}

std::vector<Case> smb1_andx_cases() {
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
  // More data than is buffered, and a CLOSE behind it: nobody may take the file for closed before its bytes have come.
  std::string endless = smb1_write(3, kId, 0, std::string(170'000, 'L'));
  endless.replace(33, 4, "\x04" + zeros(1) + le(60000, 2));
  endless.replace(33 + 18, 4, le(2, 2) + le(170'000 - 0x20000, 2));
  endless.replace(60000, 5, "\x03" + le(kId, 2) + zeros(2));
  const std::uint64_t far = std::uint64_t{5} << 32;
  return {
      {"smb1_upgrade",
       std::vector<Step>{up(smb1(0x72, false, 1, {}, "\x02SMB 2.002")), down(negotiate_reply(0x2ff, 0)),
                         up(create(3, "a.jpg")), down(create_reply(3, 9, 0)), up(write(4, 9, 0, "abcd"))} +
           std::vector{up(close(5, 9)), down(close_reply(5))}},
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
      {"smb1_chain_behind_data_to_come", smb1_opened(0) + std::vector{up(endless)}},
      {"smb1_id_used_again_after_a_lost_close",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcd")), lost(kUp, 45), up(smb1_create(4, "\\b.jpg")),
                       down(smb1_create_reply(4, kId, 0)), up(smb1_write(5, kId, 0, "efgh"))} +
           smb1_closed()},
      {"smb1_ids_used_again_before_the_reply",
       smb1_opened(8) +
           std::vector{up(smb1_read(3, kId, 0)), up(smb1_read(3, kId, 4)), down(smb1_read_reply(3, "abcd")),
                       down(smb1_read_reply(3, "efgh"))} +
           smb1_closed()},
      {"smb1_oplock_break_is_no_request",
       smb1_opened(0) +
           std::vector{down(smb1(0x24, false, 0xffff, no_andx() + le(kId, 2) + zeros(10), {})),
                       up(smb1_write(3, kId, 0, "abcd"))} +
           smb1_closed()},
  };
}

std::vector<Case> smb1_open_cases() {
  const std::string open2 = zeros(28) + "\\d\\a.jpg" + '\0';
  const std::string open2_reply = le(kId, 2) + zeros(6) + le(4, 4) + zeros(18);
  const std::vector<Step> read = {up(smb1_read(8, kId, 0)), down(smb1_read_reply(8, "abcd"))};
  return {
      {"smb1_open_simple",
       std::vector{
           up(smb1(0x70, false, 1, {}, smb1_string("\\\\fs\\pictures") + smb1_string("") + smb1_string("?????"))),
           down(smb1(0x70, true, 1, le(4356, 2) + le(3, 2), {})),
           up(smb1(0x02, false, 2, zeros(4), smb1_string("\\d\\a.jpg"))),
           down(smb1(0x02, true, 2, le(kId, 2) + zeros(6) + le(4, 4) + zeros(2), {}))} +
           read + smb1_closed()},
      {"smb1_open_temporary",
       std::vector{up(smb1(0x0e, false, 2, zeros(6), smb1_string("\\d"))),
                   down(smb1(0x0e, true, 2, le(kId, 2), smb1_string("TMP00001"))), up(smb1_write(3, kId, 0, "abcd"))} +
           smb1_closed()},
      {"smb1_open_refused",
       {up(smb1(0x0f, false, 2, zeros(6), smb1_string("\\a.jpg"))), down(smb1_failed(0x0f, 2, kAccessDenied)),
        up(smb1_write(3, kId, 0, "abcd"))}},
      {"smb1_open2", std::vector{up(smb1_transaction2(2, 0, open2, {})), down(no_words(0x32, 2)),
                                 down(smb1_transaction2_reply(2, open2_reply))} +
                         read + smb1_closed()},
      {"smb1_nt_transact_create", std::vector{up(smb1_create(1, "\\d")), down(smb1_create_reply(1, 4, 0)),
                                              up(smb1_flags(smb1_nt_transact_create(2, 4, utf16("a.jpg")), 0x8000)),
                                              down(smb1_nt_transact_create_reply(2, kId, 4))} +
                                      read + smb1_closed()},
      {"smb1_print_file",
       std::vector{up(smb1(0xc0, false, 2, zeros(4), smb1_string("a.jpg"))), down(smb1(0xc0, true, 2, le(kId, 2), {})),
                   up(smb1(0xc1, false, 3, le(kId, 2), smb1_data("abcd"))),
                   up(smb1(0xc1, false, 4, le(kId, 2), smb1_data("efgh"))), up(smb1(0xc2, false, 5, le(kId, 2), {})),
                   down(no_words(0xc2, 5))}},
      {"smb1_rename_open_file",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcd")),
                       up(smb1(0x07, false, 4, zeros(2), smb1_string("\\d\\a.jpg") + smb1_string("\\b.jpg"))),
                       down(no_words(0x07, 4))} +
           smb1_closed()},
      {"smb1_rename_by_file_information",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcd")),
                       up(smb1_transaction2(4, 8, le(kId, 2) + le(1010, 2) + zeros(2), zeros(8) + le(5, 4) + "b.jpg")),
                       down(smb1_transaction2_reply(4, zeros(2)))} +
           smb1_closed()},
      {"smb1_set_eof_truncates",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcdefgh")),
                       up(smb1_transaction2(4, 8, le(kId, 2) + le(0x104, 2) + zeros(2), le(4, 8))),
                       down(smb1_transaction2_reply(4, zeros(2)))} +
           smb1_closed()},
      {"smb1_set_eof_without_an_answer",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcdefgh")),
                       up(smb1_transaction2(4, 8, le(kId, 2) + le(0x104, 2) + zeros(2), le(0, 8))), lost(kDown, 61),
                       up(smb1_write(5, kId, 0, "ij"))} +
           smb1_closed()},
      {"smb1_set_eof_by_path_truncates",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcdefgh")),
                       up(smb1_transaction2(4, 6, le(1020, 2) + zeros(4) + "\\d\\a.jpg" + '\0', le(4, 8))),
                       down(smb1_transaction2_reply(4, zeros(2)))} +
           smb1_closed()},
      {"smb1_set_eof_refused_cannot_hide_a_write",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcdefgh")),
                       up(smb1_transaction2(4, 6, le(1020, 2) + zeros(4) + "\\d\\a.jpg" + '\0', le(4, 8))),
                       down(smb1_failed(0x32, 4, kAccessDenied))} +
           smb1_closed()},
  };
}

std::vector<Case> smb1_simple_cases() {
  const std::string write = test::smb::frame(smb1_simple_write(0x0b, 3, kId, 0, "abcdefgh"));
  std::string two_lengths = smb1_simple_write(0x0b, 3, kId, 0, "abcd");
  two_lengths.replace(46, 2, le(2, 2));
  return {
      {"smb1_simple_write", smb1_opened(0) +
                                std::vector{up(smb1_simple_write(0x0b, 3, kId, 0, "abcd")), down(one_word(0x0b, 3)),
                                            up(smb1_simple_write(0x14, 4, kId, 4, "efgh")), down(one_word(0x14, 4))} +
                                smb1_closed()},
      {"smb1_write_of_nothing_truncates",
       smb1_opened(0) +
           std::vector{up(smb1_simple_write(0x0b, 3, kId, 0, "abcdefgh")), down(one_word(0x0b, 3)),
                       up(smb1_simple_write(0x0b, 4, kId, 6, "")), down(one_word(0x0b, 4))} +
           smb1_closed()},
      {"smb1_write_with_two_lengths", smb1_opened(0) + std::vector{up(two_lengths)} + smb1_closed()},
      {"smb1_write_and_close",
       smb1_opened(0) +
           std::vector{up(smb1_write(3, kId, 0, "abcd")),
                       up(smb1(0x2c, false, 4, le(kId, 2) + le(4, 2) + le(4, 4) + zeros(4), zeros(1) + "efgh")),
                       down(one_word(0x2c, 4))}},
      {"smb1_simple_read",
       smb1_opened(8) +
           std::vector{up(smb1_simple_read(0x0a, 3, kId, 0)), up(smb1_simple_read(0x13, 4, kId, 4)),
                       down(smb1_simple_read_reply(0x13, 4, "efgh")), down(smb1_simple_read_reply(0x0a, 3, "abcd"))} +
           smb1_closed()},
      {"smb1_gap_in_simple_write",
       smb1_opened(0) + std::vector{cut(kUp, write.substr(0, 54)), lost(kUp, 3), cut(kUp, write.substr(57))} +
           smb1_closed()},
      {"smb1_multiplexed_is_not_inspected",
       smb1_opened(4) + std::vector{up(smb1(0x1e, false, 2, zeros(24), std::string(20, 'M'))),
                                    down(smb1(0x1b, true, 3, zeros(16), std::string(20, 'M')))}},
  };
}

std::vector<Case> smb1_raw_cases() {
  const std::string fake = smb1_close(false, 7, kId);
  const std::vector<Step> asked = smb1_opened(0) + std::vector{up(smb1_write_raw(3, kId, 0, 8, "abcd"))};
  const Step go_on = down(one_word(0x1d, 3));
  return {
      {"smb1_raw_write", asked + std::vector{go_on, up("efgh"), down(one_word(0x20, 3))} + smb1_closed()},
      {"smb1_raw_write_refused", asked + std::vector{down(smb1_failed(0x1d, 3, kAccessDenied))} + smb1_closed()},
      {"smb1_raw_write_like_a_message", asked + std::vector{go_on, up(fake), up(smb1_write(8, kId, 80, "z"))}},
      {"smb1_raw_write_or_message", asked + smb1_closed()},
      {"smb1_raw_write_lost", asked + std::vector{go_on, lost(kUp, 8)} + smb1_closed()},
      {"smb1_raw_write_of_less", asked + std::vector{go_on, up("ef")} + smb1_closed()},
      {"smb1_raw_read",
       smb1_opened(8) +
           std::vector{up(smb1_read_raw(3, kId, 0, 6)), down("abcdef"), up(smb1_read_raw(4, kId, 6, 6)), down("gh")} +
           smb1_closed()},
      {"smb1_raw_read_like_a_message",
       smb1_opened(fake.size()) + std::vector{up(smb1_read_raw(3, kId, 0, 6000)), down(fake)} + smb1_closed()},
      {"smb1_raw_read_refused", smb1_opened(8) +
                                    std::vector{up(smb1_read_raw(3, kId, 0, 6)), down(""), up(smb1_read(4, kId, 0)),
                                                down(smb1_read_reply(4, "abcdefgh"))} +
                                    smb1_closed()},
      {"smb1_raw_read_crosses_an_oplock_break",
       smb1_opened(8) +
           std::vector{up(smb1_read_raw(3, kId, 0, 8)),
                       down(smb1(0x24, false, 0xffff, no_andx() + le(kId, 2) + zeros(10), {})), down("abcdefgh")} +
           smb1_closed()},
  };
}

class Smb1Golden : public testing::TestWithParam<Case> {};

TEST_P(Smb1Golden, SameLogHoweverItIsCut) {
  check_golden(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Andx, Smb1Golden, testing::ValuesIn(smb1_andx_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Open, Smb1Golden, testing::ValuesIn(smb1_open_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Simple, Smb1Golden, testing::ValuesIn(smb1_simple_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Raw, Smb1Golden, testing::ValuesIn(smb1_raw_cases()), name_of);

}  // namespace
}  // namespace sallyport::smb
