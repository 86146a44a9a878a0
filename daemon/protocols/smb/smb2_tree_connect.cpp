#include "daemon/protocols/smb/smb2_tree_connect.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::uint8_t kPipeShare = 0x02;

}  // namespace

void on_tree_connect_request(Smb2Connection& connection, const Smb2Message& message) {
  ByteReader reader(message.body());
  reader.skip(4);
  const std::size_t offset = reader.u16le();
  const std::size_t length = reader.u16le();
  ByteReader path(message.bytes);
  path.seek(offset);
  Smb2Request request;
  request.command = Command::kTreeConnect;
  request.session = connection.session();
  request.name = connection.name_from(path.take(length));
  if (!reader.ok() || !path.ok()) connection.malformed(nullptr);
  connection.remember(message.header.message_id, std::move(request));
}

void on_tree_connect_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  if (!request || message.header.is_error()) return;
  ByteReader reader(message.body());
  reader.skip(2);
  Share share = share_from_path(request->name);
  if (reader.u8() == kPipeShare) share.is_pipe = true;
  connection.set_tree(request->session, message.header.tree_id, std::move(share));
}

void on_tree_disconnect_request(Smb2Connection& connection, const Smb2Message& message) {
  Smb2Request request;
  request.command = Command::kTreeDisconnect;
  request.session = connection.session();
  request.tree = connection.tree();
  connection.remember(message.header.message_id, std::move(request));
}

void on_tree_disconnect_reply(Smb2Connection& connection, const Smb2Message& message) {
  const auto request = connection.take(message.header);
  if (!request || message.header.is_error()) return;
  connection.files().close_tree(request->session, request->tree, message.time);
  connection.remove_tree(request->session, request->tree);
}

}  // namespace sallyport::smb
