#include "daemon/protocols/embedded/embedded_scanner.h"

#include "daemon/protocols/embedded/found_objects.h"
#include "daemon/protocols/embedded/search.h"

namespace sallyport::embedded {

struct EmbeddedScanner::State {
  State(EmbeddedSink& sink, const EmbeddedLimits& limits, ScanOptions options)
      : found(sink, limits),
        search(RunContext{found, {}, limits.levels_max - 1, {}, options.is_form}, SearchMode::kOuter) {}

  FoundObjects found;
  Search search;
};

EmbeddedScanner::EmbeddedScanner(EmbeddedSink& sink, const EmbeddedLimits& limits, ScanOptions options)
    : state_(std::make_unique<State>(sink, limits, options)) {}

EmbeddedScanner::~EmbeddedScanner() = default;

void EmbeddedScanner::push(Bytes bytes) {
  state_->search.push(bytes);
}
void EmbeddedScanner::lose() {
  state_->search.lose();
}
void EmbeddedScanner::finish(std::optional<NotInspected> reason) {
  state_->search.finish(reason);
}
bool EmbeddedScanner::idle() const {
  return state_->search.idle();
}

}  // namespace sallyport::embedded
