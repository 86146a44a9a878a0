#include "daemon/protocols/smb/smb1_rename.h"

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/smb1_file.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kStringFormatBytes = 1;
constexpr std::uint16_t kRenameFile = 0x104;  // NT_RENAME InformationLevel; others make links

}  // namespace

void ask_smb1_rename(const OpenFile& file, const std::string& name, Smb1Request& request) {
  request.renamed_file = file.handle;
  const std::size_t slash = file.path.find_last_of('\\');
  const bool is_in_folder = name.find('\\') == std::string::npos && slash != std::string::npos;
  request.new_path = is_in_folder ? file.path.substr(0, slash + 1) + name : name;
  request.new_path.erase(0, request.new_path.find_first_not_of('\\'));
}

void on_smb1_rename_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                            Smb1Request& request) {
  if (block.command == Smb1Command::kNtRename) {
    ByteReader words(block.words);
    words.skip(2);  // attributes
    if (words.u16le() != kRenameFile) return;
  }
  const bool is_unicode = message.header.is_unicode;
  const std::string old_path = smb1_path(connection, connection.aligned_text(message, block, kStringFormatBytes), 0);
  std::size_t position = kStringFormatBytes;
  if (is_unicode) position += (block.bytes_at + position) % 2;
  position = end_of_smb1_text(block.bytes, position, is_unicode) + kStringFormatBytes;
  const std::string new_path = connection.aligned_text(message, block, position);
  const OpenFile* const file = connection.files().find(kSmb1Session, message.header.tree_id, old_path);
  if (file != nullptr && !new_path.empty()) ask_smb1_rename(*file, '\\' + new_path, request);
}

void on_smb1_rename_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request) {
  OpenFile* const file = connection.files().find(request.renamed_file);
  if (file == nullptr || request.new_path.empty() || message.header.is_error()) return;
  connection.files().rename(*file, request.new_path, message.time);
}

}  // namespace sallyport::smb
