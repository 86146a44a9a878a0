// Pictures inside picture files, and inside files that are little more than a wrapper of one.
#pragma once

#include "daemon/contract/content_type.h"
#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// What lies inside and behind an image: thumbnails in the segments of a JPEG (EXIF 2.32 4.6.3, JFIF, Photoshop) as
/// "jpeg:segment@POSITION"; images anywhere in other files, and in a JPEG that does not end, as "TYPE:inside@POSITION";
/// and what follows the end as "TYPE:trailing@POSITION". Images and archives behind the end are flagged, but for those
/// that a Multi-Picture Format segment (CIPA DC-007) announces. Where a type has no end of its own, such as TIFF, what
/// follows cannot be told from what is inside.
void read_image_surroundings(ContentType type, Bytes image, MemberSink& sink);

/// Images of an ICO or CUR file as "icon:NUMBER": PNGs as they are, bitmaps with the file header that they lack.
void read_icon(Bytes icon, MemberSink& sink);

/// Base64 "data:" URIs (RFC 2397) of an SVG as "svg:POSITION".
void read_svg(Bytes svg, MemberSink& sink);

/// Whole images anywhere in bytes whose structure is not read, and the first archive, as "PLACE@POSITION". False: the
/// budget is spent.
bool carve_members(std::string_view place, Bytes bytes, MemberSink& sink);

}  // namespace sallyport
