// Stands in for sallyport-worker in tests of the pool: same socket, same messages, but the object is a script:
// "ok N" (N faces), "parts N [crash|hang]", "hang", "crash", "leave", "garbage", "other-id", "score-2", "no-hello" as
// an argument.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "proto/sallyport/worker/v1/worker.pb.h"

namespace {

namespace wire = sallyport::worker::v1;
constexpr int kSocket = 3;

void send_message(const std::string& message) {
  if (::send(kSocket, message.data(), message.size(), MSG_NOSIGNAL) < 0) std::exit(1);
}

struct Received {
  wire::ClassifyRequest request;
  std::string script;
};

bool receive(Received& received) {
  char data[65536];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  iovec part{data, sizeof data};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(kSocket, &header, 0);
  if (size <= 0 || !received.request.ParseFromArray(data, static_cast<int>(size))) return false;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
  received.script.resize(received.request.size_bytes());
  const bool whole =
      ::pread(fd, received.script.data(), received.script.size(), 0) == static_cast<ssize_t>(received.script.size());
  ::close(fd);
  return whole;
}

/// "parts N": N images inside, then the end of the answer; "parts N crash" and "parts N hang": never the end.
void answer_with_parts(const Received& received) {
  wire::ClassifyReply part;
  part.set_id(received.request.id());
  part.set_outcome(wire::OUTCOME_OK);
  part.set_format("jpeg");
  part.mutable_part()->set_path("zip:a.jpg");
  const int parts = std::atoi(received.script.c_str() + 6);
  for (int i = 0; i < parts; ++i) send_message(part.SerializeAsString());
  if (received.script.find("crash") != std::string::npos) std::abort();
  if (received.script.find("hang") != std::string::npos) ::pause();
  part.clear_part();
  part.set_format("zip");
  send_message(part.SerializeAsString());
}

void answer(const Received& received) {
  const std::string& script = received.script;
  if (script == "hang") ::pause();
  if (script == "crash") std::abort();
  if (script == "leave") std::exit(0);
  if (script == "garbage") return send_message("\xff\xff\xff");
  if (script.rfind("parts ", 0) == 0) return answer_with_parts(received);
  wire::ClassifyReply reply;
  reply.set_id(received.request.id() + (script == "other-id" ? 1 : 0));
  reply.set_outcome(wire::OUTCOME_OK);
  reply.set_format("jpeg");
  for (const int kind : received.request.wanted()) reply.add_looked_for(static_cast<wire::FindingKind>(kind));
  const int faces = script.rfind("ok ", 0) == 0 ? std::atoi(script.c_str() + 3) : 1;
  for (int i = 0; i < faces; ++i) reply.add_faces()->set_score(script == "score-2" ? 2.0F : 0.9F);
  send_message(reply.SerializeAsString());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "no-hello") return 1;
  wire::Hello hello;
  hello.set_version("test");
  hello.set_face_detector("scripted");
  send_message(hello.SerializeAsString());
  for (Received received; receive(received); received = {}) answer(received);
}
