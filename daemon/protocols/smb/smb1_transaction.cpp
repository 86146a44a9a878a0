#include "daemon/protocols/smb/smb1_transaction.h"

#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/smb1_file.h"
#include "daemon/protocols/smb/smb1_rename.h"

namespace sallyport::smb {
namespace {

enum class Subcommand : std::uint16_t { kOpen2 = 0x0000, kSetPathInformation = 0x0006, kSetFileInformation = 0x0008 };
constexpr std::uint16_t kTransactNamedPipe = 0x0026;
constexpr std::uint16_t kNtCreate = 0x0001;
constexpr std::uint16_t kNtIoctl = 0x0002;
/// MS-CIFS 2.2.2.3.4, and the pass-through numbers of MS-SMB 2.2.2.3.5: 1000 more than those of MS-FSCC 2.4.
constexpr std::uint16_t kSetAllocation = 0x0103, kFileAllocation = 1019;
constexpr std::uint16_t kSetEndOfFile = 0x0104, kFileEndOfFile = 1020;
constexpr std::uint16_t kFileRename = 1010;
/// FSCTL_SRV_COPYCHUNK and FSCTL_SRV_COPYCHUNK_WRITE, MS-SMB 2.2.7.2.1.
constexpr std::uint32_t kCopyChunk = 0x001440f2, kCopyChunkWrite = 0x001480f2;

constexpr std::size_t kOpen2NameAt = 28;     // in the parameters of TRANS2_OPEN2
constexpr std::size_t kNtCreateNameAt = 53;  // and of NT_TRANSACT_CREATE
constexpr std::uint64_t kFileEndMax = std::uint64_t{1} << 63;

/// The parameters and data of a transaction, as far as this message has them.
struct Transaction {
  std::uint16_t function = 0;
  Bytes parameters, data;
  std::size_t parameters_at = 0;  ///< from the start of the message: strings are aligned to it
};

Bytes part(Bytes message, std::uint64_t offset, std::uint64_t size) {
  if (offset > message.size()) return {};
  return prefix(message.subspan(static_cast<std::size_t>(offset)), static_cast<std::size_t>(size));
}

std::optional<Transaction> parse_transaction2(const Smb1Message& message, const Smb1Block& block) {
  ByteReader words(block.words);
  words.skip(18);  // totals, largest answers, flags, timeout
  const std::size_t parameter_count = words.u16le();
  Transaction transaction;
  transaction.parameters_at = words.u16le();
  const std::size_t data_count = words.u16le();
  const std::size_t data_at = words.u16le();
  words.skip(2);  // setup count
  transaction.function = words.u16le();
  if (!words.ok()) return std::nullopt;
  transaction.parameters = part(message.bytes, transaction.parameters_at, parameter_count);
  transaction.data = part(message.bytes, data_at, data_count);
  return transaction;
}

std::optional<Transaction> parse_nt_transact(const Smb1Message& message, const Smb1Block& block) {
  ByteReader words(block.words);
  words.skip(19);  // setup count, totals, largest answers
  const std::size_t parameter_count = words.u32le();
  Transaction transaction;
  transaction.parameters_at = words.u32le();
  words.skip(9);  // data, setup count
  transaction.function = words.u16le();
  if (!words.ok()) return std::nullopt;
  transaction.parameters = part(message.bytes, transaction.parameters_at, parameter_count);
  return transaction;
}

std::string name_at(const Smb1Connection& connection, const Smb1Message& message, const Transaction& transaction,
                    std::size_t position) {
  if (message.header.is_unicode) position += (transaction.parameters_at + position) % 2;
  if (position > transaction.parameters.size()) return {};
  return connection.text(message, transaction.parameters.subspan(position));
}

void on_set_size(Smb1Connection& connection, OpenFile& file, const Transaction& transaction, bool only_cuts,
                 Smb1Request& request) {
  const std::uint64_t size = ByteReader(transaction.data).u64le();
  if (transaction.data.size() < 8 || size >= kFileEndMax) return connection.malformed(&file);
  // Of an allocation only that counts which cuts bytes off (MS-FSA 2.1.5.15.1).
  if (only_cuts && size >= file.written_end) return;
  request.size = ask_size(connection.flow().sink, file, size);
}

void on_set_rename(const Smb1Connection& connection, const Smb1Message& message, const OpenFile& file,
                   const Transaction& transaction, Smb1Request& request) {
  ByteReader data(transaction.data);
  data.skip(8);  // replace if exists, root directory
  const std::size_t length = data.u32le();
  const Bytes name = data.take(length);
  if (data.ok()) ask_smb1_rename(file, connection.text(message, name), request);
}

void on_set_information(Smb1Connection& connection, const Smb1Message& message, const Transaction& transaction,
                        Smb1Request& request) {
  connection.stats().set_infos.add();
  ByteReader parameters(transaction.parameters);
  OpenFile* file = nullptr;
  std::uint16_t level = 0;
  if (static_cast<Subcommand>(transaction.function) == Subcommand::kSetFileInformation) {
    const std::uint16_t id = parameters.u16le();
    level = parameters.u16le();
    if (!parameters.ok()) return connection.malformed(nullptr);
    file = &connection.requested_file(message, id);
  } else {
    level = parameters.u16le();
    parameters.skip(4);
    const std::string path = smb1_path(connection, name_at(connection, message, transaction, parameters.position()), 0);
    file = connection.files().find(kSmb1Session, message.header.tree_id, path);
  }
  if (file == nullptr) return;
  if (level == kSetEndOfFile || level == kFileEndOfFile) on_set_size(connection, *file, transaction, false, request);
  if (level == kSetAllocation || level == kFileAllocation) on_set_size(connection, *file, transaction, true, request);
  if (level == kFileRename) on_set_rename(connection, message, *file, transaction, request);
}

std::optional<Smb1OpenReply> parse_open2_reply(Bytes parameters) {
  ByteReader reader(parameters);
  Smb1OpenReply reply;
  reply.id = reader.u16le();
  reader.skip(6);  // attributes, creation time
  reply.end_of_file = reader.u32le();
  reader.skip(2);  // access
  reply.resource = reader.u16le();
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

std::optional<Smb1OpenReply> parse_nt_create_reply(Bytes parameters) {
  ByteReader reader(parameters);
  reader.skip(2);  // oplock level
  Smb1OpenReply reply;
  reply.id = reader.u16le();
  reader.skip(52);  // create action, attributes' error, times, attributes, allocation size
  reply.end_of_file = reader.u64le();
  reply.resource = reader.u16le();
  return reader.ok() ? std::optional(reply) : std::nullopt;
}

Bytes reply_parameters(const Smb1Message& message, const Smb1Block& block) {
  const bool is_nt = block.command == Smb1Command::kNtTransact;
  ByteReader words(block.words);
  words.skip(is_nt ? 11 : 6);  // totals
  const std::uint64_t count = is_nt ? words.u32le() : words.u16le();
  const std::uint64_t at = is_nt ? words.u32le() : words.u16le();
  return words.ok() ? part(message.bytes, at, count) : Bytes{};
}

}  // namespace

void on_smb1_transaction_request(Smb1Connection& connection, const Smb1Block& block) {
  ByteReader words(block.words);
  words.skip(28);
  if (words.u16le() == kTransactNamedPipe) connection.stats().pipe_transceives.add();
}

void on_smb1_transaction2_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                                  Smb1Request& request) {
  const auto transaction = parse_transaction2(message, block);
  if (!transaction) return connection.malformed(nullptr);
  switch (static_cast<Subcommand>(transaction->function)) {
    case Subcommand::kOpen2:
      return begin_smb1_open(connection, message,
                             smb1_path(connection, name_at(connection, message, *transaction, kOpen2NameAt), 0),
                             request);
    case Subcommand::kSetPathInformation:
    case Subcommand::kSetFileInformation:
      return on_set_information(connection, message, *transaction, request);
  }
}

void on_smb1_nt_transact_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                                 Smb1Request& request) {
  const auto transaction = parse_nt_transact(message, block);
  if (!transaction) return connection.malformed(nullptr);
  if (transaction->function == kNtIoctl) {
    ByteReader setup(block.words);
    setup.skip(38);
    const std::uint32_t code = setup.u32le();
    if (code == kCopyChunk || code == kCopyChunkWrite) connection.stats().server_side_copies.add();
  }
  if (transaction->function != kNtCreate) return;
  ByteReader parameters(transaction->parameters);
  parameters.skip(4);  // flags
  const auto root = static_cast<std::uint16_t>(parameters.u32le());
  begin_smb1_open(connection, message,
                  smb1_path(connection, name_at(connection, message, *transaction, kNtCreateNameAt), root), request);
}

void on_smb1_transaction_reply(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                               const Smb1Request& request) {
  OpenFile* const sized = connection.files().find(request.size.file);
  if (request.opened_file != 0) {
    if (message.header.is_error()) return fail_smb1_open(connection, message, request);
    if (block.words.empty()) return;
    const Bytes parameters = reply_parameters(message, block);
    const auto reply =
        block.command == Smb1Command::kNtTransact ? parse_nt_create_reply(parameters) : parse_open2_reply(parameters);
    if (!reply) return connection.malformed(connection.files().find(request.opened_file));
    return end_smb1_open(connection, message, *reply, request);
  }
  if (sized != nullptr && message.header.is_error()) return refuse_size(connection.flow().sink, *sized, request.size);
  if (sized != nullptr && !block.words.empty()) confirm_size(connection.flow().sink, *sized, request.size);
  on_smb1_rename_reply(connection, message, request);
}

}  // namespace sallyport::smb
