// What a request says of the object that its body is, or is a piece of: the protocols of uploads in pieces, told by
// their fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/protocols/http/http_headers.h"
#include "daemon/protocols/http/url_reference.h"

namespace sallyport::http {

enum class UploadKind : std::uint8_t {
  kNone,
  kPiece,          ///< the body belongs at `offset` of the object `key`
  kAppend,         ///< the body belongs behind the object `key`; the reply says at which offset
  kBlindAppend,    ///< the same, and no reply says where
  kPart,           ///< the body is material for `whole`, under the key `key`
  kCreation,       ///< the reply's Location names the object; its first bytes may be the body
  kPartList,       ///< the body lists the parts of a whole object; their keys begin with `key`
  kConcatenation,  ///< `parts` become a whole object
  kCopy,           ///< the server makes the object itself, from `source`
};

/// Which elements of a part list name parts.
enum class PartListForm : std::uint8_t { kNone, kS3, kAzure };

/// A value. Keys name objects as ObjectIdentity does; they come from what the request itself says, so that either
/// direction alone is enough. Names are bounded as TransferFacts asks.
struct UploadRequest {
  UploadKind kind = UploadKind::kNone;
  std::string key;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> size;   ///< of the body, where it is a range that says so
  std::optional<std::uint64_t> total;  ///< of the whole object
  bool last = false;                   ///< the object ends with this body
  bool grows = false;                  ///< the object has no end that anybody says
  bool has_first_bytes = false;        ///< kCreation: the body is no description but the object's beginning
  bool announces = false;              ///< kPiece without body: the object is to come, and `total` is its size
  bool is_material = false;            ///< kCreation: a later concatenation takes what is created
  std::string whole;                   ///< kPart: key of the object that it is for
  std::vector<std::string> parts;      ///< kConcatenation: keys, in order
  PartListForm list = PartListForm::kNone;
  std::string source;      ///< kCopy, or a kPart without bytes: what is copied
  WebAddress destination;  ///< kCopy: where to
  std::string file_name;   ///< of the object, where it is not that of the target
  std::string media_type;  ///< of the object, where it is not that of the body
};

/// A request as these protocols look at it.
struct RequestView {
  std::string_view method;  ///< X-HTTP-Method-Override in its place
  WebAddress address;       ///< never without site
  const Head& head;
};

/// `site`: of the Host, or the server's address where there is none. `head` must outlive the view.
RequestView view_request(std::string_view method, std::string_view site, std::string_view path, const Head& head);

UploadRequest read_upload_request(const RequestView& request);

/// The object that is written to this address piece by piece.
std::string upload_key(const WebAddress& address);

}  // namespace sallyport::http
