// The program itself, started as the daemon starts it: greeting, answers, and its end when an image turns out bad.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "daemon/base/descriptor_message.h"
#include "daemon/base/limits.h"
#include "daemon/base/unique_fd.h"
#include "proto/sallyport/worker/v1/worker.pb.h"
#include "tests/unit/daemon/worker/drawn_picture.h"
#include "tests/unit/daemon/worker/unpack/recording_sinks.h"

namespace sallyport {
namespace {

namespace wire = worker::v1;

constexpr int kSealed = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

UniqueFd memfd_with(Bytes bytes, int seals) {
  UniqueFd fd(::memfd_create("image", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  return fd;
}

class WorkerProcess {
 public:
  explicit WorkerProcess(std::vector<std::string> arguments = {}) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    channel_.reset(pair[0]);
    arguments.insert(arguments.begin(), SALLYPORT_WORKER_PROGRAM);
    pid_ = ::fork();
    if (pid_ == 0) start(pair[1], arguments);
    ::close(pair[1]);
  }
  ~WorkerProcess() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) end_status();
  }

  template <class Message>
  std::optional<Message> receive() {
    char buffer[limits::kWorkerMessageBytes];
    const ssize_t size = ::recv(channel_.get(), buffer, sizeof buffer, 0);
    Message message;
    if (size <= 0 || !message.ParseFromArray(buffer, static_cast<int>(size))) return std::nullopt;
    return message;
  }

  bool receives_within(int milliseconds) {
    pollfd poll{channel_.get(), POLLIN, 0};
    return ::poll(&poll, 1, milliseconds) > 0;
  }

  void send(const std::string& message, const UniqueFd& image) {
    EXPECT_TRUE(send_message(channel_.get(), as_byte_span(message), image.get()));
  }

  void ask(const ByteBuffer& image, std::uint64_t id, int seals = kSealed, std::uint64_t extra_size = 0) {
    wire::ClassifyRequest request;
    request.set_id(id);
    request.set_size_bytes(image.size() + extra_size);
    for (const auto kind : {wire::FINDING_KIND_FACE, wire::FINDING_KIND_PLATE, wire::FINDING_KIND_FINGERPRINT,
                            wire::FINDING_KIND_LOCAL_FEATURES}) {
      request.add_wanted(kind);
    }
    request.set_pixels_max(1 << 26);
    send(request.SerializeAsString(), memfd_with(image, seals));
  }

  void close_channel() { channel_.reset(); }

  int end_status() {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return status;
  }

 private:
  [[noreturn]] static void start(int channel, const std::vector<std::string>& arguments) {
    if (channel == 3) {
      ::fcntl(3, F_SETFD, 0);
    } else {
      ::dup2(channel, 3);
    }
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
    pointers.push_back(nullptr);
    ::execv(pointers[0], pointers.data());
    ::_exit(127);
  }

  UniqueFd channel_;
  pid_t pid_ = -1;
};

ByteBuffer picture_with(std::string_view comment) {
  const ByteBuffer jpeg = encode(draw_picture(320, 200), ".jpg");
  return comment.empty() ? jpeg : with_jpeg_segment(jpeg, 0xFE, comment);
}

void expect_exit_status(int status, int wanted) {
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), wanted);
}

TEST(WorkerProcess, GreetsAnswersAndEndsWithItsChannel) {
  WorkerProcess process;
  const auto hello = process.receive<wire::Hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->version(), SALLYPORT_VERSION);
  const auto& layers = hello->sandbox();
  EXPECT_NE(std::find(layers.begin(), layers.end(), "seccomp"), layers.end());
  for (std::uint64_t id = 1; id <= 3; ++id) {
    process.ask(picture_with(""), id);
    const auto reply = process.receive<wire::ClassifyReply>();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->id(), id);
    EXPECT_EQ(reply->format(), "jpeg");
    EXPECT_EQ(reply->width(), 320U);
    EXPECT_EQ(reply->pdq().size(), 32U);
  }
  process.close_channel();
  expect_exit_status(process.end_status(), EX_OK);
}

