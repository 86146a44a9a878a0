#include "daemon/protocols/smb/smb2_dispatch.h"

#include <algorithm>

#include "daemon/protocols/smb/smb2_close.h"
#include "daemon/protocols/smb/smb2_create.h"
#include "daemon/protocols/smb/smb2_ioctl.h"
#include "daemon/protocols/smb/smb2_negotiate.h"
#include "daemon/protocols/smb/smb2_read.h"
#include "daemon/protocols/smb/smb2_session_setup.h"
#include "daemon/protocols/smb/smb2_set_info.h"
#include "daemon/protocols/smb/smb2_tree_connect.h"
#include "daemon/protocols/smb/smb2_write.h"

namespace sallyport::smb {
namespace {

std::size_t request_head_bytes(Command command) {
  switch (command) {
    case Command::kSessionSetup:
    case Command::kTreeConnect:
    case Command::kCreate:
    case Command::kSetInfo:
      return kHeadBytesMax;
    case Command::kRead:
    case Command::kWrite:
      return kSmb2HeaderBytes + 48;
    case Command::kClose:
      return kSmb2HeaderBytes + 24;
    default:
      return kSmb2HeaderBytes;
  }
}

std::size_t reply_head_bytes(Command command) {
  switch (command) {
    case Command::kNegotiate:
    case Command::kCreate:
      return kHeadBytesMax;
    case Command::kClose:
      return kSmb2HeaderBytes + 60;
    case Command::kTreeConnect:
    case Command::kRead:
    case Command::kWrite:
      return kSmb2HeaderBytes + 16;
    default:
      return kSmb2HeaderBytes;
  }
}

Payload on_request(Smb2Connection& connection, const Smb2Message& message) {
  switch (message.header.command) {
    case Command::kSessionSetup:
      on_session_setup_request(connection, message);
      break;
    case Command::kLogoff:
      on_logoff_request(connection, message);
      break;
    case Command::kTreeConnect:
      on_tree_connect_request(connection, message);
      break;
    case Command::kTreeDisconnect:
      on_tree_disconnect_request(connection, message);
      break;
    case Command::kCreate:
      on_create_request(connection, message);
      break;
    case Command::kClose:
      on_close_request(connection, message);
      break;
    case Command::kRead:
      on_read_request(connection, message);
      break;
    case Command::kWrite:
      return on_write_request(connection, message);
    case Command::kIoctl:
      return on_ioctl_request(connection, message);
    case Command::kSetInfo:
      on_set_info_request(connection, message);
      break;
    default:
      break;
  }
  return {};
}

Payload on_reply(Smb2Connection& connection, const Smb2Message& message) {
  connection.note_reply();
  if (message.header.is(NtStatus::kPending)) {
    connection.stats().interim_replies.add();
    connection.take(message.header);
    return {};
  }
  switch (message.header.command) {
    case Command::kNegotiate:
      on_negotiate_reply(connection, message);
      break;
    case Command::kSessionSetup:
      on_session_setup_reply(connection, message);
      break;
    case Command::kLogoff:
      on_logoff_reply(connection, message);
      break;
    case Command::kTreeConnect:
      on_tree_connect_reply(connection, message);
      break;
    case Command::kTreeDisconnect:
      on_tree_disconnect_reply(connection, message);
      break;
    case Command::kCreate:
      on_create_reply(connection, message);
      break;
    case Command::kClose:
      on_close_reply(connection, message);
      break;
    case Command::kRead:
      return on_read_reply(connection, message);
    case Command::kWrite:
      on_write_reply(connection, message);
      break;
    case Command::kIoctl:
      return on_ioctl_reply(connection, message);
    case Command::kSetInfo:
      on_set_info_reply(connection, message);
      break;
    default:
      break;
  }
  return {};
}

}  // namespace

std::size_t smb2_head_bytes(const Smb2Header& header, Bytes head, std::uint64_t message_size) {
  const std::size_t wanted = header.command == Command::kIoctl ? ioctl_head_bytes(head, header.is_reply())
                             : header.is_reply()               ? reply_head_bytes(header.command)
                                                               : request_head_bytes(header.command);
  return message_size < wanted ? static_cast<std::size_t>(message_size) : wanted;
}

Payload on_smb2_message(Smb2Connection& connection, const Smb2Message& message, bool first) {
  connection.stats().smb2_messages.add();
  if (message.header.is_reply()) return on_reply(connection, message);
  connection.begin_request(message.header, first);
  return on_request(connection, message);
}

}  // namespace sallyport::smb
