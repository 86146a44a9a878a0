// Golden cases of compressed messages.
#pragma once

#include "tests/support/smb_compression.h"
#include "tests/unit/daemon/protocols/smb/smb_golden.h"

namespace sallyport::smb {

using namespace test::smb;

inline std::vector<Case> compressed_write_cases() {
  const std::string text = "BM, and then much of the same, much of the same, much of the same. ";
  std::vector<Case> cases;
  for (const auto& [name, algorithm] :
       {std::pair{"lznt1", kLznt1}, {"lz77", kLz77}, {"lz77_huffman", kLz77Huffman}, {"lz4", kLz4}}) {
    cases.push_back(
        {std::string("compressed_") + name,
         opened("a.bmp", 9, 0) + std::vector{up(unchained(algorithm, write(4, 9, 0, text)))} + closed(5, 9)});
  }
  const std::string request = write(4, 9, 0, text + std::string(100, 'z'));
  const std::string head = request.substr(0, 112);
  const std::vector<Step> write_of_a_chain{up(create(3, "a.bmp")), down(create_reply(3, 9, 0)),
                                           up(chained({{kNone, head},
                                                       {kLznt1, text.substr(0, 20)},
                                                       {kLz77Huffman, text.substr(20)},
                                                       {kPatternV1, std::string(100, 'z')}})),
                                           up(close(5, 9)), down(close_reply(5))};
  return cases +
         std::vector<Case>{
             {"compressed_behind_offset",
              opened("a.bmp", 9, 0) + std::vector{up(unchained(kLz77, request, 112))} + closed(5, 9)},
             {"compressed_chained", std::vector{down(negotiate_reply_with_chains())} + write_of_a_chain},
             {"compressed_chain_not_agreed", std::vector{down(negotiate_reply(0x311, 0))} + write_of_a_chain},
             {"compressed_compound",
              {up(unchained(kLz77,
                            compound({create(3, "c.bmp"), write(4, kPrevious, 0, text, kRelated),
                                      write(5, kPrevious, text.size(), text, kRelated), close(6, kPrevious, kRelated)})
                                .substr(4)))}},
             {"compressed_among_plain",
              opened("a.bmp", 9, 0) +
                  std::vector{up(write(4, 9, 0, "abcd")), up(unchained(kLz4, write(5, 9, 4, text))),
                              up(write(6, 9, 4 + text.size(), "efgh")), down(unchained(kLz77, write_reply(4, 4)))} +
                  closed(7, 9)},
             {"compressed_with_surplus",
              opened("a.bmp", 9, 0) + std::vector{up(unchained(kLz77, request) + "more")} + closed(5, 9)},
         };
}

inline std::vector<Case> compressed_read_and_lost_cases() {
  const std::string text = "BM, and then much of the same, much of the same, much of the same. ";
  const std::string request = unchained(kLz77, write(5, 9, 4, text));
  const std::string request_frame = frame(request);
  const auto between = [&](const Step& step) {
    return opened("a.bmp", 9, 0) + std::vector{up(write(4, 9, 0, "abcd")), step} + closed(6, 9);
  };
  std::string unknown = request, flags = request, bomb = request, broken = request;
  unknown.replace(8, 2, le(77, 2));
  flags.replace(10, 2, le(2, 2));
  bomb.replace(4, 4, le(0x7fffffff, 4));
  broken.resize(broken.size() - 20);
  return {
      {"compressed_read",
       opened("a.bmp", 9, text.size()) +
           std::vector{up(unchained(kLznt1, read(4, 9, 0, 4096))), down(unchained(kLz77Huffman, read_reply(4, text)))} +
           closed(5, 9)},
      {"compressed_by_an_unknown_algorithm", between(up(unknown))},
      {"compressed_with_reserved_flags", between(up(flags))},
      {"compressed_bomb", between(up(bomb))},
      {"compressed_broken", between(up(broken))},
      {"compressed_twice", between(up(unchained(kLz77, request)))},
      {"compressed_inside_a_compound",
       opened("a.bmp", 9, 0) + std::vector<Step>{{kUp, compound({write(4, 9, 0, "abcd"), request + zeros(60)}), 0, 1}} +
           closed(6, 9)},
      {"compressed_gap",
       opened("a.bmp", 9, 0) +
           std::vector{up(write(4, 9, 0, "abcd")), cut(kUp, request_frame.substr(0, 60)), lost(kUp, 8),
                       cut(kUp, request_frame.substr(68)), up(write(6, 9, 80, "efgh"))} +
           closed(7, 9)},
      {"compressed_lost_before_the_first_write",
       opened("a.bmp", 9, 0) + std::vector{up(broken), up(write(5, 9, 0, "abcd"))} + closed(6, 9)},
      {"compressed_never_whole", opened("a.bmp", 9, 0) + std::vector{cut(kUp, request_frame.substr(0, 90))}},
  };
}

}  // namespace sallyport::smb
