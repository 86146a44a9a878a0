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

std::string hex(std::uint64_t value) {
  std::array<char, 16> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
  return {text.data(), end};
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
  return files_.emplace_hint(files_.end(), file.handle, std::move(file))->second;
}

OpenFile* OpenFiles::find(std::uint64_t handle) {
  const auto found = files_.find(handle);
  return found == files_.end() ? nullptr : &found->second;
}

OpenFile* OpenFiles::find(const FileKey& key) {
  const auto found = handles_.find(key);
  return found == handles_.end() ? nullptr : find(found->second);
}

void OpenFiles::set_id(OpenFile& file, const FileId& id, Timestamp time) {
  const FileKey key{file.session, id};
  if (OpenFile* const before = find(key); before != nullptr && before->handle != file.handle) {
    if (!before->is_adopted) {
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
  if (found->second.id) {
    const auto entry = handles_.find(FileKey{found->second.session, *found->second.id});
    if (entry != handles_.end() && entry->second == handle) handles_.erase(entry);
  }
  files_.erase(found);
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

ObjectIdentity OpenFiles::identity(const OpenFile& file, bool upload) const {
  const char* const side = upload ? "|w" : "|r";
  if (file.protocol == Protocol::kSmb1) {
    return {"smb1|" + hex(flow_.flow.id.value) + '|' + hex(file.handle) + side, false};
  }
  if (!file.id) return {"smb2|flow " + hex(flow_.flow.id.value) + "|message " + hex(file.message_id) + side, false};
  const std::string server = server_.empty() ? flow_.smb_server().address.to_string() : server_;
  return {"smb2|" + server + '|' + hex(file.session) + '|' + hex(file.id->persistent) + '.' +
              hex(file.id->volatile_part) + side,
          spans_flows(file)};
}

bool OpenFiles::spans_flows(const OpenFile& file) const {
  return file.protocol == Protocol::kSmb2 && file.id && (multichannel_ || file.is_adopted);
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
  if (!upload && !file.is_pipe) facts.declared_size = file.end_of_file;
  return facts;
}

FileSide& OpenFiles::begin(OpenFile& file, bool upload, Timestamp time) {
  FileSide& side = file.side(upload);
  // Another flow may have closed the file, and the server may have given its id to another one since.
  if (side.transfer && (side.is_private || !spans_flows(file))) return side;
  const BegunTransfer begun = flow_.sink.begin(identity(file, upload), facts(file, upload), flow_.flow.id, time);
  if (side.transfer == begun.id) return side;
  side = {begun.id, begun.interest, 0, 0, !file.id};
  if (upload && file.size_set) flow_.sink.resize(side.transfer, *file.size_set);
  if (flagged_[upload] != 0) flow_.sink.flag(side.transfer, flagged_[upload]);
  const auto& loss = lost_[upload];
  if (loss && (file.is_adopted || file.handle <= loss->last_handle)) tell_loss(file, upload, loss->reason);
  if (file.is_close_refused) flow_.sink.flag(side.transfer, bit(Evasion::kSmbFraming));
  return side;
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

void OpenFiles::update(OpenFile& file) {
  for (const bool upload : {true, false}) {
    if (const FileSide& side = file.side(upload); side.transfer) flow_.sink.update(side.transfer, facts(file, upload));
  }
}

void OpenFiles::end(OpenFile& file, bool upload, EndReason reason, std::optional<NotInspected> why, Timestamp time) {
  FileSide& side = file.side(upload);
  if (reason == EndReason::kComplete && spans_flows(file) && !side.is_private) {
    // Its bytes may have come on other flows alone; they know neither its name nor its end.
    ObjectIdentity running = identity(file, upload);
    running.join_only = true;
    side.transfer = flow_.sink.begin(running, facts(file, upload), flow_.flow.id, time).id;
  }
  if (side.transfer) flow_.sink.end(side.transfer, reason, why, flow_.flow.id, time);
  side = {};
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
}

void OpenFiles::close_tree(std::uint64_t session, std::optional<std::uint32_t> tree, Timestamp time) {
  for (auto next = files_.begin(); next != files_.end();) {
    OpenFile& file = (next++)->second;
    if (file.session != session || (tree && file.tree != *tree)) continue;
    end(file, true, EndReason::kComplete, std::nullopt, time);
    end(file, false, EndReason::kComplete, std::nullopt, time);
    remove(file.handle);
  }
}

void OpenFiles::flag(OpenFile& file, Evasion evasion) {
  for (const bool upload : {true, false}) {
    if (const FileSide& side = file.side(upload); side.transfer) flow_.sink.flag(side.transfer, bit(evasion));
  }
}

void OpenFiles::messages_lost(bool upload, NotInspected reason) {
  lost_[upload] = Loss{reason, last_handle_};
  for (auto& [handle, file] : files_) {
    if (file.side(upload).transfer) tell_loss(file, upload, reason);
  }
}

void OpenFiles::tell_loss(OpenFile& file, bool upload, NotInspected reason) {
  const FileSide& side = file.side(upload);
  const bool size_known = upload ? file.size_set.has_value() : file.end_of_file.has_value();
  if (size_known) return;
  const std::uint64_t end = file.appends ? side.appended : upload ? file.written_end : side.contiguous;
  flow_.sink.hole(side.transfer, end, 0, reason);
}

void OpenFiles::flag_all(bool upload, Evasion evasion) {
  if (flagged_[upload] & bit(evasion)) return;
  flagged_[upload] |= bit(evasion);
  for (auto& [handle, file] : files_) {
    if (const FileSide& side = file.side(upload); side.transfer) flow_.sink.flag(side.transfer, bit(evasion));
  }
}

}  // namespace sallyport::smb
