#include "daemon/events/redaction.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(SafeText, LeavesGoodTextAlone) {
  EXPECT_EQ(safe_text("Größe 写真.jpg 😀", 100), "Größe 写真.jpg 😀");
}

TEST(SafeText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(safe_text("a\xff"
                      "b",
                      100),
            "a\uFFFDb");
  EXPECT_EQ(safe_text("\xc0\xaf", 100), "\uFFFD\uFFFD") << "overlong";
  EXPECT_EQ(safe_text("\xed\xa0\x80", 100), "\uFFFD\uFFFD\uFFFD") << "surrogate";
  EXPECT_EQ(safe_text("\xf4\x90\x80\x80", 100), "\uFFFD\uFFFD\uFFFD\uFFFD") << "above U+10FFFF";
  EXPECT_EQ(safe_text("x\xe2\x82", 100), "x\uFFFD\uFFFD") << "cut off";
}

TEST(SafeText, ReplacesControlsAndOverrides) {
  EXPECT_EQ(safe_text(std::string_view("a\0b\nc\x7f", 6), 100), "a\uFFFDb\uFFFDc\uFFFD");
  EXPECT_EQ(safe_text("\u0085\u009b", 100), "\uFFFD\uFFFD") << "C1";
  EXPECT_EQ(safe_text("gpj.\u202Eexe", 100), "gpj.\uFFFDexe");
}

TEST(SafeText, CutsBetweenCharacters) {
  EXPECT_EQ(safe_text("ab\u00e9", 3), "ab");
  EXPECT_EQ(safe_text("ab\u00e9", 4), "ab\u00e9");
  EXPECT_EQ(safe_text("\xff\xff", 5), "\uFFFD");
}

TEST(RedactUrl, KeepsNamesOfParameters) {
  EXPECT_EQ(redact_url("/in/a.jpg?token=s3cret&n=2"), "/in/a.jpg?token=&n=");
  EXPECT_EQ(redact_url("/a?x=1;y=2&&z"), "/a?x=;y=&&-");
  EXPECT_EQ(redact_url("/a?eyJhbGciOi"), "/a?-");
  EXPECT_EQ(redact_url("/a?" + std::string(65, 'k') + "=v"), "/a?-");
  EXPECT_EQ(redact_url("/a?q=a?b=c"), "/a?q=");
  EXPECT_EQ(redact_url("/a?"), "/a?");
  EXPECT_EQ(redact_url(""), "");
}

TEST(RedactUrl, DropsUserInformationFragmentAndPathParameters) {
  EXPECT_EQ(redact_url("http://bob:pw@host:81/p?a=b#frag=1"), "http://host:81/p?a=");
  EXPECT_EQ(redact_url("http://bob:p@w@host"), "http://host");
  EXPECT_EQ(redact_url("/a;jsessionid=F00/b;v;w=1?x=2"), "/a;jsessionid=/b;v;w=?x=");
  EXPECT_EQ(redact_url("/a#access_token=x"), "/a");
  EXPECT_EQ(redact_url("/mail/a@b"), "/mail/a@b");
}

TEST(RedactFacts, HttpLosesSecretsSmbKeepsItsPath) {
  TransferFacts facts;
  facts.protocol = Protocol::kHttp1;
  facts.path = "/d/f.jpg;v=1?t=1";
  facts.file_name = "f.jpg;v=1?t=1";
  facts.host = "bob:pw@host";
  facts.etag = "opaque";
  const TransferFacts clean = redact(facts);
  EXPECT_EQ(clean.path, "/d/f.jpg;v=?t=");
  EXPECT_EQ(clean.file_name, "f.jpg;v=?t=");
  EXPECT_EQ(clean.host, "host");
  EXPECT_EQ(clean.etag, "");

  TransferFacts smb;
  smb.protocol = Protocol::kSmb2;
  smb.path = "dir\\a;b=c#d?.jpg";
  smb.file_name = "a;b=c#d?.jpg";
  EXPECT_EQ(redact(smb).path, smb.path);
  EXPECT_EQ(redact(smb).file_name, smb.file_name);
}

TEST(RedactFacts, FormPartNamesAreNotUrls) {
  TransferFacts facts;
  facts.protocol = Protocol::kHttp1;
  facts.path = "/upload";
  facts.file_name = "scan#1;a=b.jpg";
  EXPECT_EQ(redact(facts).file_name, facts.file_name);
}

TEST(RedactVerdict, ReasonsQuoteTheRedactedNames) {
  TransferFacts raw;
  raw.protocol = Protocol::kHttp1;
  raw.path = "/a?token=s3cret";
  Verdict verdict;
  verdict.matches = {{"r\n", Severity::kLow, Action::kAlert, false, "path '/a?token=s3cret' matches", std::nullopt}};
  const Verdict clean = redact(verdict, raw, redact(raw));
  EXPECT_EQ(clean.matches[0].reason, "path '/a?token=' matches");
  EXPECT_EQ(clean.matches[0].rule, "r\uFFFD");
}

}  // namespace
}  // namespace sallyport
