// Found objects as transfers of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

/// Makes the facts of the outer object those of an object found inside it: sender, receiver, host, path and user stay.
void describe_found(TransferFacts& facts, const EmbeddedObject& object);

/// An EmbeddedScanner whose finds are transfers beside the outer one: sender, receiver, host, path and user of the
/// outer object, `inside` as found, the label before it as form field and name. One outer object; one thread.
class EmbeddedTransfers : private EmbeddedSink {
 public:
  EmbeddedTransfers(OuterObject outer, const EmbeddedLimits& limits);

  void push(Bytes bytes) { scanner_.push(bytes); }
  void lose() { scanner_.lose(); }
  void finish(std::optional<NotInspected> reason) { scanner_.finish(reason); }
  /// Goes on to the found objects, the open one included.
  void flag(EvasionSet evasions);
  /// From above, names apart.
  static constexpr std::size_t kMemoryBytes = EmbeddedScanner::kMemoryBytes;
  /// Found so far.
  std::uint64_t found() const { return found_; }

 private:
  void embedded_begin(const EmbeddedObject& object) override;
  void embedded_bytes(Bytes bytes) override;
  void embedded_end(std::optional<NotInspected> reason) override;

  OuterObject outer_;
  EvasionSet evasions_ = 0;
  EmbeddedScanner scanner_;
  std::uint64_t found_ = 0;
  TransferId id_;
  Interest interest_ = Interest::kNone;
  std::uint64_t offset_ = 0;
};

}  // namespace sallyport::embedded
