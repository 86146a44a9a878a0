// Bytes as a script of calls to a TransferTable, beside a model so simple that it is right: for the fuzz target and its
// seeds.
#pragma once

#include <cstdlib>
#include <string>

#include "daemon/base/byte_reader.h"
#include "daemon/transfer/transfer_table.h"
#include "tests/support/encodings.h"
#include "tests/support/small_images.h"

namespace sallyport::test {

/// One object: what a file on a disk would hold after each call, and which of its bytes were written.
class TransferScript : public ObjectSink {
 public:
  explicit TransferScript(Bytes script) : reader_(script), mode_(reader_.u8()) {}

  /// Aborts where a complete object is not the model's.
  void run() {
    ObjectIdentity identity{"object", (mode_ & 8) != 0};
    identity.search_inside = (mode_ & 64) != 0;
    id_ = table_.begin(identity, {}, FlowId{1}, Timestamp{}).id;
    while (reader_.ok() && reader_.remaining() > 0 && !ended_) step();
    table_.end(id_, EndReason::kComplete, std::nullopt, FlowId{1}, Timestamp{});
    if (!ended_ || table_.kept_bytes() != 0) std::abort();
    read_again(0, "other");
    table_.on_flow_closed(FlowId{1}, Timestamp{});
    if (table_.kept_bytes() != 0) std::abort();
  }

  Interest on_begin(const Transfer&) override { return mode_ & 16 ? Interest::kDigest : Interest::kContent; }
  Interest on_known(const Transfer&) override { return mode_ & 32 ? Interest::kDigest : Interest::kContent; }
  void on_unit_end(const Transfer&, FlowId) override {}
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override {
    if (transfer.key.find("/embedded ") != std::string::npos) return check_found(transfer);
    if (transfer.key != "object") return check_reading(transfer, bytes.get());
    ended_ = true;
    const bool whole = written_.find('\0') == std::string::npos;
    if (transfer.complete && (lost_ || !whole || transfer.size != file_.size())) std::abort();
    if (!transfer.complete && (transfer.sha256 || !transfer.not_inspected)) std::abort();
    if (transfer.sha256 && *transfer.sha256 != Sha256::of(as_byte_span(file_))) std::abort();
    if (transfer.complete && !transfer.sha256 && !transfer.not_inspected) std::abort();
    if (transfer.complete && bytes && as_text(bytes->bytes()) != file_) std::abort();
  }

 private:
  void step() {
    const std::uint8_t call = reader_.u8();
    const std::uint64_t offset = call & 16 ? file_.size() : reader_.u16le() % 8192;
    const std::size_t size = reader_.u8() * (call & 32 ? 16U : 1U);
    if ((call & 15) == 10) return read_again(offset, content(size));
    if ((call & 15) < 10) return write(offset, content(size));
    if ((call & 15) == 11) return resize(offset);
    if ((call & 15) == 12) return table_.hole(id_, offset, size, NotInspected::kGap), lose(offset + size, size == 0);
    if ((call & 15) == 13) return static_cast<void>(table_.snapshot(id_));
    if ((call & 15) == 14) return table_.unit_end(id_, FlowId{1}, Timestamp{});
    table_.on_packet_start();
  }
  void read_again(std::uint64_t offset, const std::string& bytes) {
    if (!bytes.empty()) table_.reading(id_, offset, as_byte_span(bytes), FlowId{1}, Timestamp{});
  }
  /// The other reading of an object is flagged, and as whole as the first.
  void check_reading(const Transfer& transfer, const ObjectBytes* bytes) const {
    if ((transfer.evasions & bit(Evasion::kTcpOverlap)) == 0 || transfer.size != file_.size()) std::abort();
    if (transfer.sha256 && bytes && *transfer.sha256 != Sha256::of(bytes->bytes())) std::abort();
  }
  /// Found objects end before the one around them.
  void check_found(const Transfer& transfer) const {
    const bool of_reading = transfer.key.find("/reading ") != std::string::npos;
    if (!of_reading && (ended_ || (mode_ & 64) == 0)) std::abort();
    if (!transfer.sha256 && !transfer.not_inspected) std::abort();
  }
  /// Runs of one letter, or base64 with images in it.
  std::string content(std::size_t size) {
    const std::uint8_t kind = reader_.u8() % 4;
    if (kind < 3) return std::string(size, static_cast<char>('a' + kind));
    std::string text;
    while (text.size() < size) text += "\"" + base64(small_jpeg(120)) + "\" ";
    text.resize(size);
    return text;
  }
  void write(std::uint64_t offset, const std::string& bytes) {
    table_.chunk(id_, offset, as_byte_span(bytes), FlowId{1}, Timestamp{});
    if (bytes.empty()) return;
    grow(offset + bytes.size());
    file_.replace(offset, bytes.size(), bytes);
    written_.replace(offset, bytes.size(), bytes.size(), '\1');
  }
  void resize(std::uint64_t size) {
    table_.resize(id_, size);
    file_.resize(size);
    written_.resize(size);
  }
  void lose(std::uint64_t end, bool unknown) {
    grow(end);
    // Nobody knows how much was lost: it can never be whole again.
    if (unknown) lost_ = true;
  }
  void grow(std::uint64_t size) {
    if (file_.size() >= size) return;
    file_.resize(size);
    written_.resize(size);
  }

  TransferConfig config() const {
    TransferConfig config;
    config.object_bytes_max = mode_ & 1 ? 3000 : 1U << 20;
    config.kept_bytes_max = mode_ & 2 ? 4000 : 1U << 20;
    config.memory_bytes_per_object = mode_ & 4 ? 100 : 1U << 20;
    return config;
  }

  ByteReader reader_;
  const std::uint8_t mode_;
  Mailbox mailbox_;
  SharedTransfers shared_;
  TransferTable table_{0, *this, mailbox_, shared_, config()};
  TransferId id_;
  std::string file_, written_;
  bool lost_ = false;
  bool ended_ = false;
};

}  // namespace sallyport::test
