#include "daemon/protocols/smb/smb1_dispatch.h"

#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/smb1_file.h"
#include "daemon/protocols/smb/smb1_read_write.h"
#include "daemon/protocols/smb/smb1_rename.h"
#include "daemon/protocols/smb/smb1_session.h"
#include "daemon/protocols/smb/smb1_simple_read_write.h"
#include "daemon/protocols/smb/smb1_transaction.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kWordCountAt = kSmb1HeaderBytes;
constexpr std::size_t kFirstWordAt = kSmb1HeaderBytes + 1;

bool is_opaque(const Smb1Header& header) {
  switch (header.command) {
    case Smb1Command::kWriteMpx:
    case Smb1Command::kWriteMpxSecondary:
    case Smb1Command::kWriteBulk:
    case Smb1Command::kWriteBulkData:
      return !header.is_reply;
    case Smb1Command::kReadMpx:
    case Smb1Command::kReadMpxSecondary:
    case Smb1Command::kReadBulk:
      return header.is_reply && !header.is_error();
    default:
      return false;
  }
}

// Whether the data of this command is the end of its message, whatever its words say.
bool ends_with_data(const Smb1Header& header) {
  switch (header.command) {
    case Smb1Command::kWrite:
    case Smb1Command::kWriteAndUnlock:
    case Smb1Command::kWritePrintFile:
    case Smb1Command::kWriteRaw:
      return !header.is_reply;
    case Smb1Command::kRead:
    case Smb1Command::kLockAndRead:
      return header.is_reply;
    default:
      return false;
  }
}

bool may_stream_alone(const Smb1Header& header) {
  return header.command == (header.is_reply ? Smb1Command::kReadAndx : Smb1Command::kWriteAndx);
}

std::size_t bounded(std::uint64_t size, std::size_t wanted) {
  return size < wanted ? static_cast<std::size_t>(size) : wanted;
}

void on_open_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block, Smb1Request& request) {
  switch (block.command) {
    case Smb1Command::kTransaction2:
      return on_smb1_transaction2_request(connection, message, block, request);
    case Smb1Command::kNtTransact:
      return on_smb1_nt_transact_request(connection, message, block, request);
    case Smb1Command::kTransaction:
      return on_smb1_transaction_request(connection, block);
    case Smb1Command::kRename:
    case Smb1Command::kNtRename:
      return on_smb1_rename_request(connection, message, block, request);
    case Smb1Command::kCopy:
      return connection.stats().server_side_copies.add();
    default:
      if (is_smb1_open(block.command)) on_smb1_open_request(connection, message, block, request);
  }
}

Payload on_request_block(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                         Smb1Request& request) {
  switch (block.command) {
    case Smb1Command::kSessionSetupAndx:
      on_smb1_session_setup_request(connection, message, block, request);
      return {};
    case Smb1Command::kTreeConnect:
    case Smb1Command::kTreeConnectAndx:
      on_smb1_tree_connect_request(connection, message, block, request);
      return {};
    case Smb1Command::kTreeDisconnect:
      request.disconnects_tree = true;
      return {};
    case Smb1Command::kClose:
    case Smb1Command::kClosePrintFile:
      on_smb1_close_request(connection, message, block, request);
      return {};
    case Smb1Command::kReadAndx:
      on_smb1_read_andx_request(connection, message, block, request);
      return {};
    case Smb1Command::kRead:
    case Smb1Command::kLockAndRead:
      on_smb1_read_request(connection, message, block, request);
      return {};
    case Smb1Command::kWriteAndx:
      return on_smb1_write_andx_request(connection, message, block);
    case Smb1Command::kWrite:
    case Smb1Command::kWriteAndUnlock:
      return on_smb1_write_request(connection, message, block, request);
    case Smb1Command::kWriteAndClose:
      return on_smb1_write_and_close_request(connection, message, block, request);
    case Smb1Command::kWritePrintFile:
      return on_smb1_write_print_file_request(connection, message, block);
    default:
      on_open_request(connection, message, block, request);
      return {};
  }
}

