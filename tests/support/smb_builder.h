// Builds SMB messages for tests: bodies by command, headers, compounds, frames.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::test::smb {

inline std::string le(std::uint64_t value, unsigned size) {
  std::string bytes;
  for (unsigned i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}
inline std::string zeros(std::size_t size) {
  return std::string(size, '\0');
}
inline std::string utf16(std::string_view ascii) {
  std::string bytes;
  for (const char character : ascii) bytes += std::string{character, '\0'};
  return bytes;
}
/// The transport header and the message.
inline std::string frame(const std::string& message) {
  const std::size_t size = message.size();
  return std::string{'\0', static_cast<char>(size >> 16), static_cast<char>(size >> 8), static_cast<char>(size)} +
         message;
}

inline constexpr std::uint64_t kSession = 0x51;
inline constexpr std::uint32_t kTree = 7;
inline constexpr std::uint32_t kReply = 1, kAsync = 2, kRelated = 4;
inline constexpr std::uint32_t kPending = 0x103, kEndOfFile = 0xc0000011, kAccessDenied = 0xc0000022;
inline constexpr std::uint64_t kPrevious = ~std::uint64_t{0};

struct Head {
  std::uint64_t message_id = 0;
  std::uint32_t flags = 0;
  std::uint32_t status = 0;
  std::uint64_t async_id = 0;
  std::uint32_t tree = kTree;
  std::uint64_t session = kSession;
};
inline std::string message(std::uint16_t command, const Head& head, const std::string& body) {
  const bool async = head.flags & kAsync;
  return "\xfeSMB" + le(64, 2) + le(1, 2) + le(head.status, 4) + le(command, 2) + le(1, 2) + le(head.flags, 4) +
         le(0, 4) + le(head.message_id, 8) + (async ? le(head.async_id, 8) : le(0xfeff, 4) + le(head.tree, 4)) +
         le(head.session, 8) + zeros(16) + body;
}
/// One frame of several messages: NextCommand is filled in, each begins at a multiple of eight.
inline std::string compound(std::vector<std::string> messages) {
  std::string all;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    std::string& one = messages[i];
    if (i + 1 < messages.size()) {
      one.resize((one.size() + 7) / 8 * 8);
      one.replace(20, 4, le(one.size(), 4));
    }
    all += one;
  }
  return frame(all);
}
inline std::string error_body() {
  return le(9, 2) + zeros(7);
}
inline std::string id_bytes(std::uint64_t id) {
  return le(id, 8) + le(id, 8);
}

