// Images inside other bytes: a byte of options (bit 0: a form), a byte of piece size (0: whole), the outer object. What
// is given must not depend on how it was cut.
#include <cstdlib>

#include "daemon/protocols/embedded/embedded_scanner.h"

namespace {

class Sum : public sallyport::embedded::EmbeddedSink {
 public:
  void embedded_begin(const sallyport::embedded::EmbeddedObject& object) override {
    if (open_) std::abort();
    open_ = true;
    add(object.inside), add(object.label), add(object.media_type);
  }
  void embedded_bytes(sallyport::Bytes bytes) override { open_ ? add(sallyport::as_text(bytes)) : std::abort(); }
  void embedded_end(std::optional<sallyport::NotInspected> reason) override {
    if (!open_) std::abort();
    open_ = false;
    add(reason ? sallyport::to_string(*reason) : ".");
  }
  std::uint64_t value = 0;
  bool open_ = false;

 private:
  void add(std::string_view text) {
    for (const char c : text) value = value * 31 + static_cast<unsigned char>(c);
  }
};

std::uint64_t scan(sallyport::Bytes bytes, std::size_t piece_size, bool is_form) {
  Sum sum;
  sallyport::embedded::EmbeddedScanner scanner(sum, {8, 1 << 16, 3}, {is_form});
  for (; !bytes.empty(); bytes = bytes.subspan(sallyport::prefix(bytes, piece_size).size())) {
    scanner.push(sallyport::prefix(bytes, piece_size));
  }
  scanner.finish({});
  if (sum.open_) std::abort();
  return sum.value;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const sallyport::Bytes input = sallyport::as_byte_span(data + 2, size - 2);
  const std::size_t piece_size = data[1] ? data[1] : size;
  if (scan(input, size, data[0] & 1) != scan(input, piece_size, data[0] & 1)) std::abort();
  return 0;
}
