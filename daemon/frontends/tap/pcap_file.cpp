#include "daemon/frontends/tap/pcap_file.h"

#include <pcap/pcap.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/frontends/tap/capture_file.h"
#include "daemon/frontends/tap/link_types.h"

namespace sallyport {
namespace {

constexpr std::uint64_t kPacketsBetweenLooks =
    256;  // at progress and at verdicts that wait: each look is a system call

struct CloseCapture {
  void operator()(pcap_t* capture) const { ::pcap_close(capture); }
};
using Capture = std::unique_ptr<pcap_t, CloseCapture>;

Timestamp time_of(const pcap_pkthdr& header) {
  return Timestamp(std::chrono::seconds(header.ts.tv_sec) + std::chrono::nanoseconds(header.ts.tv_usec));
}

Result<Capture> open_capture(const std::string& path, CaptureFile& file) {
  char reason[PCAP_ERRBUF_SIZE] = "";
  std::FILE* const stream = file.release_stream();
  Capture capture(::pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, reason));
  if (capture) return capture;
  std::fclose(stream);
  return fail(ErrorCode::kCorrupt, "'" + path + "' is no capture file that can be read: " + reason);
}

/// One run over one file.
class Reader {
 public:
  Reader(Capture capture, const CaptureFile& file, LinkType link, PacketSink& sink, const PcapFileOptions& options)
      : capture_(std::move(capture)), file_(file), link_(link), sink_(sink), options_(options) {}

  PcapFileSummary run(const std::string& path) {
    const pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    int outcome = 0;
    while ((outcome = ::pcap_next_ex(capture_.get(), const_cast<pcap_pkthdr**>(&header), &bytes)) == 1) {
      take(*header, as_byte_span(bytes, header->caplen));
    }
    if (outcome != PCAP_ERROR_BREAK) {
      summary_.warning = "'" + path + "' is broken behind packet " + std::to_string(summary_.packets) + ": " +
                         ::pcap_geterr(capture_.get());
    }
    report_progress();
    sink_.on_end(summary_.last);
    return std::move(summary_);
  }

 private:
  void take(const pcap_pkthdr& header, Bytes bytes) {
    const Timestamp time = time_of(header);
    if (summary_.packets == 0) summary_.first = summary_.last = last_tick_ = time;
    summary_.last = std::max(summary_.last, time);
    if (time - last_tick_ >= limits::kTickInterval) tick(time);
    // Captures made on the sending host have checksums that were never filled in.
    sink_.on_packet({bytes, header.len, link_, ChecksumState::kOffloaded, time});
    ++summary_.packets;
    summary_.bytes += bytes.size();
    if (header.len > header.caplen) {
      ++summary_.truncated;
      summary_.lost += header.len - header.caplen;
    }
    if (summary_.packets % kPacketsBetweenLooks == 0) look_up();
  }
  void tick(Timestamp time) {
    last_tick_ = time;
    sink_.on_tick(time);
  }
  void look_up() {
    pollfd wake{sink_.wake_fd(), POLLIN, 0};
    if (::poll(&wake, 1, 0) == 1) tick(summary_.last);
    report_progress();
  }
  void report_progress() const {
    if (options_.progress) options_.progress(file_.position(), file_.size());
  }

  Capture capture_;
  const CaptureFile& file_;
  LinkType link_;
  PacketSink& sink_;
  const PcapFileOptions& options_;
  PcapFileSummary summary_;
  Timestamp last_tick_;
};

}  // namespace

Result<PcapFileSummary> read_pcap_file(const std::string& path, PacketSink& sink, const PcapFileOptions& options) {
  Result<CaptureFile> file = CaptureFile::open(path);
  if (!file) return tl::unexpected(std::move(file.error()));
  Result<Capture> capture = open_capture(path, *file);
  if (!capture) return tl::unexpected(std::move(capture.error()));
  const int dlt = ::pcap_datalink(capture->get());
  const std::optional<LinkType> link = link_type_from_dlt(dlt);
  if (!link) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + path + "' has link type " + dlt_name(dlt) + ", which is not supported");
  }
  return Reader(std::move(*capture), *file, *link, sink, options).run(path);
}

}  // namespace sallyport
