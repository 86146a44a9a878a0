// Bytes to packets of a few flows on two shards, and a sink that checks what no object may ever claim: for fuzzing the
// whole way from packets to objects.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <unordered_map>

#include "daemon/base/byte_reader.h"
#include "daemon/base/check.h"
#include "daemon/pipeline/extraction.h"
#include "tests/support/tcp_script.h"

namespace sallyport::test {

/// Hears of objects and flows; aborts on a claim that cannot be true.
class CheckingObjectSink : public ObjectSink, public FlowWatcher {
 public:
  explicit CheckingObjectSink(Interest interest) : interest_(interest) {}

  Interest on_flow_open(const Flow&) override { return Interest::kContent; }
  void on_flow_close(FlowId, CloseReason, Timestamp) override {}
  Interest on_begin(const Transfer& transfer) override {
    SALLYPORT_CHECK(open_.emplace(transfer.id, transfer.begun).second);
    return interest_;
  }
  Interest on_known(const Transfer& transfer) override {
    SALLYPORT_CHECK(open_.contains(transfer.id) && !transfer.ended);
    return interest_;
  }
  void on_unit_end(const Transfer& transfer, FlowId) override { SALLYPORT_CHECK(open_.contains(transfer.id)); }
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override {
    SALLYPORT_CHECK(open_.erase(transfer.id) == 1 && transfer.ended);
    const ByteAccount& account = transfer.account;
    SALLYPORT_CHECK(account.seen + account.missing_bytes >= transfer.size);
    if (!transfer.complete) return SALLYPORT_CHECK(!transfer.sha256);
    SALLYPORT_CHECK(account.missing_bytes == 0 && account.seen == transfer.size);
    if (!bytes || !transfer.sha256) return;
    SALLYPORT_CHECK(bytes->bytes().size() == transfer.size && Sha256::of(bytes->bytes()) == *transfer.sha256);
  }
  bool all_ended() const { return open_.empty(); }

 private:
  Interest interest_;
  std::unordered_map<TransferId, Timestamp> open_;
};

/// Small budgets, so that limits are met too.
inline ExtractionConfig small_extraction(std::uint8_t shard) {
  ExtractionConfig config;
  config.shard = shard;
  config.net.flows_max = 16;
  config.net.history_bytes = 256;
  config.net.held_bytes_max = 4096;
  config.net.buffered_bytes_max = 8192;
  config.transfer.object_bytes_max = 1 << 16;
  config.transfer.kept_bytes_max = 1 << 18;
  config.transfer.open_transfers_max = 32;
  config.transfer.memory_bytes_per_object = 1024;
  config.protocols.http.expansion_bytes_max = 1 << 18;
  return config;
}

/// A script: one byte of settings, then records of a byte "what", a byte "which and how far back", a byte of size, and
/// that many bytes. Flow 0 and 1 are on shard 0, 2 and 3 on shard 1.
class ExtractionScript {
 public:
  explicit ExtractionScript(Bytes script) : reader_(script) {
    const unsigned settings = reader_.u8();
    sink_ = std::make_unique<CheckingObjectSink>(settings & 1 ? Interest::kContent : Interest::kDigest);
    for (std::uint8_t shard = 0; shard < 2; ++shard) {
      shards_[shard] =
          std::make_unique<Extraction>(small_extraction(shard), *sink_, *sink_, shared_, mailboxes_[shard]);
    }
    for (unsigned i = 0; i < flows_.size(); ++i) {
      flows_[i] = TcpScript("10.0.0.1", "10.0.0.2", static_cast<std::uint16_t>(40000 + i), settings & 2 ? 445 : 80);
      if (!(settings & 4)) flows_[i].handshake().play(shard_of(i));
    }
  }

  void run() {
    while (reader_.remaining() >= 3) step();
    for (auto& shard : shards_) shard->on_tick(now_ + std::chrono::hours(2));
    for (auto& shard : shards_) shard->on_end(now_ + std::chrono::hours(2));
    for (auto& mailbox : mailboxes_) mailbox.run();
    SALLYPORT_CHECK(sink_->all_ended());
  }

 private:
  Extraction& shard_of(unsigned flow) { return *shards_[flow / 2]; }

  void step() {
    const unsigned what = reader_.u8(), which = reader_.u8();
    const std::size_t size = std::min<std::size_t>(reader_.u8(), reader_.remaining());
    const std::string payload(as_text(reader_.take(size)));
    const unsigned number = which % 4;
    TcpScript& flow = what & 1 ? flows_[number].server() : flows_[number].client();
    switch (what >> 1 & 7) {
      case 0:
        flow.overlap(which >> 2, payload);
        break;
      case 1:
        flow.gap(which);
        break;
      case 2:
        flow.fin(payload);
        break;
      case 3:
        flow.rst();
        break;
      default:
        flow.data(payload);
    }
    flow.play(shard_of(number));
    now_ = std::max(now_, flow.time());
    if (what & 0x10) shard_of(number).on_tick(flow.wait(std::chrono::seconds(which)).time());
  }

  ByteReader reader_;
  SharedTransfers shared_;
  std::array<Mailbox, 2> mailboxes_;
  std::unique_ptr<CheckingObjectSink> sink_;
  std::array<std::unique_ptr<Extraction>, 2> shards_;
  std::array<TcpScript, 4> flows_;
  Timestamp now_;
};

}  // namespace sallyport::test
