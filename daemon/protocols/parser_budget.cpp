#include "daemon/protocols/parser_budget.h"

#include <algorithm>
#include <bit>

namespace sallyport {

void ParserBudget::note(Share& share, FlowId flow, std::size_t bytes) {
  Class& before = classes_[static_cast<std::size_t>(std::bit_width(share.bytes))];
  Class& now = classes_[static_cast<std::size_t>(std::bit_width(bytes))];
  if (share.bytes == 0 && bytes > 0) {
    share.place = now.flows.insert(now.flows.end(), flow);
  } else if (bytes > 0) {
    now.flows.splice(now.flows.end(), before.flows, share.place);
  } else if (share.bytes > 0) {
    before.flows.erase(share.place);
  }
  before.bytes -= share.bytes;
  now.bytes += bytes;
  bytes_ += bytes - share.bytes;
  share.bytes = bytes;
}

FlowId ParserBudget::next() const {
  return std::ranges::max_element(classes_, {}, &Class::bytes)->flows.front();
}

}  // namespace sallyport
