// Parts of read_image_header() that walk a structure; each is given bytes that begin with its signature.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/worker/image_header.h"

namespace sallyport {

/// Walks the marker segments to the frame header; takes the orientation from an Exif APP1 on the way.
void read_jpeg_header(Bytes image, ImageHeader& header);
void read_png_header(Bytes image, ImageHeader& header);
void read_webp_header(Bytes image, ImageHeader& header);
void read_tiff_header(Bytes image, ImageHeader& header);
/// From the SIZ marker of a raw codestream, or of the first codestream box of a JP2 file: the ihdr box may lie.
void read_jpeg_2000_header(Bytes image, ImageHeader& header);
/// The largest "ispe" property: a grid image has one for its tiles and one for the whole.
void read_heif_header(Bytes image, ImageHeader& header);
void read_jpeg_xl_header(Bytes image, ImageHeader& header);

}  // namespace sallyport
