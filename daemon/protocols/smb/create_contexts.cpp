#include "daemon/protocols/smb/create_contexts.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

/// Contexts looked at in one CREATE; the specification knows about a dozen.
constexpr unsigned kContextsMax = 32;
constexpr std::size_t kGuidBytes = 16;

FileId file_id(ByteReader& reader) {
  const std::uint64_t persistent = reader.u64le();
  return {persistent, reader.u64le()};
}

// MS-SMB2 2.2.13.2.3, .4, .11, .12; replies have DHnQ and DH2Q with other data (2.2.14.2.3, 2.2.14.2.12).
void take_context(CreateContexts& known, std::string_view name, Bytes data) {
  ByteReader reader(data);
  if (name == "DHnQ") known.is_durable = true;
  if (name == "DHnC") known.reconnects = file_id(reader);
  if (name == "DH2Q") {
    known.is_durable = true;
    reader.skip(16);  // timeout, flags, reserved
    known.create_guid = as_text(reader.take(kGuidBytes));
  }
  if (name == "DH2C") {
    known.reconnects = file_id(reader);
    known.create_guid = as_text(reader.take(kGuidBytes));
  }
}

}  // namespace

CreateContexts parse_create_contexts(Bytes contexts) {
  CreateContexts known;
  for (unsigned i = 0; i < kContextsMax; ++i) {
    ByteReader reader(contexts);
    const std::uint32_t next = reader.u32le();
    const std::size_t name_offset = reader.u16le();
    const std::size_t name_length = reader.u16le();
    reader.skip(2);
    const std::size_t data_offset = reader.u16le();
    const std::size_t data_length = reader.u32le();
    reader.seek(name_offset);
    const Bytes name = reader.take(name_length);
    if (!reader.ok()) break;
    if (data_length > 0) reader.seek(data_offset);
    take_context(known, as_text(name), reader.take(data_length));
    if (next == 0 || next > contexts.size()) break;
    contexts = contexts.subspan(next);
  }
  return known;
}

}  // namespace sallyport::smb
