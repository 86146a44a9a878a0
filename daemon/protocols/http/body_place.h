// Where the bytes of a body or of a part belong: at which offset of which object. RFC 9110 14.4, 14.6, 15.3.7.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/contract/transfer.h"
#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {

struct EntityOrigin;

/// A value.
struct BodyPlace {
  ObjectIdentity identity;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> size;   ///< of the body, where its range says it
  std::optional<std::uint64_t> total;  ///< of the object
  bool last = false;                   ///< the object ends where the body does
  bool resumable = false;              ///< a body that is cut is a piece too: another may go on where it stopped

  bool covers_all() const { return offset == 0 && total && size == total; }
};

/// Nothing where the body is an object of its own.
std::optional<BodyPlace> place_of(const EntityOrigin& origin, const Head& head);

/// The object that a body, begun as one of its own, is the beginning of when it is cut: a GET that can be asked for the
/// rest, a PUT that may go on, an upload that the server has given an address. Nothing where nobody can bring the rest.
std::optional<ObjectIdentity> resumes_as(const EntityOrigin& origin, const Head& head);

/// A range where the message cannot have one: a reader may take the body for the whole object.
bool has_stray_range(const EntityOrigin& origin, const Head& head);

}  // namespace sallyport::http
