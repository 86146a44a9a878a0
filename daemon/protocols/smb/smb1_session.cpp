#include "daemon/protocols/smb/smb1_session.h"

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/ntlmssp.h"
#include "daemon/protocols/smb/utf16.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kPlainSetupWords = 13;
constexpr std::size_t kOldSetupWords = 10;          // LAN Manager: one password
constexpr std::size_t kPlainSetupPasswordsAt = 14;  // after AndX, buffer size, requests, circuit and session key
constexpr std::size_t kTreePasswordLengthAt = 6;
/// Before each string of the older commands (SMB_Data.Bytes.BufferFormat).
constexpr std::size_t kStringFormatBytes = 1;

std::string plain_user(const Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block) {
  ByteReader words(block.words);
  words.skip(kPlainSetupPasswordsAt);
  std::size_t position = words.u16le();
  if (block.words.size() == 2 * kPlainSetupWords) position += words.u16le();
  const bool is_unicode = message.header.is_unicode;
  if (is_unicode) position += (block.bytes_at + position) % 2;
  if (!words.ok() || position > block.bytes.size()) return {};
  const std::string user = connection.text(message, block.bytes.subspan(position));
  position = end_of_smb1_text(block.bytes, position, is_unicode);
  const std::string domain = connection.text(message, block.bytes.subspan(position));
  return user.empty() || domain.empty() ? user : domain + '\\' + user;
}

}  // namespace

void on_smb1_session_setup_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                   Smb1Request& request) {
  const std::size_t words = block.words.size() / 2;
  request.user = words == kPlainSetupWords || words == kOldSetupWords
                     ? plain_user(connection, message, block)
                     : ntlm_user(block.bytes, connection.flow().config.name_bytes_max);
}

void on_smb1_session_setup_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  if (!message.header.is_error() && !request.user.empty()) connection.set_user(message.header.user_id, request.user);
}

void on_smb1_tree_connect_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                  Smb1Request& request) {
  if (block.command == Smb1Command::kTreeConnect) {
    request.tree_path = connection.aligned_text(message, block, kStringFormatBytes);
    return;
  }
  ByteReader words(block.words);
  words.skip(kTreePasswordLengthAt);
  request.tree_path = connection.aligned_text(message, block, words.u16le());
}

void on_smb1_tree_connect_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                const Smb1Request& request) {
  if (message.header.is_error() || request.tree_path.empty()) return;
  Share share = share_from_path(request.tree_path);
  if (as_text(block.bytes).starts_with("IPC")) share.is_pipe = true;
  std::uint16_t id = message.header.tree_id;
  if (block.command == Smb1Command::kTreeConnect) {
    ByteReader words(block.words);
    words.skip(2);  // the largest buffer
    id = words.u16le();
  }
  connection.set_tree(id, std::move(share));
}

void on_smb1_tree_disconnect_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  if (message.header.is_error() || !request.disconnects_tree) return;
  connection.files().close_tree(kSmb1Session, message.header.tree_id, message.time);
  connection.remove_tree(message.header.tree_id);
}

}  // namespace sallyport::smb
