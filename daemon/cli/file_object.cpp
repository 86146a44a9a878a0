#include "daemon/cli/file_object.h"

#include <filesystem>
#include <fstream>
#include <utility>

namespace sallyport::cli {
namespace {

class FileObject : public ObjectBytes {
 public:
  explicit FileObject(ByteBuffer content) : content_(std::move(content)) {}
  Bytes bytes() const override { return content_; }
  int memfd() const override { return -1; }

 private:
  ByteBuffer content_;
};

}  // namespace

Result<std::shared_ptr<const ObjectBytes>> read_file_object(const std::string& path, std::size_t bytes_max) {
  std::error_code error;
  const auto type = std::filesystem::status(path, error).type();
  if (type == std::filesystem::file_type::directory) return fail(ErrorCode::kInvalidArgument, path + ": is a folder");
  if (type != std::filesystem::file_type::regular && type != std::filesystem::file_type::not_found) {
    return fail(ErrorCode::kInvalidArgument, path + ": is not a regular file");
  }
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return fail_errno("cannot read " + path);
  const auto size = static_cast<std::size_t>(file.tellg());
  if (size > bytes_max) {
    return fail(ErrorCode::kResourceExhausted, path + ": has more than " + std::to_string(bytes_max) + " bytes");
  }
  ByteBuffer content(size);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(content.data()), static_cast<std::streamsize>(size));
  if (!file) return fail_errno("cannot read " + path);
  return std::make_shared<FileObject>(std::move(content));
}

}  // namespace sallyport::cli
