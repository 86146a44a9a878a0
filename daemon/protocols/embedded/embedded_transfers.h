// Found objects as transfers of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/embedded/embedded_scanner.h"

namespace sallyport::embedded {

/// The object that is searched. What it refers to outlives the scan.
struct OuterObject {
  TransferSink& sink;
  const Timestamp& time;  ///< of the bytes being pushed
  FlowId flow;
  std::string key;      ///< ObjectIdentity::key of the outer object; found ones add "/embedded N"
  TransferFacts facts;  ///< of the outer object; names and place go on to the found ones, sizes and types do not
};

/// Found objects as transfers beside the outer one: sender, receiver, host, path and user of the outer object, `inside`
/// as found, the label before it as form field and name. One outer object; one thread.
class FoundTransfers : public EmbeddedSink {
 public:
  /// `spans_flows`: the bytes of the outer object come on several flows, and so may those of one found object.
  explicit FoundTransfers(OuterObject outer, bool spans_flows = false)
      : outer_(std::move(outer)), spans_flows_(spans_flows) {}

  void embedded_begin(const EmbeddedObject& object) override;
  void embedded_bytes(Bytes bytes) override;
  void embedded_end(std::optional<NotInspected> reason) override;
  /// Goes on to the found objects, the open one included.
  void flag(EvasionSet evasions);
  /// What follows comes on this flow, of an outer object of which this is known by now.
  void go_on(FlowId flow, const TransferFacts& outer);
  /// This flow has brought what it has: an open object waits for another one. Only of an outer object that spans flows.
  void pause();
  /// Found so far.
  std::uint64_t found() const { return found_; }

 private:
  ObjectIdentity identity() const;

  OuterObject outer_;
  bool spans_flows_;
  EvasionSet evasions_ = 0;
  std::uint64_t found_ = 0;
  TransferId id_;
  Interest interest_ = Interest::kNone;
  std::uint64_t offset_ = 0;
};

/// What the outer object's names say of how to look at it.
ScanOptions scan_options(const TransferFacts& outer);

/// An EmbeddedScanner and its FoundTransfers. One outer object; one thread.
class EmbeddedTransfers {
 public:
  EmbeddedTransfers(OuterObject outer, const EmbeddedLimits& limits);

  void push(Bytes bytes) { scanner_.push(bytes); }
  void lose() { scanner_.lose(); }
  void finish(std::optional<NotInspected> reason) { scanner_.finish(reason); }
  void flag(EvasionSet evasions) { found_.flag(evasions); }
  /// From above, names apart.
  static constexpr std::size_t kMemoryBytes = EmbeddedScanner::kMemoryBytes;
  std::uint64_t found() const { return found_.found(); }

 private:
  ScanOptions options_;
  FoundTransfers found_;
  EmbeddedScanner scanner_;
};

}  // namespace sallyport::embedded
