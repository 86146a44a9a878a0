#include "daemon/protocols/http2/header_block.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/limits.h"

namespace sallyport::http2 {
namespace {

/// What one field costs beside its text (RFC 9113 6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE).
constexpr std::size_t kFieldOverheadBytes = 32;

std::string text_of(const std::uint8_t* text, std::size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}

/// Upper case in names, line ends and NULs in values (RFC 9113 8.2.1): what smuggles fields past a gateway to HTTP/1.
bool is_odd_field(std::string_view name, std::string_view value) {
  const bool odd_name =
      std::any_of(name.begin(), name.end(), [](char c) { return !http::is_token_char(c) || (c >= 'A' && c <= 'Z'); });
  return odd_name || name.empty() || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

/// Fields about the connection, which HTTP/2 has not (RFC 9113 8.2.2).
bool is_connection_field(std::string_view name) {
  return name == "transfer-encoding" || name == "connection" || name == "keep-alive" || name == "upgrade" ||
         name == "proxy-connection";
}

std::uint16_t status_of(std::string_view value) {
  const bool digits =
      value.size() == 3 && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return 0;
  return static_cast<std::uint16_t>((value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0'));
}

}  // namespace

void HeaderBlocks::Delete::operator()(nghttp2_hd_inflater* inflater) const {
  nghttp2_hd_inflate_del(inflater);
}

HeaderBlocks::HeaderBlocks(std::size_t fields_bytes_max) : fields_bytes_max_(fields_bytes_max) {}
HeaderBlocks::~HeaderBlocks() = default;
HeaderBlocks::HeaderBlocks(HeaderBlocks&&) noexcept = default;

void HeaderBlocks::push(Bytes fragment) {
  if (!section_) section_ = std::make_unique<FieldSection>();
  if (!inflater_) {
    nghttp2_hd_inflater* made = nullptr;
    SALLYPORT_CHECK(nghttp2_hd_inflate_new(&made) == 0);
    inflater_.reset(made);
    nghttp2_hd_inflate_change_table_size(made, kTableBytesMax);
  }
  while (!broken_ && !fragment.empty()) {
    nghttp2_nv field{};
    int flags = 0;
    const auto used = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, as_u8(fragment), fragment.size(), 0);
    if (used < 0) return drop_table();
    fragment = fragment.subspan(static_cast<std::size_t>(used));
    if (flags & NGHTTP2_HD_INFLATE_EMIT) add(text_of(field.name, field.namelen), text_of(field.value, field.valuelen));
    if (used == 0 && !(flags & NGHTTP2_HD_INFLATE_EMIT)) return;
  }
}

FieldSection HeaderBlocks::end() {
  if (inflater_ && section_ && !broken_) {
    nghttp2_nv field{};
    int flags = 0;
    static constexpr std::uint8_t kNothing = 0;
    const auto result = nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags, &kNothing, 0, 1);
    if (result >= 0 && (flags & NGHTTP2_HD_INFLATE_FINAL)) {
      nghttp2_hd_inflate_end_headers(inflater_.get());
    } else {
      drop_table();  // it stopped inside a field
    }
  }
  broken_ = false;
  fields_bytes_ = 0;
  if (!section_) return {};
  FieldSection section = std::move(*section_);
  section_.reset();
  if (!section.authority.empty() && !section.head.find("host"))
    section.head.fields.push_back({"host", section.authority, false, false});
  return section;
}

std::size_t HeaderBlocks::memory_bytes() const {
  const std::size_t table = inflater_ ? nghttp2_hd_inflate_get_dynamic_table_size(inflater_.get()) : 0;
  return 2 * (table + fields_bytes_);
}

void HeaderBlocks::lose() {
  if (section_) {
    drop_table();
  } else {
    inflater_.reset();
  }
}

/// What is in the table is not known any more; the rest of an open block is skipped.
void HeaderBlocks::drop_table() {
  inflater_.reset();
  broken_ = true;
  section_->incomplete = true;
}

void HeaderBlocks::add(std::string name, std::string value) {
  fields_bytes_ += name.size() + value.size() + kFieldOverheadBytes;
  if (fields_bytes_ > fields_bytes_max_) {
    section_->incomplete = true;
    return;
  }
  if (name.starts_with(':')) return add_pseudo(std::string_view(name).substr(1), std::move(value));
  section_->odd = section_->odd || is_odd_field(name, value) || is_connection_field(name);
  // A coding of the transfer is none here; what follows is still the content.
  if (name == "transfer-encoding") return;
  section_->head.fields.push_back({http::lower_case(name), std::move(value), false, false});
}

void HeaderBlocks::add_pseudo(std::string_view name, std::string value) {
  FieldSection& section = *section_;
  const auto take = [&](std::string& into) {
    section.odd = section.odd || !into.empty();
    if (into.empty()) into = value.substr(0, limits::kNameBytesMax);
  };
  section.odd = section.odd || !section.head.fields.empty();  // they stand first (RFC 9113 8.3)
  section.has_pseudo = true;
  if (name == "method") return take(section.method);
  if (name == "path") return take(section.path);
  if (name == "authority") return take(section.authority);
  if (name == "protocol") return take(section.protocol);
  if (name == "status") {
    section.odd = section.odd || section.status != 0 || status_of(value) == 0;
    if (section.status == 0) section.status = status_of(value);
  } else if (name != "scheme") {
    section.odd = true;
  }
}

}  // namespace sallyport::http2
