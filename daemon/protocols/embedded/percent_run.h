// A stretch of percent-encoded bytes: a data: URI without base64 (RFC 2397 2, RFC 3986 2.1), or a form field.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "daemon/protocols/embedded/found_objects.h"

namespace sallyport::embedded {

class Search;

/// Pushed; the escaped bytes are searched as raw ones. One thread.
class PercentRun {
 public:
  explicit PercentRun(RunContext context);
  ~PercentRun();

  /// Takes bytes and gives how many: fewer than all where the stretch ended.
  std::size_t push(Bytes bytes);
  bool over() const { return over_; }
  void finish(std::optional<NotInspected> reason);

 private:
  bool step(std::uint8_t byte);
  void put(std::uint8_t byte);
  void flush();

  std::unique_ptr<Search> search_;
  bool over_ = false;
  bool is_form_;
  int digits_left_ = 0;
  std::uint8_t value_ = 0;
  ByteBuffer out_;  // decoded bytes of this push, at most kOutputBytes
};

}  // namespace sallyport::embedded
