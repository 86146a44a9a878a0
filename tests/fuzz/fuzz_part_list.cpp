// A list of parts: the first byte says whose; cutting it in two changes nothing, and what is found is bounded.
#include <cstdlib>

#include "daemon/protocols/http/part_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  if (size < 2) return 0;
  const Bytes text = as_byte_span(data + 1, size - 1);
  const http::PartListForm form = data[0] & 1 ? http::PartListForm::kS3 : http::PartListForm::kAzure;
  http::PartListParser whole(form);
  http::PartListParser cut(form);
  const std::size_t middle = data[0] % (text.size() + 1);
  whole.push(text);
  cut.push(text.first(middle));
  cut.push(text.subspan(middle));
  if (whole.parts() != cut.parts() || whole.etags() != cut.etags()) std::abort();
  if (whole.etags().size() != whole.parts().size()) std::abort();
  for (const std::string& part : whole.parts()) {
    if (part.size() > http::PartListParser::kNameBytesMax + 1) std::abort();
  }
  return 0;
}
