// Seam 3 as a text log and as whole objects, for protocol tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/contract/transfer_sink.h"

namespace sallyport::test {

/// Assembles what a protocol parser hands over. log() tells begin, update, hole, resize, flag and end in order; chunks
/// appear only as object(): how bytes were cut does not change the log.
class RecordingTransferSink : public TransferSink {
 public:
  struct Object {
    ObjectIdentity identity;
    TransferFacts facts;
    std::string bytes;
    std::uint64_t passed = 0;
    EvasionSet evasions = 0;
    bool ended = false;
    bool composed = false;
    EndReason reason = EndReason::kComplete;
    std::optional<NotInspected> not_inspected;
  };

  /// What begin() answers.
  Interest interest = Interest::kContent;

  BegunTransfer begin(const ObjectIdentity& identity, const TransferFacts& facts, FlowId, Timestamp) override {
    for (auto& [id, object] : objects_) {
      if (!identity.spans_flows || object.identity.key != identity.key || object.ended) continue;
      object.identity.resumable |= identity.resumable;
      return {TransferId{id}, interest, true};
    }
    if (identity.join_only) return {};
    const std::uint64_t id = ++last_id_;
    objects_[id] = Object{identity, facts, {}, 0, 0, false, false, EndReason::kComplete, std::nullopt};
    line(id, "begin " + std::string(to_string(facts.protocol)) + (facts.upload ? " upload " : " download ") +
                 facts.method + " host=" + facts.host + " path=" + facts.path + " name=" + facts.file_name + " share=" +
                 facts.share + (facts.is_pipe ? " pipe" : "") + (facts.alpn.empty() ? "" : " alpn=" + facts.alpn) +
                 (facts.opaque ? " opaque=" + std::string(to_string(*facts.opaque)) : ""));
    return {TransferId{id}, interest};
  }
  /// Takes the parts' bytes wherever they are, ended or not; composed ones are marked.
  BegunTransfer compose(const ObjectIdentity& identity, const TransferFacts& facts, const Composition& parts,
                        FlowId flow, Timestamp time) override {
    const BegunTransfer begun = begin(identity, facts, flow, time);
    const std::uint64_t offset = parts.offset.value_or(objects_[begun.id.value].bytes.size());
    std::string text = (parts.offset ? "compose at " + std::to_string(offset) : "compose behind") + " from";
    std::string bytes;
    for (std::size_t i = 0; i < parts.parts.size(); ++i) {
      const bool is_tagged = i < parts.etags.size() && !parts.etags[i].empty();
      text += " [" + parts.parts[i] + (is_tagged ? " " + parts.etags[i] : "") + "]";
      bytes += take_part(parts.parts[i]);
    }
    if (!begun.id) return begun;
    line(begun.id.value, text);
    chunk(begun.id, offset, as_byte_span(bytes), flow, time);
    return begun;
  }
  TransferId rekey(TransferId id, const ObjectIdentity& identity, FlowId, Timestamp) override {
    if (!alive(id)) return {};
    line(id.value, "rekey " + identity.key);
    objects_[id.value].identity = identity;
    return id;
  }
  void update(TransferId id, const TransferFacts& facts) override {
    if (!alive(id)) return;
    line(id.value, "update path=" + facts.path + " name=" + facts.file_name +
                       (facts.declared_size ? " size=" + std::to_string(*facts.declared_size) : ""));
  }
  void chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId, Timestamp) override {
    if (!alive(id)) return;
    std::string& content = objects_[id.value].bytes;
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
    content.replace(offset, bytes.size(), as_text(bytes));
  }
  void pass(TransferId id, std::uint64_t, std::uint64_t size, FlowId, Timestamp) override {
    if (alive(id)) objects_[id.value].passed += size;
  }
  void hole(TransferId id, std::uint64_t offset, std::uint64_t size, NotInspected reason) override {
    if (alive(id))
      line(id.value,
           "hole " + std::to_string(offset) + "+" + std::to_string(size) + " " + std::string(to_string(reason)));
  }
  void resize(TransferId id, std::uint64_t size) override {
    if (!alive(id)) return;
    line(id.value, "resize " + std::to_string(size));
    if (interest >= Interest::kDigest) objects_[id.value].bytes.resize(size, '\0');
  }
  void flag(TransferId id, EvasionSet evasions) override {
    if (!alive(id) || (objects_[id.value].evasions & evasions) == evasions) return;
    objects_[id.value].evasions |= evasions;
    std::string words;
    for (const auto word : to_strings(evasions)) words += " " + std::string(word);
    line(id.value, "flag" + words);
  }
  void unit_end(TransferId, FlowId, Timestamp) override {}
  void end(TransferId id, EndReason reason, std::optional<NotInspected> not_inspected, FlowId, Timestamp) override {
    if (!alive(id)) return;
    Object& object = objects_[id.value];
    if (object.identity.resumable && reason == EndReason::kConnectionClosed) return line(id.value, "waits");
    object.ended = true;
    object.reason = reason;
    object.not_inspected = not_inspected;
    static constexpr const char* kReasons[] = {"complete", "part_done", "aborted", "connection_closed",
                                               "framing_error"};
    line(id.value, std::string("end ") + kReasons[static_cast<std::size_t>(reason)] +
                       " bytes=" + std::to_string(object.bytes.size()) +
                       (object.passed ? " passed=" + std::to_string(object.passed) : "") +
                       (not_inspected ? " not_inspected=" + std::string(to_string(*not_inspected)) : ""));
  }

  /// In the order of begin().
  std::vector<Object> objects() const {
    std::vector<Object> all;
    for (const auto& [id, object] : objects_) all.push_back(object);
    return all;
  }
  const std::string& log() const { return log_; }

 private:
  /// The newest transfer with this key.
  std::string take_part(const std::string& key) {
    for (auto entry = objects_.rbegin(); entry != objects_.rend(); ++entry) {
      if (entry->second.identity.key != key) continue;
      entry->second.composed = true;
      return entry->second.bytes;
    }
    return "?";
  }
  bool alive(TransferId id) const {
    const auto found = objects_.find(id.value);
    return found != objects_.end() && !found->second.ended;
  }
  void line(std::uint64_t id, const std::string& text) { log_ += "#" + std::to_string(id) + " " + text + "\n"; }

  std::map<std::uint64_t, Object> objects_;
  std::uint64_t last_id_ = 0;
  std::string log_;
};

}  // namespace sallyport::test
