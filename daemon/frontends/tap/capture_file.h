// A capture file as a stdio stream, gzip removed.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// Tells gzip (RFC 1952) by its first bytes, not by the name. One thread.
class CaptureFile {
 public:
  static Result<CaptureFile> open(const std::string& path);

  /// For libpcap, which closes it: the caller gives it to pcap_fopen_offline() once.
  std::FILE* release_stream() { return stream_.release(); }
  /// Bytes of the file, compressed or not; zero for pipes.
  std::uint64_t size() const { return size_; }
  /// How many of those were read. Valid while the stream is open.
  std::uint64_t position() const;

 private:
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };

  std::unique_ptr<std::FILE, Close> stream_;
  UniqueFd fd_;  // shares its position with the stream
  std::uint64_t size_ = 0;
};

}  // namespace sallyport
