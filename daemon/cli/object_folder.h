// Where `sallyport extract` puts what it finds: every object as a file, and one line of index each.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/object_sink.h"
#include "daemon/pipeline/extraction.h"

namespace sallyport::cli {

/// One thread. With a folder: files 000001-NAME (readable by the owner alone) and index.jsonl; without: the index on
/// stdout and no bytes kept.
///
/// Each image inside a whole object, and what could not be looked at there, is a line of its own: "inside" says where
/// it lay, "container" is the digest of the object.
class ObjectFolder : public ObjectSink, public FlowWatcher {
 public:
  /// `folder` is made where it does not exist; empty: no folder. Fails naming the path.
  static Result<ObjectFolder> open(const std::string& folder);
  ObjectFolder(ObjectFolder&&) noexcept;
  ObjectFolder& operator=(ObjectFolder&&) = delete;
  ~ObjectFolder() override;

  /// Gives what lies inside an object. Without one, objects are not unpacked.
  using Unpack = std::function<Findings(std::shared_ptr<const ObjectBytes>)>;
  void set_unpack(Unpack unpack) { unpack_ = std::move(unpack); }
  /// The capture that the next objects come from.
  void set_source(std::string pcap) { pcap_ = std::move(pcap); }
  std::uint64_t objects() const { return objects_; }
  /// The first thing that could not be written; nothing written is lost before it.
  const Status& status() const { return status_; }

  Interest on_flow_open(const Flow&) override { return Interest::kContent; }
  void on_flow_close(FlowId, CloseReason, Timestamp) override {}
  Interest on_begin(const Transfer& transfer) override;
  Interest on_known(const Transfer& transfer) override { return on_begin(transfer); }
  void on_unit_end(const Transfer&, FlowId) override {}
  void on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) override;

 private:
  ObjectFolder(std::string folder, std::FILE* index) : folder_(std::move(folder)), index_(index) {}
  bool unpacks(const Transfer& transfer) const;
  void write_line(const std::string& line);
  void write_parts(const Transfer& transfer, const Findings& findings);
  std::string write_object(const Transfer& transfer, Bytes bytes);
  void note(Status status);

  std::string folder_;
  std::FILE* index_;
  std::string pcap_;
  Unpack unpack_;
  std::uint64_t objects_ = 0;
  Status status_;
};

/// The name of an object as part of a file name: path separators, control characters and leading dots are replaced.
std::string safe_file_name(const std::string& name);

}  // namespace sallyport::cli
