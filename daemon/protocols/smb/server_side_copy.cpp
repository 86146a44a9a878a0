#include "daemon/protocols/smb/server_side_copy.h"

#include <algorithm>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kResumeKeyBytes = 24;
constexpr std::size_t kOffloadTokenBytes = 512;
constexpr std::size_t kChunkBytes = 24;

// Keys are the server's own; tokens are of the storage behind it and may be used at another server.
std::string resume_key(const Smb2Connection& connection, Bytes key) {
  return "key|" + connection.files().server() + '|' + std::string(as_text(key));
}
std::string offload_token(Bytes token) {
  return "token|" + std::string(as_text(token));
}

void add_range(Smb2Request& request, std::uint64_t offset, std::uint64_t size) {
  if (size == 0 || offset > (std::uint64_t{1} << 63) - size) return;
  if (!request.copied.empty() && request.copied.back().end == offset) {
    request.copied.back().end = offset + size;
  } else if (request.copied.size() < kCopyRangesMax) {
    request.copied.push_back({offset, offset + size});
  } else {
    // More than is remembered: as much as there can be of it counts as replaced.
    ByteRange& last = request.copied.back();
    last = {std::min(last.begin, offset), std::max(last.end, offset + size)};
  }
}

/// Inside the share of the copy a source goes by its path alone.
std::string seen_from(const OpenFile* copy, std::string source) {
  const std::string share = copy == nullptr ? std::string() : share_prefix(copy->host, copy->share);
  return !share.empty() && source.starts_with(share) ? source.substr(share.size()) : source;
}

void take_source(Smb2Connection& connection, CopySource source, Smb2Request& request) {
  request.name = seen_from(connection.files().find(request.file), std::move(source.path));
  request.is_shifted |= !source.keeps_places;
}

void note_chunks(Smb2Connection& connection, Bytes input, Smb2Request& request) {
  ByteReader reader(input);
  take_source(connection, connection.flow().tables.copy_source(resume_key(connection, reader.take(kResumeKeyBytes))),
              request);
  const std::uint32_t count = reader.u32le();
  reader.skip(4);
  for (std::uint32_t i = 0; i < count && reader.remaining() >= kChunkBytes; ++i) {
    const std::uint64_t from = reader.u64le();
    const std::uint64_t target = reader.u64le();
    request.is_shifted |= from != target;
    add_range(request, target, reader.u32le());
    reader.skip(4);
  }
}

void note_offload_read(Bytes input, Smb2Request& request) {
  ByteReader reader(input);
  reader.skip(16);  // size, flags, time to live
  request.is_shifted = reader.u64le() != 0;
}

void note_offload(Smb2Connection& connection, Bytes input, Smb2Request& request) {
  ByteReader reader(input);
  reader.skip(8);  // size, flags
  const std::uint64_t target = reader.u64le();
  const std::uint64_t length = reader.u64le();
  request.is_shifted = reader.u64le() != target;
  take_source(connection, connection.flow().tables.copy_source(offload_token(reader.take(kOffloadTokenBytes))),
              request);
  if (reader.ok()) add_range(request, target, length);
}

void note_extents(Smb2Connection& connection, Bytes input, Smb2Request& request) {
  ByteReader reader(input);
  if (static_cast<ControlCode>(request.control_code) == ControlCode::kDuplicateExtentsEx) reader.skip(8);
  const std::uint64_t persistent = reader.u64le();
  const FileId source{persistent, reader.u64le()};
  const std::uint64_t from = reader.u64le();
  const std::uint64_t target = reader.u64le();
  const std::uint64_t length = reader.u64le();
  if (!reader.ok()) return;
  add_range(request, target, length);
  take_source(connection, {connection.files().path_of({request.session, source}), from == target}, request);
}

void note_zeros(Bytes input, Smb2Request& request) {
  ByteReader reader(input);
  const std::uint64_t begin = reader.u64le();
  const std::uint64_t end = reader.u64le();
  if (reader.ok() && begin < end) add_range(request, begin, end - begin);
}

void remember_source(Smb2Connection& connection, const Smb2Request& request, Bytes output) {
  const OpenFile* const source = connection.files().find(request.file);
  ByteReader reader(output);
  const bool is_key = static_cast<ControlCode>(request.control_code) == ControlCode::kRequestResumeKey;
  if (!is_key) reader.skip(16);  // size, flags, length
  const Bytes token = reader.take(is_key ? kResumeKeyBytes : kOffloadTokenBytes);
  if (source == nullptr || !reader.ok()) return;
  connection.flow().tables.set_copy_source(is_key ? resume_key(connection, token) : offload_token(token),
                                           {full_path(*source), !request.is_shifted},
                                           connection.stats().evicted_shared);
}

}  // namespace

bool is_about_copies(ControlCode code) {
  switch (code) {
    case ControlCode::kRequestResumeKey:
    case ControlCode::kCopyChunk:
    case ControlCode::kCopyChunkWrite:
    case ControlCode::kOffloadRead:
    case ControlCode::kOffloadWrite:
    case ControlCode::kSetZeroData:
    case ControlCode::kDuplicateExtents:
    case ControlCode::kDuplicateExtentsEx:
      return true;
    case ControlCode::kPipeTransceive:
    case ControlCode::kRequestResiliency:
    case ControlCode::kQueryInterfaces:
      break;
  }
  return false;
}

void note_copy_request(Smb2Connection& connection, ControlCode code, Bytes input, Smb2Request& request) {
  switch (code) {
    case ControlCode::kCopyChunk:
    case ControlCode::kCopyChunkWrite:
      return note_chunks(connection, input, request);
    case ControlCode::kOffloadRead:
      return note_offload_read(input, request);
    case ControlCode::kOffloadWrite:
      return note_offload(connection, input, request);
    case ControlCode::kDuplicateExtents:
    case ControlCode::kDuplicateExtentsEx:
      return note_extents(connection, input, request);
    case ControlCode::kSetZeroData:
      return note_zeros(input, request);
    default:
      return;
  }
}

void on_copy_reply(Smb2Connection& connection, const Smb2Request& request, Bytes output, Timestamp time) {
  const auto code = static_cast<ControlCode>(request.control_code);
  if (code == ControlCode::kRequestResumeKey || code == ControlCode::kOffloadRead) {
    return remember_source(connection, request, output);
  }
  OpenFile* const file = connection.files().find(request.file);
  if (file == nullptr) return;
  if (code != ControlCode::kSetZeroData) connection.stats().server_side_copies.add();
  connection.files().fill_unseen(*file, request.copied, {request.name, !request.is_shifted}, time);
}

}  // namespace sallyport::smb
