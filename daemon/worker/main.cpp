// sallyport-worker: loads libraries and models, enters the sandbox, then decodes and classifies images for sallyportd.
// Nothing before the sandbox touches input.
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>

#include "daemon/base/log.h"
#include "daemon/worker/face_detector.h"
#include "daemon/worker/image_inspector.h"
#include "daemon/worker/plate_detector.h"
#include "daemon/worker/sandbox.h"
#include "daemon/worker/serve.h"
#include "daemon/worker/unpack/archive_reader.h"
#include "daemon/worker/warm_up.h"
#include "daemon/worker/worker_options.h"

namespace {

using namespace sallyport;

/// Some builds of the linear algebra library below OpenCV start threads when they are loaded; only the environment can
/// tell them not to, so the program starts once more with it set. OpenCL would look for drivers in files at run time.
void restart_single_threaded(char** argv) {
  constexpr char kThreads[] = "OPENBLAS_NUM_THREADS";
  const char* const threads = std::getenv(kThreads);
  if (threads != nullptr && std::string_view(threads) == "1") return;
  ::setenv(kThreads, "1", 1);
  ::setenv("OMP_NUM_THREADS", "1", 1);
  ::setenv("OPENCV_OPENCL_RUNTIME", "disabled", 1);
  ::execv("/proc/self/exe", argv);
}

Result<ImageInspector> load_inspector(const WorkerOptions& options) {
  cv::setNumThreads(1);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  if (options.no_detectors) {
    ImageInspector inspector(nullptr, nullptr);
    warm_up(inspector);
    return inspector;
  }
  auto faces = load_face_detector(options.model_dir, options.cascade_dir);
  if (!faces) return tl::unexpected(faces.error());
  const auto shipped_dir = options.shipped_dir.empty() ? default_shipped_dir() : options.shipped_dir;
  auto plates = load_plate_detector(options.model_dir, shipped_dir, options.cascade_dir);
  if (!plates) return tl::unexpected(plates.error());
  ImageInspector inspector(std::move(*faces), std::move(*plates));
  warm_up(inspector);
  return inspector;
}

int refuse(const Error& error, int exit_status) {
  log_error("sallyport-worker cannot start", {{"reason", error.message}});
  return exit_status;
}

int run(const WorkerOptions& options) {
  Result<ImageInspector> inspector = load_inspector(options);
  if (!inspector) return refuse(inspector.error(), EX_CONFIG);
  if (!prepare_archive_reader()) {
    return refuse({ErrorCode::kInternal, "there is no locale C.UTF-8, which Debian's libc-bin brings"}, EX_CONFIG);
  }
  auto layers = enter_sandbox({options.channel_fd, options.memory_bytes_max});
  if (!layers) return refuse(layers.error(), EX_NOPERM);
  const Greeting greeting{inspector->face_detector(), inspector->plate_detector(), std::move(*layers)};
  ObjectInspector objects(*inspector);
  switch (serve({options.channel_fd, options.fault_injection}, greeting, objects)) {
    case ServeEnd::kPeerClosed:
      return EX_OK;
    case ServeEnd::kProtocolError:
      return EX_PROTOCOL;
    case ServeEnd::kChannelError:
      return EX_IOERR;
  }
  return EX_SOFTWARE;
}

}  // namespace

int main(int argc, char** argv) {
  restart_single_threaded(argv);
  const auto options = parse_worker_options({argv + 1, static_cast<std::size_t>(argc - 1)});
  if (!options) return refuse(options.error(), EX_USAGE);
  const int status = run(*options);
  // No destructors: the libraries' would make system calls that the sandbox does not allow, and nothing is left to
  // save.
  ::_exit(status);
}
