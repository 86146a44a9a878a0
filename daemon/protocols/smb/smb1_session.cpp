#include "daemon/protocols/smb/smb1_session.h"

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/ntlmssp.h"
#include "daemon/protocols/smb/utf16.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kPlainSetupWords = 13;
constexpr std::size_t kPlainSetupPasswordsAt = 14;  // after AndX, buffer size, requests, circuit and session key
constexpr std::size_t kTreePasswordLengthAt = 6;

// Bytes that a name takes with its NUL, so that the next one can be found.
std::size_t end_of_text(Bytes bytes, std::size_t position, bool is_unicode) {
  const std::size_t step = is_unicode ? 2 : 1;
  for (; position < bytes.size() && bytes.size() - position >= step; position += step) {
    const bool is_nul = bytes[position] == std::byte{0} && (!is_unicode || bytes[position + 1] == std::byte{0});
    if (is_nul) return position + step;
  }
  return bytes.size();
}

std::string plain_user(const Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block) {
  ByteReader words(block.words);
  words.skip(kPlainSetupPasswordsAt);
  std::size_t position = words.u16le();
  position += words.u16le();
  const bool is_unicode = message.header.is_unicode;
  if (is_unicode) position += (block.bytes_at + position) % 2;
  if (!words.ok() || position > block.bytes.size()) return {};
  const std::string user = connection.text(message, block.bytes.subspan(position));
  position = end_of_text(block.bytes, position, is_unicode);
  const std::string domain = connection.text(message, block.bytes.subspan(position));
  return user.empty() || domain.empty() ? user : domain + '\\' + user;
}

}  // namespace

void on_smb1_session_setup_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                   Smb1Request& request) {
  request.user = block.words.size() == 2 * kPlainSetupWords
                     ? plain_user(connection, message, block)
                     : ntlm_user(block.bytes, connection.flow().config.name_bytes_max);
}

void on_smb1_session_setup_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  if (!message.header.is_error() && !request.user.empty()) connection.set_user(message.header.user_id, request.user);
}

void on_smb1_tree_connect_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                  Smb1Request& request) {
  ByteReader words(block.words);
  words.skip(kTreePasswordLengthAt);
  request.tree_path = connection.aligned_text(message, block, words.u16le());
}

void on_smb1_tree_connect_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                const Smb1Request& request) {
  if (message.header.is_error() || request.tree_path.empty()) return;
  Share share = share_from_path(request.tree_path);
  if (as_text(block.bytes).starts_with("IPC")) share.is_pipe = true;
  connection.set_tree(message.header.tree_id, std::move(share));
}

void on_smb1_tree_disconnect_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  if (message.header.is_error() || !request.disconnects_tree) return;
  connection.files().close_tree(kSmb1Session, message.header.tree_id, message.time);
  connection.remove_tree(message.header.tree_id);
}

}  // namespace sallyport::smb