inline std::string negotiate_reply(std::uint16_t dialect, std::uint32_t capabilities) {
  return message(
      0, {0, kReply, 0, 0, 0, 0},
      le(65, 2) + le(3, 2) + le(dialect, 2) + le(0, 2) + std::string(16, 'G') + le(capabilities, 4) + zeros(36));
}
inline std::string session_setup(std::uint64_t id, std::string_view domain, std::string_view user) {
  const std::string domain16 = utf16(domain), user16 = utf16(user);
  const auto field = [](std::size_t size, std::size_t offset) { return le(size, 2) + le(size, 2) + le(offset, 4); };
  const std::string token = std::string("NTLMSSP\0", 8) + le(3, 4) + zeros(16) + field(domain16.size(), 64) +
                            field(user16.size(), 64 + domain16.size()) + zeros(16) + le(1, 4) + domain16 + user16;
  return message(1, {id}, le(25, 2) + zeros(10) + le(88, 2) + le(token.size(), 2) + zeros(8) + token);
}
inline std::string session_setup_reply(std::uint64_t id, std::uint32_t status) {
  return message(1, {id, kReply, status}, le(9, 2) + zeros(7));
}
inline std::string tree_connect(std::uint64_t id, std::string_view path) {
  const std::string path16 = utf16(path);
  return message(3, {id}, le(9, 2) + le(0, 2) + le(72, 2) + le(path16.size(), 2) + path16);
}
inline std::string tree_connect_reply(std::uint64_t id, std::uint8_t share_type) {
  return message(3, {id, kReply}, le(16, 2) + le(share_type, 1) + zeros(13));
}
inline std::string create(std::uint64_t id, std::string_view name) {
  const std::string name16 = utf16(name);
  return message(5, {id}, le(57, 2) + zeros(42) + le(120, 2) + le(name16.size(), 2) + zeros(8) + name16);
}
inline std::string create_reply(std::uint64_t id, std::uint64_t file, std::uint64_t end_of_file) {
  return message(5, {id, kReply}, le(89, 2) + zeros(46) + le(end_of_file, 8) + zeros(8) + id_bytes(file) + zeros(8));
}
/// MS-SMB2 2.2.13.2: a name such as "DH2Q" and its data. One context.
inline std::string create_context(std::string_view name, const std::string& data) {
  return le(0, 4) + le(16, 2) + le(name.size(), 2) + le(0, 2) + le(data.empty() ? 0 : 24, 2) + le(data.size(), 4) +
         std::string(name) + zeros(8 - name.size()) + data;
}
inline std::string create_with(std::uint64_t id, std::string_view name, const std::string& contexts,
                               std::uint32_t flags = 0, std::uint64_t session = kSession) {
  const std::string name16 = utf16(name) + zeros((8 - 2 * name.size() % 8) % 8);
  Head head{id, flags};
  head.session = session;
  return message(5, head,
                 le(57, 2) + zeros(42) + le(120, 2) + le(2 * name.size(), 2) + le(120 + name16.size(), 4) +
                     le(contexts.size(), 4) + name16 + contexts);
}
/// `action`: MS-SMB2 2.2.14 CreateAction; 1: the file was there.
inline std::string create_reply_with(std::uint64_t id, std::uint64_t persistent, std::uint64_t volatile_part,
                                     std::uint64_t end_of_file, std::uint32_t action, const std::string& contexts,
                                     std::uint64_t session = kSession) {
  Head head{id, kReply};
  head.session = session;
  return message(5, head,
                 le(89, 2) + zeros(2) + le(action, 4) + zeros(40) + le(end_of_file, 8) + zeros(8) + le(persistent, 8) +
                     le(volatile_part, 8) + le(contexts.empty() ? 0 : 152, 4) + le(contexts.size(), 4) + contexts);
}
inline std::string ioctl(std::uint64_t id, std::uint64_t file, std::uint32_t code, const std::string& input) {
  return message(
      11, {id},
      le(57, 2) + zeros(2) + le(code, 4) + id_bytes(file) + le(120, 4) + le(input.size(), 4) + zeros(24) + input);
}
inline std::string ioctl_reply(std::uint64_t id, std::uint64_t file, std::uint32_t code, const std::string& output) {
  return message(11, {id, kReply},
                 le(49, 2) + zeros(2) + le(code, 4) + id_bytes(file) + zeros(8) + le(112, 4) + le(output.size(), 4) +
                     zeros(8) + output);
}
/// MS-SMB2 2.2.32.5: the last of a server's interfaces, or one with another behind it.
inline std::string interface_info(std::uint16_t family, const std::string& address, bool is_last) {
  std::string info = le(is_last ? 0 : 152, 4) + zeros(20) + le(family, 2) + zeros(family == 2 ? 2 : 6) + address;
  return info + zeros(152 - info.size());
}
/// On another session than the usual one.
inline std::string on_session(std::uint64_t session, std::string message) {
  return message.replace(40, 8, le(session, 8));
}
inline std::string write(std::uint64_t id, std::uint64_t file, std::uint64_t offset, const std::string& data,
                         std::uint32_t flags = 0) {
  return message(9, {id, flags},
                 le(49, 2) + le(112, 2) + le(data.size(), 4) + le(offset, 8) + id_bytes(file) + zeros(16) + data);
}
inline std::string with_id(std::string message, std::size_t at, std::uint64_t persistent, std::uint64_t volatile_part) {
  return message.replace(64 + at, 16, le(persistent, 8) + le(volatile_part, 8));
}
/// Like write() and close(), of a file whose id has two parts.
inline std::string write_to(std::uint64_t id, std::uint64_t persistent, std::uint64_t volatile_part,
                            std::uint64_t offset, const std::string& data) {
  return with_id(write(id, persistent, offset, data), 16, persistent, volatile_part);
}
inline std::string write_reply(std::uint64_t id, std::uint32_t count) {
  return message(9, {id, kReply}, le(17, 2) + zeros(2) + le(count, 4) + zeros(8));
}
inline std::string read(std::uint64_t id, std::uint64_t file, std::uint64_t offset, std::uint32_t length,
                        std::uint32_t flags = 0) {
  return message(8, {id, flags},
                 le(49, 2) + le(80, 1) + le(0, 1) + le(length, 4) + le(offset, 8) + id_bytes(file) + zeros(17));
}
inline std::string read_reply(std::uint64_t id, const std::string& data, std::uint32_t flags = 0,
                              std::uint64_t async = 0) {
  return message(8, {id, kReply | flags, 0, async},
                 le(17, 2) + le(80, 1) + le(0, 1) + le(data.size(), 4) + zeros(8) + data);
}
inline std::string pending(std::uint16_t command, std::uint64_t id, std::uint64_t async) {
  return message(command, {id, kReply | kAsync, kPending, async}, error_body());
}
inline std::string failed(std::uint16_t command, std::uint64_t id, std::uint32_t status) {
  return message(command, {id, kReply, status}, error_body());
}
inline std::string close(std::uint64_t id, std::uint64_t file, std::uint32_t flags = 0) {
  return message(6, {id, flags}, le(24, 2) + zeros(6) + id_bytes(file));
}
/// With SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB.
inline std::string close_asking(std::uint64_t id, std::uint64_t file) {
  return close(id, file).replace(66, 2, le(1, 2));
}
inline std::string close_of(std::uint64_t id, std::uint64_t persistent, std::uint64_t volatile_part) {
  return with_id(close(id, persistent), 8, persistent, volatile_part);
}
inline std::string close_reply(std::uint64_t id) {
  return message(6, {id, kReply}, le(60, 2) + zeros(58));
}
/// With SMB2_CLOSE_FLAG_POSTQUERY_ATTRIB.
inline std::string close_reply_with(std::uint64_t id, std::uint64_t end_of_file) {
  return message(6, {id, kReply}, le(60, 2) + le(1, 2) + zeros(44) + le(end_of_file, 8) + zeros(4));
}
inline std::string set_info(std::uint64_t id, std::uint64_t file, std::uint8_t information, const std::string& buffer) {
  return message(17, {id},
                 le(33, 2) + le(1, 1) + le(information, 1) + le(buffer.size(), 4) + le(96, 2) + zeros(6) +
                     id_bytes(file) + buffer);
}
inline std::string set_end_of_file(std::uint64_t id, std::uint64_t file, std::uint64_t size) {
  return set_info(id, file, 20, le(size, 8));
}
inline std::string rename(std::uint64_t id, std::uint64_t file, std::string_view path) {
  const std::string path16 = utf16(path);
  return set_info(id, file, 10, zeros(16) + le(path16.size(), 4) + path16);
}
inline std::string set_info_reply(std::uint64_t id) {
  return message(17, {id, kReply}, le(2, 2));
}

