#include "daemon/cli/object_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/base/write_whole.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kFileNameBytesMax = 120;
constexpr int kNumberDigits = 6;

std::string name_of(const TransferFacts& facts) {
  if (!facts.file_name.empty()) return facts.file_name;
  return facts.path;
}

nlohmann::ordered_json ranges_of(const std::vector<ByteRange>& ranges) {
  auto list = nlohmann::ordered_json::array();
  for (const ByteRange& range : ranges) list.push_back({range.begin, range.end});
  return list;
}

std::string line_of(const std::string& pcap, const Transfer& transfer, const std::string& file) {
  const TransferFacts& facts = transfer.facts;
  nlohmann::ordered_json line{{"pcap", pcap},
                              {"protocol", to_string(facts.protocol)},
                              {"sender", facts.sender.to_string()},
                              {"receiver", facts.receiver.to_string()},
                              {"name", name_of(facts)},
                              {"path", facts.path},
                              {"size", transfer.size},
                              {"sha256", transfer.sha256 ? nlohmann::ordered_json(to_hex(*transfer.sha256)) : nullptr},
                              {"complete", transfer.complete},
                              {"missing_bytes", transfer.account.missing_bytes},
                              {"content", to_string(transfer.content)}};
  if (!facts.host.empty()) line["host"] = facts.host;
  if (!facts.inside.empty()) line["inside"] = facts.inside;
  if (!facts.source.empty()) line["source"] = facts.source;
  if (!facts.alpn.empty()) line["alpn"] = facts.alpn;
  for (const Parties& parties : transfer.other_parties) {
    line["other_parties"].push_back(
        {{"sender", parties.sender.to_string()}, {"receiver", parties.receiver.to_string()}});
  }
  if (facts.is_pipe) line["pipe"] = true;
  if (!transfer.account.missing.empty()) line["missing"] = ranges_of(transfer.account.missing);
  if (transfer.not_inspected) line["not_inspected"] = to_string(*transfer.not_inspected);
  if (transfer.evasions != 0) line["evasions"] = to_strings(transfer.evasions);
  if (!file.empty()) line["file"] = file;
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string name_in(const std::string& path) {
  const std::string last = path.substr(path.rfind(':') + 1);
  return last.substr(last.rfind('/') + 1);
}

/// An image inside an object, or what there was not looked at.
std::string line_of_part(const std::string& pcap, const Transfer& outer, const Part& part) {
  const TransferFacts& facts = outer.facts;
  nlohmann::ordered_json line{{"pcap", pcap},
                              {"protocol", to_string(facts.protocol)},
                              {"sender", facts.sender.to_string()},
                              {"receiver", facts.receiver.to_string()},
                              {"name", name_in(part.path)},
                              {"path", facts.path},
                              {"size", part.size},
                              {"sha256", part.sha256 ? nlohmann::ordered_json(to_hex(*part.sha256)) : nullptr},
                              {"complete", part.sha256.has_value()},
                              {"content", to_string(part.format)},
                              {"inside", facts.inside.empty() ? part.path : facts.inside + '/' + part.path},
                              {"container", to_hex(*outer.sha256)}};
  if (part.not_inspected) line["not_inspected"] = to_string(*part.not_inspected);
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

Status write_file(const std::string& path, Bytes bytes) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("cannot write " + path);
  return write_whole(fd.get(), bytes) ? Status{} : fail_errno("cannot write " + path);
}

}  // namespace

std::string safe_file_name(const std::string& name) {
  const std::size_t slash = name.find_last_of("/\\");
  std::string safe = name.substr(slash == std::string::npos ? 0 : slash + 1).substr(0, kFileNameBytesMax);
  std::replace_if(
      safe.begin(), safe.end(),
      [](unsigned char c) { return c <= ' ' || c >= 0x7f || c == '?' || c == '*' || c == ':'; }, '_');
  if (safe.empty() || safe.front() == '.') safe.insert(safe.begin(), '_');
  return safe;
}

Result<ObjectFolder> ObjectFolder::open(const std::string& folder) {
  if (folder.empty()) return ObjectFolder("", stdout);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(ErrorCode::kInvalidArgument, "cannot make the folder " + folder + ": " + error.message());
  const std::string path = folder + "/index.jsonl";
  std::FILE* const index = std::fopen(path.c_str(), "we");
  if (index == nullptr) return fail_errno("cannot write " + path);
  return ObjectFolder(folder, index);
}

ObjectFolder::ObjectFolder(ObjectFolder&& other) noexcept
    : folder_(std::move(other.folder_)),
      index_(std::exchange(other.index_, nullptr)),
      pcap_(std::move(other.pcap_)),
      unpack_(std::move(other.unpack_)),
      objects_(other.objects_),
      status_(std::move(other.status_)) {}

ObjectFolder::~ObjectFolder() {
  if (index_ != nullptr && index_ != stdout) std::fclose(index_);
}

Interest ObjectFolder::on_begin(const Transfer& transfer) {
  if (transfer.facts.opaque) return Interest::kAccount;
  return folder_.empty() && !unpacks(transfer) ? Interest::kDigest : Interest::kContent;
}

bool ObjectFolder::unpacks(const Transfer& transfer) const {
  const ContentType type = transfer.content;
  // What begins like nothing known can still be an archive: readers of ZIP look at the end, those of ISO 9660 further
  // in.
  return unpack_ && (type == ContentType::kUnknown || type == ContentType::kOther || may_hold_images(type));
}

void ObjectFolder::on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) {
  if (transfer.composed || (transfer.size == 0 && !transfer.not_inspected)) return;
  ++objects_;
  const std::string file = bytes && !folder_.empty() ? write_object(transfer, bytes->bytes()) : "";
  Findings findings;
  if (bytes && transfer.complete && transfer.sha256 && unpacks(transfer)) findings = unpack_(std::move(bytes));
  drop_told(findings, transfer.told_inside);
  Transfer told = transfer;
  told.evasions |= findings.evasions;
  write_line(line_of(pcap_, told, file));
  if (transfer.sha256) write_parts(transfer, findings);
}

void ObjectFolder::write_parts(const Transfer& transfer, const Findings& findings) {
  bool reason_told = !findings.not_inspected;
  for (const Part& part : findings.parts) {
    write_line(line_of_part(pcap_, transfer, part));
    reason_told = reason_told || part.not_inspected == findings.not_inspected;
  }
  if (reason_told) return;
  Part rest;  // of the object, that no line above speaks of
  rest.path = to_string(findings.format == ContentType::kUnknown ? transfer.content : findings.format);
  rest.not_inspected = findings.not_inspected;
  write_line(line_of_part(pcap_, transfer, rest));
}

void ObjectFolder::write_line(const std::string& line) {
  if (std::fwrite(line.data(), 1, line.size(), index_) != line.size() || std::fflush(index_) != 0) {
    note(fail_errno("cannot write the index"));
  }
}

std::string ObjectFolder::write_object(const Transfer& transfer, Bytes bytes) {
  std::string number = std::to_string(objects_);
  number.insert(0, static_cast<std::size_t>(std::max(0, kNumberDigits - static_cast<int>(number.size()))), '0');
  const std::string file = number + '-' + safe_file_name(name_of(transfer.facts));
  note(write_file(folder_ + '/' + file, bytes));
  return file;
}

void ObjectFolder::note(Status status) {
  if (status_ && !status) status_ = std::move(status);
}

}  // namespace sallyport::cli
