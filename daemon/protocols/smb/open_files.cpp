#include "daemon/protocols/smb/open_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sallyport::smb {
namespace {

/// Files end before it: offsets are signed (MS-FSA 2.1.5.3). Nothing beyond may reach the sink, where it would wrap
/// around.
constexpr std::uint64_t kFileEndMax = std::uint64_t{1} << 63;
/// OpenFile::copied of what is not one file at its places.
constexpr std::uint64_t kMixedCopy = ~std::uint64_t{0};

std::string hex(std::uint64_t value) {
  std::array<char, 16> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
  return {text.data(), end};
}

/// Servers find a path whatever its case.
std::string writer_key(const OpenFile& file) {
  std::string key = hex(file.session) + '|' + hex(file.tree) + '|' + file.path;
  std::transform(key.begin(), key.end(), key.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  return key;
}

std::string last_segment(const std::string& path) {
  const std::size_t slash = path.find_last_of('\\');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

std::size_t OpenFiles::KeyHash::operator()(const FileKey& key) const noexcept {
  // Multipliers of splitmix64; ids of one server differ in few bits.
  std::uint64_t mixed = key.session * 0x9e3779b97f4a7c15U;
  mixed = (mixed ^ key.id.persistent) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ mixed >> 31 ^ key.id.volatile_part) * 0x94d049bb133111ebU;
  return mixed ^ mixed >> 32;
}

OpenFile& OpenFiles::add(OpenFile file, Timestamp time) {
  while (!files_.empty() && files_.size() >= flow_.config.open_files_max) evict_oldest(time);
  file.handle = ++last_handle_;
  file.names_bytes = 0;
  OpenFile& added = files_.emplace_hint(files_.end(), file.handle, std::move(file))->second;
  count_names(added);
  return added;
}

void OpenFiles::count_names(OpenFile& file) {
  const std::size_t now = file.identity.size() + file.host.size() + file.share.size() + file.user.size() +
                          file.path.size() + file.source.size() + file.create_guid.size() + 2 * file.writer_key.size();
  names_bytes_ += now - file.names_bytes;
  file.names_bytes = now;
}

OpenFile* OpenFiles::find(std::uint64_t handle) {
  const auto found = files_.find(handle);
  return found == files_.end() ? nullptr : &found->second;
}

OpenFile* OpenFiles::find(const FileKey& key) {
  const auto found = handles_.find(key);
  return found == handles_.end() ? nullptr : find(found->second);
}

OpenFile* OpenFiles::find(std::uint64_t session, std::uint32_t tree, std::string_view path) {
  const auto found = std::find_if(files_.rbegin(), files_.rend(), [&](const auto& entry) {
    return entry.second.session == session && entry.second.tree == tree && entry.second.path == path;
  });
  return found == files_.rend() ? nullptr : &found->second;
}

void OpenFiles::set_id(OpenFile& file, const FileId& id, Timestamp time) {
  const FileKey key{file.session, id};
  if (OpenFile* const before = find(key); before != nullptr && before->handle != file.handle) {
    if (!spans_flows(*before) || !before->is_adopted) {
      end(*before, true, EndReason::kPartDone, std::nullopt, time);
      end(*before, false, EndReason::kPartDone, std::nullopt, time);
    }
    remove(before->handle);
  }
  file.id = id;
  handles_[key] = file.handle;
}

void OpenFiles::remove(std::uint64_t handle) {
  const auto found = files_.find(handle);
  if (found == files_.end()) return;
  const auto writer = writers_.find(found->second.writer_key);
  if (writer != writers_.end() && writer->second == handle) writers_.erase(writer);
  if (found->second.id) {
    const auto entry = handles_.find(FileKey{found->second.session, *found->second.id});
    if (entry != handles_.end() && entry->second == handle) handles_.erase(entry);
  }
  const auto transactions = files_.find(found->second.transactions);
  for (const auto& gone : {found, transactions}) {
    if (gone == files_.end()) continue;
    names_bytes_ -= gone->second.names_bytes;
    files_.erase(gone);
  }
}

OpenFile& OpenFiles::transactions(OpenFile& file, Timestamp time) {
  if (OpenFile* const known = find(file.transactions)) return *known;
  const std::uint64_t handle = file.handle;
  OpenFile pipe = file;
  pipe.id.reset();
  pipe.identity = (file.identity.empty() ? new_identity(file) : file.identity) + "|transactions of flow " +
                  hex(flow_.flow.id.value);
  pipe.is_pipe = pipe.appends = true;
  pipe.is_adopted = false;
  pipe.read = pipe.write = {};
  OpenFile& added = add(std::move(pipe), time);
  if (OpenFile* const owner = find(handle)) owner->transactions = added.handle;
  return added;
}

void OpenFiles::evict_oldest(Timestamp time) {
  OpenFile& file = files_.begin()->second;
  flow_.stats.evicted_files.add();
  for (const bool upload : {true, false}) {
    const FileSide& side = file.side(upload);
    if (side.transfer) end(file, upload, EndReason::kPartDone, NotInspected::kOverBudget, time);
  }
  remove(file.handle);
}

void OpenFiles::set_server(const std::string& guid, bool multichannel) {
  guid_ = guid;
  multichannel_ = multichannel;
  flow_.tables.set_server(flow_.smb_server().to_string(), guid, flow_.stats.evicted_shared);
}

std::string OpenFiles::server() const {
  return guid_.empty() ? flow_.tables.server_at(flow_.smb_server().to_string()) : guid_;
}

std::string OpenFiles::new_identity(const OpenFile& file) const {
  const std::string flow = hex(flow_.flow.id.value);
  if (file.protocol == Protocol::kSmb1) return "smb1|" + flow + '|' + hex(file.handle);
  if (!file.id) return "smb2|flow " + flow + "|message " + hex(file.message_id);
  return "smb2|" + server() + '|' + hex(file.session) + '|' + hex(file.id->persistent) + '.' +
         hex(file.id->volatile_part);
}

ObjectIdentity OpenFiles::identity(OpenFile& file, bool upload) const {
  if (file.identity.empty()) file.identity = new_identity(file);
  const std::string place = file.appends && file.id ? "|flow " + hex(flow_.flow.id.value) : std::string();
  ObjectIdentity identity{file.identity + place + (upload ? "|w" : "|r"), spans_flows(file)};
  identity.resumable = file.is_durable;
  identity.search_inside = !file.is_pipe;
  // Other servers may have the same ids: what does not fit is another reading, not a file that was rewritten.
  identity.pieces_agree = file.is_matched;
  return identity;
}

bool OpenFiles::spans_flows(const OpenFile& file) const {
  // Where bytes have no offsets, those of several flows cannot be put in order.
  if (file.protocol != Protocol::kSmb2 || file.appends) return false;
  return multichannel_ || file.is_adopted || file.asks_for_durable || file.is_durable;
}

TransferFacts OpenFiles::facts(const OpenFile& file, bool upload) const {
  TransferFacts facts;
  facts.protocol = file.protocol;
  facts.sender = upload ? flow_.smb_client() : flow_.smb_server();
  facts.receiver = upload ? flow_.smb_server() : flow_.smb_client();
  facts.upload = upload;
  facts.first_flow = flow_.flow.id;
  facts.method = upload ? "WRITE" : "READ";
  facts.host = file.host;
  facts.path = file.path;
  facts.file_name = last_segment(file.path);
  facts.share = file.share;
  facts.user = file.user;
  facts.is_pipe = file.is_pipe;
  if (upload) facts.source = file.source;
  if (!upload && !file.is_pipe) facts.declared_size = file.end_of_file;
  return facts;
}

FileSide& OpenFiles::begin(OpenFile& file, bool upload, Timestamp time) {
  FileSide& side = file.side(upload);
  // Another flow may have closed the file, and the server may have given its id to another one since.
  if (side.transfer && !spans_flows(file)) return side;
  if (file.is_adopted && file.path.empty()) learn(file);
  const BegunTransfer begun = flow_.sink.begin(identity(file, upload), facts(file, upload), flow_.flow.id, time);
  if (side.transfer == begun.id) return side;
  side = {begun.id, begun.interest, 0, 0};
  if (upload) note_writer(file);
  if (upload && !begun.joined && file.size_floor > 0) flow_.sink.resize(side.transfer, file.size_floor);
  if (file.is_unplaced || may_lack_bytes(file, upload)) {
    flow_.sink.hole(side.transfer, 0, 0, lost_[upload].value_or(NotInspected::kGap));
  }
  if (flagged_[upload] != 0) flow_.sink.flag(side.transfer, flagged_[upload]);
  if (file.is_close_refused) flow_.sink.flag(side.transfer, bit(Evasion::kSmbFraming));
  return side;
}

// The bytes of a file to which two handles write lie in two transfers; neither is all of it.
void OpenFiles::note_writer(OpenFile& file) {
  if (file.path.empty() || file.appends) return;
  file.writer_key = writer_key(file);
  count_names(file);
  std::uint64_t& last = writers_[file.writer_key];
  OpenFile* const other = find(std::exchange(last, file.handle));
  if (other == nullptr || other->handle == file.handle) return;
  other->has_rival = file.has_rival = true;
}

TransferId OpenFiles::running(OpenFile& file, bool upload, Timestamp time) {
  FileSide& side = file.side(upload);
  if (!spans_flows(file) || file.identity.empty()) return side.transfer;
  ObjectIdentity wanted = identity(file, upload);
  wanted.join_only = true;
  const BegunTransfer joined = flow_.sink.begin(wanted, facts(file, upload), flow_.flow.id, time);
  if (side.transfer != joined.id) side = {joined.id, joined.interest, 0, 0};
  return side.transfer;
}

Payload OpenFiles::payload(OpenFile& file, bool upload, std::uint64_t offset, std::uint64_t size, std::uint64_t at,
                           Timestamp time) {
  if (size == 0) return {};
  FileSide& side = begin(file, upload, time);
  if (!file.appends && offset > kFileEndMax - size) {
    offset = side.contiguous;
    flow_.sink.flag(side.transfer, bit(Evasion::kSmbFraming));
  }
  if (file.appends) offset = std::exchange(side.appended, side.appended + size);
  if (offset <= side.contiguous) side.contiguous = std::max(side.contiguous, offset + size);
  return {side.transfer, side.interest, offset, size, at, true};
}

void OpenFiles::update(OpenFile& file, Timestamp time) {
  if (spans_flows(file)) learn(file);
  for (const bool upload : {true, false}) {
    if (const TransferId id = running(file, upload, time)) flow_.sink.update(id, facts(file, upload));
  }
}

void OpenFiles::resize(OpenFile& file, std::uint64_t size, Timestamp time) {
  learn(file);
  file.size_floor = size;
  publish(file);
  if (const TransferId id = running(file, true, time)) flow_.sink.resize(id, size);
}

// Never shorter: what was written beyond has left all the same.
void OpenFiles::tell_size(OpenFile& file, std::uint64_t size, Timestamp time) {
  const TransferId id = size > file.written_end && !file.appends ? running(file, true, time) : TransferId{};
  if (!id) return;
  TransferFacts told = facts(file, true);
  told.declared_size = size;
  flow_.sink.update(id, told);
}

void OpenFiles::keep(OpenFile& file, std::uint64_t size) {
  file.size_floor = std::min(size, kFileEndMax);
  if (file.write.transfer && size > file.written_end) flow_.sink.resize(file.write.transfer, file.size_floor);
}

void OpenFiles::fill_unseen(OpenFile& file, const std::vector<ByteRange>& ranges, const CopySource& source,
                            Timestamp time) {
  if (ranges.empty()) return;
  const bool is_first = file.source.empty() && file.written_end == 0;
  if (!source.keeps_places || !(is_first || file.source == source.path)) file.copied = kMixedCopy;
  file.source = source.path;
  count_names(file);
  const TransferId id = begin(file, true, time).transfer;
  if (!source.path.empty()) flow_.sink.update(id, facts(file, true));
  for (const ByteRange& range : ranges) {
    flow_.sink.hole(id, range.begin, range.size(), NotInspected::kNoBytes);
    note_written(file, range.end);
    if (range.begin <= file.copied) file.copied = std::max(file.copied, range.end);
  }
}

// Its size is declared only where all of it is the beginning of its source, or the source.
void OpenFiles::tell_copy(OpenFile& file) {
  if (file.source.empty() || file.copied != std::max(file.written_end, file.size_floor)) return;
  TransferFacts told = facts(file, true);
  told.declared_size = file.copied;
  flow_.sink.update(file.write.transfer, told);
}

void OpenFiles::end(OpenFile& file, bool upload, EndReason reason, std::optional<NotInspected> why, Timestamp time) {
  FileSide& side = file.side(upload);
  // Its bytes may have come on other flows alone; they know neither its name nor its end.
  if (reason == EndReason::kComplete) running(file, upload, time);
  if (reason == EndReason::kComplete && upload && side.transfer && (file.has_rival || is_elsewhere(file))) {
    flow_.sink.hole(side.transfer, file.written_end, 0, NotInspected::kGap);
  }
  if (side.transfer && upload && reason == EndReason::kComplete) tell_copy(file);
  if (side.transfer) flow_.sink.end(side.transfer, reason, why, flow_.flow.id, time);
  side = {};
  if (OpenFile* const transactions = find(file.transactions)) end(*transactions, upload, reason, why, time);
}

void OpenFiles::end_all(EndReason reason, std::optional<NotInspected> why, Timestamp time) {
  for (auto& [handle, file] : files_) {
    end(file, true, reason, why, time);
    // The size was told at the opening: a file that was read to its end is whole, closed or not.
    const bool is_whole = reason == EndReason::kConnectionClosed && file.read.transfer && file.end_of_file &&
                          file.read.contiguous >= *file.end_of_file;
    end(file, false, is_whole ? EndReason::kComplete : reason, why, time);
  }
  files_.clear();
  handles_.clear();
  writers_.clear();
  names_bytes_ = 0;
}

void OpenFiles::close_tree(std::uint64_t session, std::optional<std::uint32_t> tree, Timestamp time) {
  std::vector<std::uint64_t> handles;
  for (const auto& [handle, file] : files_) {
    if (file.session == session && (!tree || file.tree == *tree)) handles.push_back(handle);
  }
  for (const std::uint64_t handle : handles) {
    OpenFile* const file = find(handle);
    if (file == nullptr) continue;  // it went with the pipe whose transactions it held
    end(*file, true, EndReason::kComplete, std::nullopt, time);
    end(*file, false, EndReason::kComplete, std::nullopt, time);
    closed(*file);
    remove(handle);
  }
}

void OpenFiles::flag(OpenFile& file, Evasion evasion) {
  for (const bool upload : {true, false}) {
    if (const FileSide& side = file.side(upload); side.transfer) flow_.sink.flag(side.transfer, bit(evasion));
  }
}

void OpenFiles::messages_lost(bool upload, NotInspected reason) {
  lost_[upload] = reason;
  for (auto& [handle, file] : files_) {
    file.lacks_messages[upload] = true;
    const FileSide& side = file.side(upload);
    if (!side.transfer || !may_lack_bytes(file, upload)) continue;
    const std::uint64_t end = file.appends ? side.appended : upload ? file.written_end : side.contiguous;
    flow_.sink.hole(side.transfer, end, 0, reason);
  }
}

// A lost WRITE may have gone anywhere, beyond the end or over what was seen; a lost READ reply was a part of the known
// size.
bool OpenFiles::may_lack_bytes(const OpenFile& file, bool upload) const {
  if (!upload && file.end_of_file) return false;
  return file.lacks_messages[upload] || (file.is_adopted && lost_[upload]);
}

void OpenFiles::flag_all(bool upload, Evasion evasion) {
  if (flagged_[upload] & bit(evasion)) return;
  flagged_[upload] |= bit(evasion);
  for (auto& [handle, file] : files_) {
    if (const FileSide& side = file.side(upload); side.transfer) flow_.sink.flag(side.transfer, bit(evasion));
  }
}

}  // namespace sallyport::smb
