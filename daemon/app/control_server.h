// The control socket: where the sallyport command asks and orders.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>

#include "daemon/app/control_message.h"
#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

struct ControlServerConfig {
  std::string path = "/run/sallyport/control.sock";
  std::string group;  ///< who may connect beside the daemon's own user; empty: its own group
};

/// Called on the server's thread, one at a time.
struct ControlHandler {
  std::function<DaemonStatus()> status;
  std::function<ReloadOutcome()> reload;
  std::function<void()> reopen_logs;
  std::function<Status(const std::string& rule)> rearm;
  std::function<CanaryReport(const CanaryQuestion&)> canary;
};

/// A Unix stream socket of mode 0660 and a thread of its own. Whoever may open the socket may do all; each order is
/// logged with the uid and pid of its sender (SO_PEERCRED). At most 16 connections: the one that was silent longest
/// makes room.
class ControlServer {
 public:
  /// Takes over a socket that nobody listens on any more; fails where another daemon listens, or the path or group is
  /// bad.
  static Result<std::unique_ptr<ControlServer>> start(ControlServerConfig config, ControlHandler handler);
  /// Ends the thread and removes the socket.
  ~ControlServer();

 private:
  struct Connection {
    UniqueFd fd;
    std::string received;
    std::string to_send;
  };

  ControlServer(ControlServerConfig config, ControlHandler handler, UniqueFd listener, UniqueFd stop);
  void run();
  void accept_one();
  /// False when the connection is over.
  bool serve(Connection& connection, short events);
  bool receive(Connection& connection);
  bool answer_all(Connection& connection);
  bool send(Connection& connection);
  std::string answer(const Connection& connection, std::string_view message);

  const ControlServerConfig config_;
  const ControlHandler handler_;
  UniqueFd listener_;
  UniqueFd stop_;
  std::list<Connection> connections_;  // of the thread; the one heard of last is at the end
  std::thread thread_;
};

}  // namespace sallyport