/// SMB1 (MS-CIFS 2.2.3): one block; `words` without its count, `bytes` without theirs.
inline std::string smb1(std::uint8_t command, bool reply, std::uint16_t multiplex, const std::string& words,
                        const std::string& bytes) {
  return "\xffSMB" + le(command, 1) + zeros(4) + le(reply ? 0x80 : 0, 1) + zeros(14) + le(3, 2) + le(1, 2) + le(4, 2) +
         le(multiplex, 2) + le(words.size() / 2, 1) + words + le(bytes.size(), 2) + bytes;
}
inline std::string no_andx() {
  return "\xff" + zeros(3);
}
inline std::string smb1_create(std::uint16_t multiplex, const std::string& name) {
  return smb1(0xa2, false, multiplex, no_andx() + zeros(44), name + '\0');
}
inline std::string smb1_create_reply(std::uint16_t multiplex, std::uint16_t file, std::uint64_t end_of_file) {
  return smb1(0xa2, true, multiplex, no_andx() + zeros(1) + le(file, 2) + zeros(48) + le(end_of_file, 8) + zeros(5),
              {});
}
inline std::string smb1_read(std::uint16_t multiplex, std::uint16_t file, std::uint64_t offset) {
  return smb1(0x2e, false, multiplex, no_andx() + le(file, 2) + le(offset, 4) + zeros(10) + le(offset >> 32, 4), {});
}
inline std::string smb1_read_reply(std::uint16_t multiplex, const std::string& data) {
  return smb1(0x2e, true, multiplex, no_andx() + zeros(6) + le(data.size(), 2) + le(59, 2) + zeros(10), data);
}
inline std::string smb1_write(std::uint16_t multiplex, std::uint16_t file, std::uint64_t offset,
                              const std::string& data) {
  return smb1(0x2f, false, multiplex,
              no_andx() + le(file, 2) + le(offset, 4) + zeros(8) + zeros(2) + le(data.size(), 2) + le(63, 2) +
                  le(offset >> 32, 4),
              data);
}
inline std::string smb1_close(bool reply, std::uint16_t multiplex, std::uint16_t file) {
  return smb1(0x04, reply, multiplex, reply ? std::string() : le(file, 2) + zeros(4), {});
}
/// Flags2 of a message, such as 0x8000: Unicode.
inline std::string smb1_flags(std::string message, std::uint16_t flags) {
  return message.replace(10, 2, le(flags, 2));
}
inline std::string smb1_failed(std::uint8_t command, std::uint16_t multiplex, std::uint32_t status) {
  return smb1(command, true, multiplex, {}, {}).replace(5, 4, le(status, 4));
}
/// The strings of older commands: each behind a byte of its format.
inline std::string smb1_string(std::string_view text) {
  return "\x04" + std::string(text) + '\0';
}
inline std::string smb1_data(const std::string& data) {
  return "\x01" + le(data.size(), 2) + data;
}
/// WRITE (0x0b), WRITE_AND_UNLOCK (0x14).
inline std::string smb1_simple_write(std::uint8_t command, std::uint16_t multiplex, std::uint16_t file,
                                     std::uint32_t offset, const std::string& data) {
  return smb1(command, false, multiplex, le(file, 2) + le(data.size(), 2) + le(offset, 4) + zeros(2), smb1_data(data));
}
/// READ (0x0a), LOCK_AND_READ (0x13).
inline std::string smb1_simple_read(std::uint8_t command, std::uint16_t multiplex, std::uint16_t file,
                                    std::uint32_t offset) {
  return smb1(command, false, multiplex, le(file, 2) + le(4, 2) + le(offset, 4) + zeros(2), {});
}
inline std::string smb1_simple_read_reply(std::uint8_t command, std::uint16_t multiplex, const std::string& data) {
  return smb1(command, true, multiplex, le(data.size(), 2) + zeros(8), smb1_data(data));
}
inline std::string smb1_write_raw(std::uint16_t multiplex, std::uint16_t file, std::uint32_t offset,
                                  std::uint16_t total, const std::string& data) {
  return smb1(0x1d, false, multiplex,
              le(file, 2) + le(total, 2) + zeros(2) + le(offset, 4) + zeros(10) + le(data.size(), 2) + le(59, 2), data);
}
inline std::string smb1_read_raw(std::uint16_t multiplex, std::uint16_t file, std::uint32_t offset,
                                 std::uint16_t size) {
  return smb1(0x1a, false, multiplex, le(file, 2) + le(offset, 4) + le(size, 2) + zeros(8), {});
}
/// Parameters at 68, data behind them.
inline std::string smb1_transaction2(std::uint16_t multiplex, std::uint16_t function, const std::string& parameters,
                                     const std::string& data) {
  const std::size_t at = 68;
  const std::string words = le(parameters.size(), 2) + le(data.size(), 2) + zeros(14) + le(parameters.size(), 2) +
                            le(at, 2) + le(data.size(), 2) + le(at + parameters.size(), 2) + le(1, 2) + le(function, 2);
  return smb1(0x32, false, multiplex, words, zeros(3) + parameters + data);
}
inline std::string smb1_transaction2_reply(std::uint16_t multiplex, const std::string& parameters) {
  const std::string words =
      le(parameters.size(), 2) + zeros(4) + le(parameters.size(), 2) + le(56, 2) + zeros(8) + le(0, 2);
  return smb1(0x32, true, multiplex, words, zeros(1) + parameters);
}
/// NT_TRANSACT_CREATE, its parameters at 76.
inline std::string smb1_nt_transact_create(std::uint16_t multiplex, std::uint32_t root, const std::string& name16) {
  const std::string parameters =
      zeros(4) + le(root, 4) + zeros(36) + le(name16.size(), 4) + zeros(5) + zeros(1) + name16;
  const std::string words = zeros(3) + le(parameters.size(), 4) + zeros(12) + le(parameters.size(), 4) + le(76, 4) +
                            zeros(8) + le(0, 1) + le(1, 2);
  return smb1(0xa0, false, multiplex, words, zeros(3) + parameters);
}
inline std::string smb1_nt_transact_create_reply(std::uint16_t multiplex, std::uint16_t file,
                                                 std::uint64_t end_of_file) {
  const std::string parameters = zeros(2) + le(file, 2) + zeros(52) + le(end_of_file, 8) + zeros(5);
  const std::string words =
      zeros(3) + le(parameters.size(), 4) + zeros(4) + le(parameters.size(), 4) + le(72, 4) + zeros(16) + le(0, 1);
  return smb1(0xa0, true, multiplex, words, zeros(1) + parameters);
}

}  // namespace sallyport::test::smb
