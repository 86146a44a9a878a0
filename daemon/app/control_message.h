// Requests and replies of the control socket as bytes: proto/sallyport/control/v1/control.proto behind a 32-bit size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/app/daemon_status.h"

namespace sallyport {

/// Bytes of one message without its size. Replies are cut to fit: diagnostics beyond kControlDiagnosticsMax are left
/// out.
inline constexpr std::size_t kControlMessageBytesMax = 65536;
inline constexpr std::size_t kControlDiagnosticsMax = 100;
inline constexpr std::size_t kControlSizeBytes = 4;

enum class ControlCommand : std::uint8_t { kStatus, kReload, kReopenLogs, kRearm, kCanary };
std::string_view to_string(ControlCommand command);

struct ControlRequest {
  ControlCommand command = ControlCommand::kStatus;
  std::string rule = {};       ///< of kRearm
  CanaryQuestion canary = {};  ///< of kCanary
};

/// Exactly one of these is set, or none: a plain acknowledgement.
struct ControlReply {
  std::string error;
  std::optional<DaemonStatus> status;
  std::optional<ReloadOutcome> reload;
  std::optional<CanaryReport> canary;
};

/// With the size in front.
std::string encode_request(const ControlRequest& request);
std::string encode_reply(const ControlReply& reply);
/// Without the size. Nothing where the bytes are no message or a command of a newer version.
std::optional<ControlRequest> decode_request(std::string_view message);
std::optional<ControlReply> decode_reply(std::string_view message);
/// The size that the first kControlSizeBytes bytes announce.
std::size_t announced_size(std::string_view bytes);

}  // namespace sallyport
