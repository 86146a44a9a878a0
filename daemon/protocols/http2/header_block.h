// Header blocks of one direction: HPACK (RFC 7541) taken off by nghttp2's inflater, fields made into an HTTP head.
// RFC 9113 4.3, 8.2, 8.3.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/bytes.h"
#include "daemon/protocols/http/http_headers.h"

struct nghttp2_hd_inflater;

namespace sallyport::http2 {

/// One header section: a request, a response, or trailers.
struct FieldSection {
  std::string method, path, authority, protocol;  ///< pseudo-header fields, without their colon
  std::uint16_t status = 0;                       ///< :status; 0: none
  bool has_pseudo = false;
  http::Head head;          ///< the other fields; "host" is :authority where there was one
  bool incomplete = false;  ///< fields behind some place are unknown: a loss, a limit, or a table that was not seen
  bool odd = false;         ///< fields that RFC 9113 8.2 forbids: another reader may refuse or see others
};

/// Pushed: one block after the other, each in fragments. Memory: the dynamic table, at most kTableBytesMax, and the
/// fields of one block, at most `fields_bytes_max`. After a loss it begins with an empty table; as HPACK counts entries
/// from the newest one (RFC 7541 2.3.3), every field that it gives is right, and a reference to an older entry ends the
/// block.
class HeaderBlocks {
 public:
  explicit HeaderBlocks(std::size_t fields_bytes_max);
  ~HeaderBlocks();
  HeaderBlocks(HeaderBlocks&&) noexcept;

  void push(Bytes fragment);
  /// The block is over; gives what it said.
  FieldSection end();
  /// Blocks, or a part of this one, were lost.
  void lose();
  /// From above: an entry of the table counts 32 bytes beside its texts (RFC 7541 4.1), and takes some more.
  std::size_t memory_bytes() const;

  /// SETTINGS_HEADER_TABLE_SIZE that is followed (RFC 9113 6.5.2); browsers ask for 64 KiB at most. Whatever was agreed
  /// on, the sender says in the block which size it uses, so a lower agreement need not be tracked.
  static constexpr std::size_t kTableBytesMax = 65536;

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const;
  };

  void add(std::string name, std::string value);
  void add_pseudo(std::string_view name, std::string value);
  void drop_table();

  std::size_t fields_bytes_max_;
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;  // made with the first block
  std::unique_ptr<FieldSection> section_;                  // of the block that is open
  std::size_t fields_bytes_ = 0;
  bool broken_ = false;  // the rest of the block cannot be read
};

}  // namespace sallyport::http2
