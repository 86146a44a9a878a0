#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "daemon/app/control_client.h"
#include "daemon/app/control_server.h"
#include "tests/support/temporary_folder.h"

namespace sallyport {
namespace {

using testing::HasSubstr;

DaemonStatus sample_status() {
  return {
      "0.1.0",
      "gate-1",
      "tap",
      Timestamp(std::chrono::seconds(5)),
      77,
      {"agency", std::string(64, 'a'), Timestamp(std::chrono::seconds(9)), 3, "two errors", 4, std::string(64, 'b')},
      {{"flows", "12"}, {"workers", "2 of 2"}}};
}

class Control : public testing::Test {
 protected:
  std::unique_ptr<ControlServer> start() {
    ControlHandler handler{[] { return sample_status(); },
                           [this] {
                             ++reloads;
                             return ReloadOutcome{false, diagnostics, sample_status().policy};
                           },
                           [this] { ++reopened; },
                           [this](const std::string& rule) -> Status {
                             if (rule != "plates")
                               return fail(ErrorCode::kNotFound, "no rule '" + rule + "' has a breaker");
                             ++rearmed;
                             return {};
                           },
                           [](const CanaryQuestion& question) {
                             CanaryReport report;
                             report.sets = {"planted"};
                             if (question.sha256) report.registered_in = {to_hex(*question.sha256)};
                             report.packets = 9;
                             report.passed = question.nonce == "abc";
                             report.rule = "canary.planted";
                             report.told = Timestamp(std::chrono::seconds(7));
                             return report;
                           }};
    auto server = ControlServer::start({path, {}}, std::move(handler));
    EXPECT_TRUE(server) << server.error().message;
    return server ? std::move(*server) : nullptr;
  }

