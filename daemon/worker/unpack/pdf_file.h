// The objects of a PDF file (ISO 32000-1 7.5), found by looking through all of it. The cross-reference table is not
// asked: it can leave out what another reader, or the next revision of the file, shows.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/worker/unpack/member_sink.h"
#include "daemon/worker/unpack/pdf_value.h"

namespace sallyport {

struct PdfStream {
  std::uint32_t number = 0;  ///< of its object
  PdfValue dictionary;
  Bytes data;  ///< as stored, filters still on
};

/// One thread. Borrows the file.
class PdfFile {
 public:
  explicit PdfFile(Bytes file, UnpackBudget& budget);

  /// Some trailer or cross-reference stream names an encryption dictionary (7.6.1).
  bool is_encrypted() const { return encrypted_; }
  /// More objects than limits::kDocumentObjectsMax, or object streams that could not be unpacked.
  bool is_cut() const { return cut_; }
  UnpackBudget& budget() const { return budget_; }
  std::size_t stream_count() const { return streams_.size(); }
  PdfStream stream(std::size_t index) const;
  /// A value, or the object that it refers to; a null value where there is none. Of several objects with one number the
  /// last.
  PdfValue resolved(const PdfValue& value) const;
  /// The stream that a value refers to.
  std::optional<PdfStream> resolved_stream(const PdfValue& value) const;

 private:
  struct Place {
    std::string_view text;  // the file, or an object stream
    std::size_t position = 0;
  };

  void index_objects();
  void index_object(std::uint32_t number, std::size_t position);
  void index_object_stream(const PdfStream& stream);
  void look_for_encryption();
  PdfStream stream_at(std::uint32_t number, std::size_t position) const;
  Bytes stream_data(const PdfValue& dictionary, std::size_t start) const;

  std::string_view text_;
  UnpackBudget& budget_;
  std::map<std::uint32_t, Place> objects_;
  std::vector<std::pair<std::uint32_t, std::size_t>> streams_;  // number, position of the dictionary
  std::vector<std::unique_ptr<MemberBuffer>> object_streams_;
  bool encrypted_ = false;
  bool cut_ = false;
};

}  // namespace sallyport
