#include "daemon/protocols/smb/smb2_session_setup.h"

#include "daemon/protocols/smb/ntlmssp.h"

namespace sallyport::smb {

void on_session_setup_request(Smb2Connection& connection, const Smb2Message& message) {
  Smb2Request request;
  request.command = Command::kSessionSetup;
  request.name = ntlm_user(message.body(), connection.flow().config.name_bytes_max);
  connection.remember(message.header.message_id, std::move(request));
}

void on_session_setup_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  if (!request || request->name.empty() || !message.header.is(NtStatus::kSuccess)) return;
  connection.set_user(message.header.session_id, request->name);
}

void on_logoff_request(Smb2Connection& connection, const Smb2Message& message) {
  Smb2Request request;
  request.command = Command::kLogoff;
  request.session = connection.session();
  connection.remember(message.header.message_id, std::move(request));
}

void on_logoff_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  if (!request || message.header.is_error()) return;
  connection.files().close_tree(request->session, std::nullopt, message.time);
  connection.remove_session(request->session);
}

}  // namespace sallyport::smb
