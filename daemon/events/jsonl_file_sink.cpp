#include "daemon/events/jsonl_file_sink.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "daemon/base/log.h"

namespace sallyport {
namespace {

Result<UniqueFd> open_for_append(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!file) return fail_errno("cannot open the event file " + path);
  return file;
}

}  // namespace

Result<std::unique_ptr<JsonlFileSink>> JsonlFileSink::open(std::string path) {
  auto file = open_for_append(path);
  if (!file) return tl::unexpected(file.error());
  return std::unique_ptr<JsonlFileSink>(new JsonlFileSink(std::move(path), std::move(*file)));
}

bool JsonlFileSink::put(const EventRecord& record) {
  if (reopen_wanted_.exchange(false, std::memory_order_relaxed)) reopen_now();
  if (output_.write_line(file_.get(), record.ocsf_json)) return true;
  log_error("event lost", {{"sink", name()}, {"path", path_}, {"reason", std::strerror(errno)}});
  return false;
}

void JsonlFileSink::reopen_now() {
  auto file = open_for_append(path_);
  if (!file) {
    log_error("events go on into the old file", {{"reason", file.error().message}});
    return;
  }
  file_ = std::move(*file);
  output_.forget_torn();
}

}  // namespace sallyport
