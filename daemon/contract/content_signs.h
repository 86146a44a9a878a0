// The signs by which formats are told, once for all who ask: the daemon, by the first bytes on the wire
// (transfer/content_sniffer.h), and the worker, by all bytes (worker/unpack/container_type.h). What one of them took
// for nothing while the other knows it would be clean without having been looked at.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// By the very first bytes. Nothing: no format known here begins so; kUnknown: one may, more bytes are needed. An
/// answer is the same for every longer `start`. `at_end`: no more will come. Pure. Sources: ITU-T T.81 B.1.1.3, PNG 3rd
/// ed. 5.2, GIF89a 17, TIFF 6.0 2, RFC 9649 2.3 (WebP), ISO/IEC 15444-1 I.5.1, ISO/IEC 23008-12 10.2 (HEIF brands),
/// AVIF 1.1 6, ISO/IEC 18181-2, Truevision TGA 2.0, QuickTime File Format 2001-03-01 (atoms), RFC 1952 2.3.1.
std::optional<ContentType> type_by_start(Bytes start, bool at_end);

/// What shows itself at a place behind the start, or only by several signs together; PDF headers, which may stand
/// anywhere in the first kilobyte, are not among it. `bytes`: limits::kSniffBytes, or all there is if that is less.
/// kUnknown: none. Pure. Sources: pax(1) "ustar Interchange Format", DICOM PS3.10 7.1, ISO/IEC 13818-1 2.4.3.2, ppm(5),
/// pam(5), MS-EMF 2.3.4.2.
ContentType type_further_in(Bytes bytes);

/// Whether a PDF header stands where readers accept it, the first kilobyte (ISO 32000 implementation note), and not
/// only because the first file of a tar is one.
bool holds_pdf_header(Bytes bytes);

/// One past the mark of an ISO 9660 image (ECMA-119 8.1): volume descriptors begin at byte 32768.
inline constexpr std::size_t kIsoSniffBytes = 32774;
/// Told by kIsoSniffBytes, and by nothing less.
bool is_iso(Bytes bytes);

/// A message begins with header fields (RFC 5322 2.2): two that other texts do not have are enough.
bool is_email(Bytes bytes);
/// Markup that begins with an element or a declaration and has an svg element near.
bool is_svg(Bytes bytes);

}  // namespace sallyport
