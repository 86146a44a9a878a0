#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/events/journald_sink.h"
#include "daemon/events/jsonl_file_sink.h"
#include "daemon/events/line_output.h"
#include "daemon/events/stdout_sink.h"
#include "tests/support/sample_event.h"
#include "tests/support/temporary_folder.h"

namespace sallyport {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Files of this process end at `bytes` while it lives: writes beyond are short, then fail, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit small{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

TEST(LineOutput, PartOfALineIsTakenBack) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("events");
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600));
  LineOutput output;
  ASSERT_TRUE(output.write_line(file.get(), "first"));
  {
    const FileSizeLimit limit(10);
    EXPECT_FALSE(output.write_line(file.get(), "second"));
    EXPECT_EQ(errno, EFBIG);
  }
  EXPECT_EQ(content_of(path), "first\n");
  EXPECT_TRUE(output.write_line(file.get(), "third"));
  EXPECT_EQ(content_of(path), "first\nthird\n");
}

TEST(LineOutput, WhereNothingCanBeTakenBackTheNextLineStandsAlone) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  LineOutput output;
  const std::string large(1 << 20, 'x');
  EXPECT_FALSE(output.write_line(writer.get(), large));
  std::string drained(1 << 20, '\0');
  ASSERT_GT(::read(reader.get(), drained.data(), drained.size()), 0);
  ASSERT_TRUE(output.write_line(writer.get(), "next"));
  char rest[16];
  const ssize_t count = ::read(reader.get(), rest, sizeof rest);
  ASSERT_GT(count, 0);
  EXPECT_EQ(std::string(rest, static_cast<std::size_t>(count)), "\nnext\n");
}

TEST(JsonlFileSink, FullDiskLosesTheEventAndCounts) {
  auto sink = JsonlFileSink::open("/dev/full");
  ASSERT_TRUE(sink) << sink.error().message;
  const Event event = test::sample_event();
  (*sink)->write({event, "{}"});
  EXPECT_EQ((*sink)->stats().failed.value(), 1U);
  EXPECT_EQ((*sink)->stats().written.value(), 0U);
}

TEST(JsonlFileSink, FollowsRotation) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("events.jsonl");
  auto sink = JsonlFileSink::open(path);
  ASSERT_TRUE(sink);
  const Event event = test::sample_event();
  (*sink)->write({event, "1"});
  std::filesystem::rename(path, path + ".1");
  (*sink)->write({event, "2"});
  (*sink)->reopen();
  (*sink)->write({event, "3"});
  EXPECT_EQ(content_of(path + ".1"), "1\n2\n");
  EXPECT_EQ(content_of(path), "3\n");
}

TEST(JsonlFileSink, KeepsTheOldFileWhereTheNewCannotBeOpened) {
  const test::TemporaryFolder folder;
  const std::string path = folder.path("events.jsonl");
  auto sink = JsonlFileSink::open(path);
  ASSERT_TRUE(sink);
  std::filesystem::rename(path, path + ".1");
  std::filesystem::create_directory(path);
  (*sink)->reopen();
  const Event event = test::sample_event();
  (*sink)->write({event, "1"});
  EXPECT_EQ(content_of(path + ".1"), "1\n");
}

TEST(JsonlFileSink, RefusesLinksAndNamesThePath) {
  const test::TemporaryFolder folder;
  std::filesystem::create_symlink("/dev/null", folder.path("link"));
  const auto sink = JsonlFileSink::open(folder.path("link"));
  ASSERT_FALSE(sink);
  EXPECT_NE(sink.error().message.find(folder.path("link")), std::string::npos);
}

TEST(StdoutSink, WritesLines) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  StdoutSink sink(writer.get());
  const Event event = test::sample_event();
  sink.write({event, "{\"a\":1}"});
  char text[32];
  const ssize_t count = ::read(reader.get(), text, sizeof text);
  ASSERT_EQ(count, 8);
  EXPECT_EQ(std::string(text, 8), "{\"a\":1}\n");
}

TEST(JournaldSink, SendsFieldsToSearchBy) {
  std::vector<std::string> sent;
  JournaldSink sink([&](const iovec* fields, int count) {
    for (int i = 0; i < count; ++i) sent.emplace_back(static_cast<const char*>(fields[i].iov_base), fields[i].iov_len);
    return 0;
  });
  const Event event = test::sample_event();
  sink.write({event, "{}"});
  EXPECT_EQ(sink.stats().written.value(), 1U);
  const std::vector<std::string> expected = {
      "MESSAGE=blocked jpeg 'cards.jpg' (1000 bytes) from 192.0.2.7:50122 to [2001:db8::9]:80 by rule 'no-faces-out': "
      "2 "
      "faces, limit 1; not inspected: gap",
      "PRIORITY=3",
      "SALLYPORT_EVENT_ID=0123456789abcdef0123456789abcdef",
      "SALLYPORT_SENSOR=gate-1",
      "SALLYPORT_RULE=trial",
      "SALLYPORT_RULE=no-faces-out",
      "SALLYPORT_ACTION=block",
      "SALLYPORT_DISPOSITION=blocked",
      "SALLYPORT_SEVERITY=high",
      "SALLYPORT_PROTOCOL=http",
      "SALLYPORT_SENDER=192.0.2.7:50122",
      "SALLYPORT_RECEIVER=[2001:db8::9]:80",
      "SALLYPORT_SHA256=" + to_hex(*event.transfer.sha256),
      "SALLYPORT_NOT_INSPECTED=gap",
      "SALLYPORT_OCSF={}"};
  EXPECT_EQ(sent, expected);
}

TEST(JournaldSink, CountsWhatTheJournalRefuses) {
  JournaldSink sink([](const iovec*, int) { return -ENOBUFS; });
  const Event event = test::sample_event();
  sink.write({event, "{}"});
  EXPECT_EQ(sink.stats().failed.value(), 1U);
}

}  // namespace
}  // namespace sallyport