Payload on_reply_block(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block, Smb1Request& request) {
  switch (block.command) {
    case Smb1Command::kSessionSetupAndx:
      on_smb1_session_setup_reply(connection, message, request);
      return {};
    case Smb1Command::kTreeConnect:
    case Smb1Command::kTreeConnectAndx:
      on_smb1_tree_connect_reply(connection, message, block, request);
      return {};
    case Smb1Command::kTreeDisconnect:
      on_smb1_tree_disconnect_reply(connection, message, request);
      return {};
    case Smb1Command::kClose:
    case Smb1Command::kClosePrintFile:
      on_smb1_close_reply(connection, message, request);
      return {};
    case Smb1Command::kReadAndx:
      return on_smb1_read_andx_reply(connection, message, block, request);
    case Smb1Command::kRead:
    case Smb1Command::kLockAndRead:
      return on_smb1_read_reply(connection, message, block, request);
    case Smb1Command::kWriteAndx:
      on_smb1_write_andx_reply(connection, message, block);
      return {};
    case Smb1Command::kWrite:
    case Smb1Command::kWriteAndUnlock:
    case Smb1Command::kWriteAndClose:
      on_smb1_write_reply(connection, message, block, request);
      return {};
    case Smb1Command::kTransaction2:
    case Smb1Command::kNtTransact:
      on_smb1_transaction_reply(connection, message, block, request);
      return {};
    case Smb1Command::kRename:
    case Smb1Command::kNtRename:
      on_smb1_rename_reply(connection, message, request);
      return {};
    default:
      if (is_smb1_open(block.command)) on_smb1_open_reply(connection, message, block, request);
      return {};
  }
}

// An interim reply asks for the rest of a transaction (MS-CIFS 2.2.4.46.2): the true one is still to come.
bool is_interim(const Smb1Header& header, const Smb1Block& block) {
  const bool is_transaction = block.command == Smb1Command::kTransaction2 || block.command == Smb1Command::kNtTransact;
  return header.is_reply && is_transaction && block.words.empty() && header.status == 0;
}

// What follows up on another request has its id, and no reply of its own.
bool has_reply(const Smb1Header& header) {
  switch (header.command) {
    case Smb1Command::kTransactionSecondary:
    case Smb1Command::kTransaction2Secondary:
    case Smb1Command::kNtTransactSecondary:
    case Smb1Command::kNtCancel:
      return false;
    default:
      return true;
  }
}

struct Chain {
  Payload payload;
  bool is_interim = false;
};

Chain on_chain(Smb1Connection& connection, Smb1Message& message, Smb1Request& request) {
  Chain chain;
  Smb1Command command = message.header.command;
  std::size_t offset = kSmb1HeaderBytes;
  for (unsigned i = 0; i < kSmb1ChainMax && command != Smb1Command::kNone; ++i) {
    const auto block = parse_smb1_block(message.bytes, command, offset);
    // A command behind bytes that are still to come would be acted on too early; nobody chains so much.
    const bool is_too_early = chain.payload.size > 0;
    if (is_too_early) connection.files().flag_all(!message.header.is_reply, Evasion::kSmbFraming);
    if (!block || is_too_early) {
      connection.malformed(nullptr);
      break;
    }
    chain.is_interim |= is_interim(message.header, *block);
    chain.payload = message.header.is_reply ? on_reply_block(connection, message, *block, request)
                                            : on_request_block(connection, message, *block, request);
    // Going on only forwards: a chain that points back would never end.
    if (block->next_command != Smb1Command::kNone && block->next_offset <= offset) {
      connection.malformed(nullptr);
      break;
    }
    command = block->next_command;
    offset = block->next_offset;
  }
  return chain;
}

}  // namespace

std::size_t smb1_head_bytes(Bytes head, std::uint64_t message_size) {
  if (head.size() <= kFirstWordAt) return bounded(message_size, kFirstWordAt + 1);
  const auto header = parse_smb1_header(head);
  if (!header) return head.size();
  if (is_opaque(*header)) return head.size();
  const auto word_count = std::to_integer<std::size_t>(head[kWordCountAt]);
  const std::size_t data_at = kFirstWordAt + 2 * word_count + 2;
  const bool is_alone = static_cast<Smb1Command>(head[kFirstWordAt]) == Smb1Command::kNone;
  if (word_count > 0 && may_stream_alone(*header) && is_alone) return bounded(message_size, data_at);
  if (word_count > 0 && ends_with_data(*header)) return bounded(message_size, data_at + kDataBlockHeadBytes);
  return bounded(message_size, kHeadBytesMax);
}

Payload on_smb1_message(Smb1Connection& connection, Smb1RawDialogs& raw, Smb1Message message, Direction direction) {
  connection.stats().smb1_messages.add();
  const Smb1Header& header = message.header;
  if (is_opaque(header)) return connection.opaque(message, direction);
  if (Smb1RawDialogs::is_part(header)) return raw.on_message(message);
  Smb1Request request;
  if (header.is_reply) request = connection.take(header);
  const Chain chain = on_chain(connection, message, request);
  if (header.is_reply ? chain.is_interim : has_reply(header)) connection.remember(header, std::move(request));
  return chain.payload;
}

}  // namespace sallyport::smb
