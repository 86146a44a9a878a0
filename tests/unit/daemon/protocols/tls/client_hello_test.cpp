#include "daemon/protocols/tls/client_hello.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/feed_all_ways.h"
#include "tests/support/tls_hello.h"

namespace sallyport::tls {
namespace {

std::string read(const std::string& bytes) {
  return test::feed_all_ways(as_byte_span(bytes), [](const test::Feeder& feeder) {
    ClientHelloReader reader;
    feeder([&](Bytes piece) { reader.feed(piece); });
    const ClientHello& hello = reader.hello();
    return (reader.done() ? "done:" : "waits:") + hello.server_name +
           (hello.protocols.empty() ? "" : " alpn " + hello.protocols);
  });
}

std::string protocols_of(const std::vector<std::string>& offered) {
  return read(test::in_records(test::client_hello("", test::alpn_extension(offered)), 16384));
}

TEST(ClientHello, GivesTheServerName) {
  const std::string hello = test::client_hello("files.example.org");
  EXPECT_EQ(read(test::in_records(hello, 16384)), "done:files.example.org");
  EXPECT_EQ(read(test::in_records(hello, 16384) + "\x17\x03\x03zzz"), "done:files.example.org");
}

TEST(ClientHello, ANameBesideAnEncryptedOneIsTheClaimThatItIs) {
  const std::string encrypted = "\xfe\x0d" + test::sized("outer", 2);
  EXPECT_EQ(read(test::in_records(test::client_hello("screen.example", encrypted), 16384)), "done:screen.example");
}

TEST(ClientHello, MayLieAcrossRecords) {
  const std::string hello = test::client_hello("files.example.org");
  for (const std::size_t size : {1U, 3U, 50U}) EXPECT_EQ(read(test::in_records(hello, size)), "done:files.example.org");
}

TEST(ClientHello, NeedNotHaveAName) {
  EXPECT_EQ(read(test::in_records(test::client_hello(""), 100)), "done:");
}

TEST(ClientHello, GivesTheProtocolsOffered) {
  EXPECT_EQ(protocols_of({"h2", "http/1.1"}), "done: alpn h2,http/1.1");
  const std::string after_name = test::client_hello("files.example.org", test::alpn_extension({"smb"}));
  EXPECT_EQ(read(test::in_records(after_name, 7)), "done:files.example.org alpn smb");
}

TEST(ClientHello, ProtocolsArePrintableAndTheirListIsToldApart) {
  EXPECT_EQ(protocols_of({std::string("\x0a\0", 2), "a,b", "100%", "\xff "}), "done: alpn %0A%00,a%2Cb,100%25,%FF%20");
}

TEST(ClientHello, ProtocolsAreBounded) {
  const std::string name(100, 'p');
  EXPECT_EQ(protocols_of({name, name, name}), "done: alpn " + name + "," + name);
  EXPECT_EQ(protocols_of({std::string(100, '\x01')}), "done:") << "three hundred characters";
}

TEST(ClientHello, BrokenProtocolsGiveTheWholeOnes) {
  std::string hello = test::client_hello("", test::alpn_extension({"h2", "http/1.1"}));
  hello[hello.size() - 9] = '\x09';  // the last name reaches past the end
  EXPECT_EQ(read(test::in_records(hello, 16384)), "done: alpn h2");
  EXPECT_EQ(protocols_of({"", "h2"}), "done:") << "no name is empty";
  EXPECT_EQ(protocols_of({}), "done:");
}

TEST(ClientHello, WaitsForItsEnd) {
  const std::string records = test::in_records(test::client_hello("a.example"), 20);
  EXPECT_EQ(read(records.substr(0, records.size() - 1)), "waits:");
}

TEST(ClientHello, RefusesWhatIsNone) {
  EXPECT_EQ(read("\x17\x03\x03" + test::sized("data", 2)), "done:");
  EXPECT_EQ(read(test::in_records("\x02" + test::sized("server hello", 3), 100)), "done:");
  EXPECT_EQ(read(test::in_records("\x01\xff\xff\xffhuge", 100)), "done:") << "longer than any hello";
  EXPECT_EQ(read("\x16\x03\x01" + std::string(2, '\0')), "done:") << "empty record";
}

TEST(ClientHello, BrokenLengthsGiveNoName) {
  std::string hello = test::client_hello("files.example.org");
  hello[4 + 34] = '\xff';  // the session id reaches past the end
  EXPECT_EQ(read(test::in_records(hello, 16384)), "done:");
}

}  // namespace
}  // namespace sallyport::tls