  UniqueFd raw_connection() const {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  test::TemporaryFolder folder;
  std::string path = folder.path("control.sock");
  std::vector<std::string> diagnostics = {"policy.yaml:1:2: error: bad [x]"};
  std::atomic<int> reloads{0};
  std::atomic<int> reopened{0};
  std::atomic<int> rearmed{0};
};

TEST_F(Control, TellsOfACanary) {
  const auto server = start();
  auto client = ControlClient::connect(path);
  ASSERT_TRUE(client) << client.error().message;
  const Sha256Digest digest = Sha256::of(as_byte_span("canary"));
  const auto report = client->canary({"abc", digest});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->sets, std::vector<std::string>{"planted"});
  EXPECT_EQ(report->registered_in, std::vector<std::string>{to_hex(digest)});
  EXPECT_EQ(report->packets, 9U);
  EXPECT_TRUE(report->passed);
  EXPECT_EQ(report->rule, "canary.planted");
  EXPECT_EQ(report->told, Timestamp(std::chrono::seconds(7)));
  EXPECT_FALSE(client->canary({"abd", std::nullopt})->passed);
}

TEST_F(Control, AnswersOnOneConnection) {
  const auto server = start();
  auto client = ControlClient::connect(path);
  ASSERT_TRUE(client) << client.error().message;
  const auto status = client->status();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->sensor, "gate-1");
  EXPECT_EQ(status->started, Timestamp(std::chrono::seconds(5)));
  EXPECT_EQ(status->policy.rules, 3U);
  EXPECT_EQ(status->policy.last_error, "two errors");
  EXPECT_EQ(status->facts, sample_status().facts);
  const auto outcome = client->reload();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_FALSE(outcome->loaded);
  EXPECT_EQ(outcome->diagnostics, diagnostics);
  EXPECT_TRUE(client->reopen_logs());
  EXPECT_EQ(reloads, 1);
  EXPECT_EQ(reopened, 1);
}

TEST_F(Control, SocketIsForOwnerAndGroup) {
  const auto server = start();
  struct stat state {};
  ASSERT_EQ(::stat(path.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0660U);
}

TEST_F(Control, PiecesAndSeveralRequestsAtOnce) {
  const auto server = start();
  const UniqueFd fd = raw_connection();
  const std::string requests =
      encode_request({ControlCommand::kStatus, {}}) + encode_request({ControlCommand::kReopenLogs, {}});
  for (const char byte : requests) ASSERT_EQ(::send(fd.get(), &byte, 1, MSG_NOSIGNAL), 1);
  ASSERT_EQ(::send(fd.get(), requests.data(), requests.size(), MSG_NOSIGNAL), static_cast<ssize_t>(requests.size()));
  const std::string expected = [] {
    ControlReply status;
    status.status = sample_status();
    return encode_reply(status) + encode_reply({});
  }();
  std::string received(2 * expected.size(), '\0');
  ASSERT_EQ(::recv(fd.get(), received.data(), received.size(), MSG_WAITALL), static_cast<ssize_t>(received.size()));
  EXPECT_EQ(received, expected + expected);
}

TEST_F(Control, OversizedMessageEndsTheConnectionOnly) {
  const auto server = start();
  const UniqueFd fd = raw_connection();
  ASSERT_EQ(::send(fd.get(), "\xff\xff\xff\xff", 4, MSG_NOSIGNAL), 4);
  char byte = 0;
  EXPECT_EQ(::recv(fd.get(), &byte, 1, 0), 0);
  auto client = ControlClient::connect(path);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->status());
}

TEST_F(Control, WhatIsNoRequestIsRefusedInWords) {
  const auto server = start();
  const UniqueFd fd = raw_connection();
  ASSERT_EQ(::send(fd.get(), "\0\0\0\1\7", 5, MSG_NOSIGNAL), 5);
  char size[4];
  ASSERT_EQ(::recv(fd.get(), size, 4, MSG_WAITALL), 4);
  std::string message(announced_size({size, 4}), '\0');
  ASSERT_EQ(::recv(fd.get(), message.data(), message.size(), MSG_WAITALL), static_cast<ssize_t>(message.size()));
  EXPECT_THAT(decode_reply(message).value().error, HasSubstr("not understood"));
}

TEST_F(Control, RearmsARuleOrSaysWhyNot) {
  const auto server = start();
  auto client = ControlClient::connect(path);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->rearm("plates"));
  EXPECT_EQ(rearmed, 1);
  const Status refused = client->rearm("plate");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no rule 'plate' has a breaker"));
  EXPECT_EQ(rearmed, 1);
}

TEST_F(Control, SilentConnectionsMakeRoom) {
  const auto server = start();
  std::vector<UniqueFd> silent;
  for (int i = 0; i < 40; ++i) silent.push_back(raw_connection());
  auto client = ControlClient::connect(path);
  ASSERT_TRUE(client);
  EXPECT_TRUE(client->status());
}

TEST_F(Control, ManyDiagnosticsAreCutToFit) {
  diagnostics.assign(5000, std::string(600, 'd'));
  const auto server = start();
  auto client = ControlClient::connect(path);
  ASSERT_TRUE(client);
  const auto outcome = client->reload();
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->diagnostics.size(), kControlDiagnosticsMax);
}

TEST_F(Control, SecondDaemonIsRefusedDeadSocketIsTakenOver) {
  {
    const auto server = start();
    const auto second = ControlServer::start({path, {}}, {});
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("another sallyportd"));
  }
  {
    const UniqueFd left_behind(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(::bind(left_behind.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_NE(start(), nullptr);
}

TEST_F(Control, NeverRemovesWhatIsNoSocket) {
  std::ofstream(path) << "precious";
  const auto server = ControlServer::start({path, {}}, {});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr(path));
}

TEST_F(Control, UnknownGroupIsNamed) {
  const auto server = ControlServer::start({path, "no_such_group_here"}, {});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("no_such_group_here"));
}

TEST_F(Control, ClientSaysWhereNobodyListens) {
  const auto client = ControlClient::connect(path);
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error().message, HasSubstr(path));
}

}  // namespace
}  // namespace sallyport