TEST(WorkerProcess, EveryFormatWholeAndCutOffIsAnsweredInsideTheSandbox) {
  WorkerProcess process;
  ASSERT_TRUE(process.receive<wire::Hello>());
  std::uint64_t id = 0;
  for (const char* extension : {".jpg", ".png", ".bmp", ".tiff", ".webp", ".jp2", ".ppm"}) {
    if (!cv::haveImageWriter(extension)) continue;
    const ByteBuffer whole = encode(draw_picture(1300, 900), extension);
    const ByteBuffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
    for (const ByteBuffer* file : {&whole, &cut}) {
      process.ask(*file, ++id);
      const auto reply = process.receive<wire::ClassifyReply>();
      ASSERT_TRUE(reply) << extension;
      EXPECT_EQ(reply->id(), id);
      EXPECT_NE(reply->outcome(), wire::OUTCOME_UNSPECIFIED);
    }
  }
}

/// What a request is answered with: the places of the images inside, the last reply apart.
struct Answer {
  std::vector<std::string> paths;
  std::optional<wire::ClassifyReply> last;
};

Answer answer_of(WorkerProcess& process) {
  Answer answer;
  for (;;) {
    auto reply = process.receive<wire::ClassifyReply>();
    if (!reply || !reply->has_part()) {
      answer.last = std::move(reply);
      return answer;
    }
    answer.paths.push_back(reply->part().path());
  }
}

TEST(WorkerProcess, EveryArchiveIsUnpackedInsideTheSandbox) {
  ASSERT_TRUE(prepare_archive_reader()) << "the writers below need the locale too";
  // Names beyond ASCII and times are what the libraries convert by files of the system.
  const std::vector<test::Member> members{{"f\xC3\xBCr.jpg", picture_with("")}};
  const std::vector<std::pair<std::string, ByteBuffer>> archives{
      {"zip:f\xC3\xBCr.jpg", test::zip_of(members)},
      {"seven_zip:f\xC3\xBCr.jpg", test::archive_of({::archive_write_set_format_7zip}, members)},
      {"tar:f\xC3\xBCr.jpg", test::archive_of({::archive_write_set_format_pax}, members)},
      {"gzip/tar:f\xC3\xBCr.jpg",
       test::archive_of({::archive_write_set_format_ustar, ::archive_write_add_filter_gzip}, members)},
      {"xz/tar:f\xC3\xBCr.jpg",
       test::archive_of({::archive_write_set_format_gnutar, ::archive_write_add_filter_xz}, members)},
      {"zstd/cpio:f\xC3\xBCr.jpg",
       test::archive_of({::archive_write_set_format_cpio_newc, ::archive_write_add_filter_zstd}, members)},
      {"iso:f\xC3\xBCr.jpg", test::archive_of({::archive_write_set_format_iso9660}, members)},
      {"rar:a.jpg", test::rar_of("a.jpg", picture_with(""))}};
  for (const bool detectors : {true, false}) {
    WorkerProcess process(detectors ? std::vector<std::string>() : std::vector<std::string>{"--no-detectors"});
    ASSERT_TRUE(process.receive<wire::Hello>());
    for (const auto& [path, archive] : archives) {
      process.ask(archive, 1);
      const Answer answer = answer_of(process);
      ASSERT_TRUE(answer.last) << path;
      EXPECT_EQ(answer.paths, std::vector<std::string>{path});
    }
  }
}

TEST(WorkerProcess, CornersAreFoundInsideTheSandbox) {
  for (const bool detectors : {true, false}) {
    WorkerProcess process(detectors ? std::vector<std::string>() : std::vector<std::string>{"--no-detectors"});
    ASSERT_TRUE(process.receive<wire::Hello>());
    process.ask(encode(draw_picture(1300, 900), ".png"), 1);
    const auto reply = process.receive<wire::ClassifyReply>();
    ASSERT_TRUE(reply) << (detectors ? "with" : "without") << " detectors";
    const auto& kinds = reply->looked_for();
    EXPECT_NE(std::find(kinds.begin(), kinds.end(), wire::FINDING_KIND_LOCAL_FEATURES), kinds.end());
  }
}

