#include "daemon/worker/model_file.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "daemon/base/sha256.h"

namespace sallyport {

Result<ModelFile> load_model(const std::filesystem::path& path, std::span<const std::string> outputs) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("cannot read the model " + path.string());
  const std::vector<char> content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const Bytes bytes = as_byte_span(content.data(), content.size());
  Result<Network> network = Network::load(bytes, outputs);
  if (!network) {
    return fail(ErrorCode::kCorrupt, "the model " + path.string() + " cannot be used: " + network.error().message);
  }
  return ModelFile{std::move(*network), path.stem().string() + "@" + to_hex(Sha256::of(bytes)).substr(0, 8)};
}

}  // namespace sallyport
