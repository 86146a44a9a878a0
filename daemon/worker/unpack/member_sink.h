// What the readers of the container formats report to. Each reader is a function: bytes in, members out, nothing kept.
#pragma once

#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/contract/transfer.h"
#include "daemon/worker/unpack/unpack_budget.h"

namespace sallyport {

/// An uncompressed bitmap without a format of its own (PDF 32000 8.9.5): 8-bit grey or BGR, rows from the top.
struct RawBitmap {
  Bytes samples;  ///< as they were stored, filters removed: what its digest is made of
  int width = 0;
  int height = 0;
  int channels = 0;  ///< 1 or 3
  Bytes pixels;      ///< width * height * channels
  bool is_cut = false;
};

/// Names are hostile bytes and no paths: the sink cleans them. Spans and names are valid during the call.
class MemberSink {
 public:
  virtual ~MemberSink() = default;

  /// One whole member. `place` says where: "zip:NAME", "pdf:12", "gzip/tar:NAME". False: the budget is spent; read no
  /// further.
  virtual bool member(std::string_view place, Bytes bytes) = 0;
  virtual bool bitmap(std::string_view place, const RawBitmap& bitmap) = 0;
  /// Something there that could hold an image and could not be had. An empty place: it is the container itself.
  virtual void not_inspected(std::string_view place, NotInspected reason) = 0;
  /// Signs that somebody tries to be misunderstood.
  virtual void flag(Evasion evasion) = 0;
  virtual UnpackBudget& budget() = 0;
};

}  // namespace sallyport