TEST(WorkerProcess, AnImageThatCouldChangeEndsIt) {
  WorkerProcess process;
  ASSERT_TRUE(process.receive<wire::Hello>());
  process.ask(picture_with(""), 1, F_SEAL_SHRINK | F_SEAL_GROW);
  expect_exit_status(process.end_status(), EX_PROTOCOL);
}

TEST(WorkerProcess, AnImageShorterThanItIsSaidToBeEndsIt) {
  WorkerProcess process;
  ASSERT_TRUE(process.receive<wire::Hello>());
  process.ask(picture_with(""), 1, kSealed, 1);
  expect_exit_status(process.end_status(), EX_PROTOCOL);
}

TEST(WorkerProcess, AMessageThatDoesNotParseEndsIt) {
  WorkerProcess process;
  ASSERT_TRUE(process.receive<wire::Hello>());
  process.send("\xFF\xFF\xFF", memfd_with(picture_with(""), kSealed));
  expect_exit_status(process.end_status(), EX_PROTOCOL);
}

TEST(WorkerProcess, UnknownOptionsAreRefused) {
  WorkerProcess process({"--frobnicate", "1"});
  expect_exit_status(process.end_status(), EX_USAGE);
}

TEST(WorkerProcess, ABrokenModelIsNotReplacedSilently) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("models-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const UniqueFd model(::open((folder / "yunet_broken.onnx").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(model);
  ASSERT_EQ(::write(model.get(), "no model", 8), 8);
  WorkerProcess process({"--model-dir", folder.string()});
  expect_exit_status(process.end_status(), EX_CONFIG);
  std::filesystem::remove_all(folder);
}

TEST(WorkerProcess, WithoutDetectorsItSaysSo) {
  WorkerProcess process({"--shipped-dir", "/nonexistent", "--cascade-dir", "/nonexistent"});
  const auto hello = process.receive<wire::Hello>();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->face_detector(), "");
  EXPECT_EQ(hello->plate_detector(), "");
  process.ask(picture_with(""), 1);
  const auto reply = process.receive<wire::ClassifyReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->outcome(), wire::OUTCOME_DETECTOR_MISSING);
  EXPECT_EQ(reply->looked_for_size(), 2) << "fingerprint and corners";
}

class FaultInjection : public testing::TestWithParam<const char*> {};

TEST_P(FaultInjection, IsIgnoredUnlessAskedFor) {
  WorkerProcess process;
  ASSERT_TRUE(process.receive<wire::Hello>());
  process.ask(picture_with(std::string("sallyport-fault:") + GetParam() + ";"), 1);
  const auto reply = process.receive<wire::ClassifyReply>();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->id(), 1U);
}

TEST_P(FaultInjection, EndsTheProcessAsItShould) {
  WorkerProcess process({"--fault-injection"});
  ASSERT_TRUE(process.receive<wire::Hello>());
  process.ask(picture_with(std::string("sallyport-fault:") + GetParam() + ";"), 1);
  if (GetParam() == std::string_view("hang")) {
    constexpr int kLongEnough = 300;  // milliseconds; an answer takes some tens, and only an answer fails the test
    EXPECT_FALSE(process.receives_within(kLongEnough));
    return;
  }
  const int status = process.end_status();
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), GetParam() == std::string_view("crash") ? SIGILL : SIGSYS);
}

INSTANTIATE_TEST_SUITE_P(Words, FaultInjection,
                         testing::Values("hang", "crash", "open-file", "socket", "fork", "exec", "ptrace",
                                         "executable-memory"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace sallyport
