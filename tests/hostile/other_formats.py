"""BMP, TIFF, WebP, JPEG 2000, and formats that nothing here decodes."""
import io
import random
import struct

from case import CLEAN, DECODE_ERROR, TOO_LARGE, UNSUPPORTED, Cases, be16, be32, le16, le32, zeros_deflated
from jpeg import encoded as jpeg_encoded
from jpeg import picture


def encoded(kind, image=None, **options):
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def damaged(c, plain, first):
    c.add_cuts(plain, (first, first + 20, len(plain) // 2, len(plain) - 10), DECODE_ERROR, UNSUPPORTED)
    c.add_mutations([plain], range(1, 6), first, CLEAN, DECODE_ERROR, TOO_LARGE, UNSUPPORTED)


def bmp(width, height, bits=24, compression=0, colours=0, offset=54, pixels=b""):
    info = le32(40) + struct.pack("<ii", width, height) + le16(1) + le16(bits) + le32(compression) + le32(0) + bytes(8) + le32(colours) + le32(0)
    return b"BM" + le32(14 + len(info) + len(pixels)) + bytes(4) + le32(offset) + info + pixels


def bmp_cases():
    c = Cases("bmp", "bmp")
    rows = bytes(3 * 64 * 64)
    for width, height in ((65535, 65535), (0x7FFFFFFF, 0x7FFFFFFF), (0x7FFFFFFF, 1), (30000, -30000)):
        c.add(f"size-{width}x{height}", bmp(width, height, pixels=rows), TOO_LARGE, DECODE_ERROR, why="a header that promises gigabytes")
    for width, height in ((0, 64), (64, 0), (-64, 64), (64, -0x80000000)):
        c.add(f"size-{width}x{height}", bmp(width, height, pixels=rows), DECODE_ERROR, TOO_LARGE, why="no size, or a negative one")
    c.add("top-down", bmp(64, -64, pixels=rows), CLEAN, why="rows from the top")
    for bits in (0, 2, 7, 64, 65535):
        c.add(f"bits-{bits}", bmp(64, 64, bits, pixels=rows), DECODE_ERROR, why="no such depth")
    c.add("palette-4g", bmp(64, 64, 8, colours=0xFFFFFFFF, pixels=rows), DECODE_ERROR, CLEAN, why="a palette of four billion colours")
    c.add("offset-beyond", bmp(64, 64, offset=0x7FFFFFFF, pixels=rows), DECODE_ERROR, why="pixels behind the end")
    c.add("rle-escape-beyond", bmp(64, 64, 8, 1, 256, 54 + 1024, bytes(1024) + b"\0\2\xff\xff" * 200 + b"\0\1"), DECODE_ERROR, CLEAN, why="a jump out of the picture")
    c.add("rle-run-beyond", bmp(64, 64, 8, 1, 256, 54 + 1024, bytes(1024) + b"\xff\1" * 5000 + b"\0\1"), DECODE_ERROR, CLEAN, why="runs longer than the rows")
    c.add("rle-large", bmp(10000, 10000, 8, 1, 256, 54 + 1024, bytes(1024) + b"\0\1"), DECODE_ERROR, CLEAN, why="100 million pixels in a kilobyte")
    for compression in (4, 5, 99):
        c.add(f"compression-{compression}", bmp(64, 64, 24, compression, pixels=rows), DECODE_ERROR, UNSUPPORTED, why="no such compression")
    damaged(c, encoded("BMP"), first=30)
    return c.all


def tiff(entries, next_ifd=0, data=b"", order="<", version=42):
    """`entries`: (tag, type, count, value or offset); data begins behind the directory."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", version, 8)
    directory = struct.pack(order + "H", len(entries)) + b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
    return head + directory + struct.pack(order + "I", next_ifd) + data


def tiff_grey(width, height, *more, data=bytes(4096), replaced=(), next_ifd=0):
    base = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1), 277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, len(data))}
    base.update(dict(replaced))
    base.setdefault(273, (4, 1, 8 + 2 + 12 * (len(base) + 1 + len(more)) + 4))
    entries = sorted([(tag, *value) for tag, value in base.items()] + list(more))
    return tiff(entries, next_ifd, data)


def tiff_cases():
    c = Cases("tiff", "tif")
    for width, height in ((65535, 65535), (0xFFFFFFFF, 0xFFFFFFFF), (30000, 30000), (0x7FFFFFFF, 2)):
        c.add(f"size-{width}x{height}", tiff_grey(width, height), TOO_LARGE, DECODE_ERROR, why="a header that promises gigabytes")
    c.add("size-0", tiff_grey(0, 0), DECODE_ERROR, why="no size")
    c.add("ifd-loop", tiff_grey(64, 64, next_ifd=8), CLEAN, UNSUPPORTED, DECODE_ERROR, why="a page whose next is itself")
    c.add("ifd-65535", b"II*\0" + le32(8) + le16(65535) + bytes(5000), DECODE_ERROR, why="more entries than bytes")
    c.add("ifd-offset-beyond", b"II*\0" + le32(0x7FFFFFFF), DECODE_ERROR, why="a directory behind the end")
    c.add("ifd-empty", tiff([]), DECODE_ERROR, why="a directory without entries")
    for name, entry in (("strip-offset-beyond", (273, (4, 1, 0x7FFFFFFF))), ("strip-bytes-4g", (279, (4, 1, 0xFFFFFFFF))), ("strips-4g", (273, (4, 0xFFFFFFFF, 8))),
                        ("rows-per-strip-0", (278, (4, 1, 0))), ("samples-65535", (277, (3, 1, 65535))), ("bits-64", (258, (3, 1, 64))), ("bits-0", (258, (3, 1, 0))),
                        ("compression-9999", (259, (3, 1, 9999))), ("photometric-99", (262, (3, 1, 99)))):
        c.add(name, tiff_grey(64, 64, replaced=[entry]), DECODE_ERROR, CLEAN, TOO_LARGE, UNSUPPORTED, why="a directory that contradicts the data")
    c.add("deflate-bomb", tiff_grey(30000, 30000, replaced=[(259, (3, 1, 8))], data=zeros_deflated(1 << 28)), TOO_LARGE, why="a strip that unpacks to gigabytes")
    c.add("deflate-in-limits", tiff_grey(9000, 9000, replaced=[(259, (3, 1, 8))], data=zeros_deflated(9000 * 9000)), CLEAN, why="81 million pixels in 80 KB, within the limit")
    c.add("deflate-more", tiff_grey(64, 64, replaced=[(259, (3, 1, 8))], data=zeros_deflated(1 << 30)), CLEAN, DECODE_ERROR, why="a gigabyte behind the last row")
    c.add("lzw-noise", tiff_grey(64, 64, replaced=[(259, (3, 1, 5))], data=random.Random(6).randbytes(3000)), DECODE_ERROR, CLEAN, why="codes that are noise")
    c.add("tile-4g", tiff_grey(64, 64, (322, 4, 1, 0x80000000), (323, 4, 1, 0x80000000), (324, 4, 1, 200), (325, 4, 1, 4096)), DECODE_ERROR, TOO_LARGE, CLEAN,
          why="one tile larger than memory")
    pages = [picture((32, 32))] * 999
    c.add("pages-1000", encoded("TIFF", picture((32, 32)), save_all=True, append_images=pages), UNSUPPORTED, why="999 pages that nobody looks at")
    c.add("bigtiff", b"II" + le16(43) + le16(8) + le16(0) + struct.pack("<Q", 16) + struct.pack("<Q", 1 << 60), DECODE_ERROR, UNSUPPORTED, why="a directory of 64-bit numbers")
    c.add("float", encoded("TIFF", picture(mode="L").convert("F")), CLEAN, DECODE_ERROR, why="samples that are no integers")
    damaged(c, encoded("TIFF", compression="tiff_lzw"), first=8)
    return c.all


def riff(*chunks, size=None):
    body = b"WEBP" + b"".join(kind + le32(len(data)) + data + b"\0" * (len(data) % 2) for kind, data in chunks)
    return b"RIFF" + le32(len(body) if size is None else size) + body


def webp_cases():
    c = Cases("webp", "webp")
    plain = encoded("WEBP", picture((320, 240)))
    bits = plain[20:]
    for width, height in ((16383, 16383), (16383, 1)):
        sized = bits[:6] + le16(width) + le16(height) + bits[10:]
        c.add(f"lossy-{width}x{height}", riff((b"VP8 ", sized)), TOO_LARGE, DECODE_ERROR, why="few bytes for many macroblocks")
    c.add("lossless-16384", riff((b"VP8L", b"\x2f\xff\xff\xff\x0f" + bytes(200))), TOO_LARGE, DECODE_ERROR, why="268 million pixels in 200 bytes")
    c.add("lossless-noise", riff((b"VP8L", b"\x2f" + random.Random(8).randbytes(2000))), DECODE_ERROR, TOO_LARGE, why="codes that are noise")
    c.add("canvas-16m", riff((b"VP8X", b"\x10\0\0\0" + b"\xff" * 6), (b"VP8 ", bits)), TOO_LARGE, DECODE_ERROR, why="a canvas of 2^48 pixels")
    c.add("size-4g", riff((b"VP8 ", bits), size=0xFFFFFFFF), CLEAN, DECODE_ERROR, why="a file of four gigabytes, it says")
    c.add("size-0", riff((b"VP8 ", bits), size=0), DECODE_ERROR, CLEAN, why="a file of nothing, it says")
    c.add("no-chunk", riff(), DECODE_ERROR, UNSUPPORTED, why="nothing inside")
    frames = encoded("WEBP", picture((64, 64)), save_all=True, append_images=[picture((64, 64)).rotate(5 * i) for i in range(1, 40)])
    c.add("animated-40", frames, UNSUPPORTED, CLEAN, DECODE_ERROR, why="39 frames that nobody looks at")
    damaged(c, plain, first=12)
    return c.all


def codestream(width, height, tile=None, components=3, precision=7):
    tile = tile or (width, height)
    siz = be16(0) + be32(width) + be32(height) + be32(0) * 2 + be32(tile[0]) + be32(tile[1]) + be32(0) * 2 + be16(components) + bytes([precision, 1, 1]) * min(components, 100)
    cod = b"\0\0\0\1\1\5\4\4\0\0"
    qcd = b"\x40" + bytes(16)
    return b"\xff\x4f\xff\x51" + be16(len(siz) + 2) + siz + b"\xff\x52" + be16(len(cod) + 2) + cod + b"\xff\x5c" + be16(len(qcd) + 2) + qcd + b"\xff\x90" + be16(10) + bytes(6) + b"\0\1\xff\x93\xff\xd9"


def jp2(stream, width, height):
    def box(kind, data):
        return be32(len(data) + 8) + kind + data
    header = box(b"jp2h", box(b"ihdr", be32(height) + be32(width) + be16(3) + b"\7\7\0\0") + box(b"colr", b"\1\0\0" + be32(16)))
    return b"\0\0\0\x0cjP  \r\n\x87\n" + box(b"ftyp", b"jp2 " + be32(0) + b"jp2 ") + header + box(b"jp2c", stream)


def jpeg2000_cases():
    c = Cases("jpeg2000", "jp2")
    for width, height in ((0xFFFFFFFF, 0xFFFFFFFF), (65535, 65535), (30000, 30000)):
        c.add(f"size-{width}x{height}", jp2(codestream(width, height), width, height), TOO_LARGE, why="a header that promises gigabytes")
    c.add("two-sizes", jp2(codestream(60000, 60000), 64, 64), DECODE_ERROR, TOO_LARGE, why="the box is small, the stream is not")
    c.add("tiles-of-one", jp2(codestream(9000, 9000, (1, 1)), 9000, 9000), DECODE_ERROR, why="81 million tiles")
    c.add("components-16384", jp2(codestream(64, 64, components=16384), 64, 64), DECODE_ERROR, why="16384 components")
    c.add("precision-38", jp2(codestream(64, 64, precision=37), 64, 64), DECODE_ERROR, CLEAN, why="38 bits a sample")
    c.add("large-and-empty", jp2(codestream(9000, 9000), 9000, 9000), DECODE_ERROR, CLEAN, why="81 million pixels in 200 bytes")
    c.add("box-length-0", b"\0\0\0\x0cjP  \r\n\x87\n" + be32(0) + b"ftyp", DECODE_ERROR, UNSUPPORTED, why="a box to the end with nothing in it")
    c.add("box-length-1", b"\0\0\0\x0cjP  \r\n\x87\n" + be32(1) + b"ftyp" + b"\xff" * 8, DECODE_ERROR, UNSUPPORTED, why="a box of 2^64 bytes")
    return c.all


def undecoded_cases():
    c = Cases("others", "bin")
    def ftyp(brand):
        return be32(24) + b"ftyp" + brand + be32(0) + brand + b"mif1"
    for brand in (b"heic", b"avif", b"heix", b"hevc"):
        c.add(f"isobmff-{brand.decode()}", ftyp(brand) + be32(8) + b"mdat" + bytes(200), UNSUPPORTED, why="no decoder here")
    c.add("isobmff-meta-loop", ftyp(b"heic") + be32(0x7FFFFFFF) + b"meta" + bytes(100), UNSUPPORTED, DECODE_ERROR, why="a box behind the end")
    c.add("jxl", b"\xff\x0a" + bytes(100), UNSUPPORTED, why="no decoder here")
    c.add("jxl-box", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), UNSUPPORTED, why="no decoder here")
    c.add("ico-with-png-bomb", b"\0\0\1\0\1\0" + b"\0\0\0\0\1\0\x20\0" + le32(200) + le32(22) + b"\x89PNG\r\n\x1a\n" + be32(13) + b"IHDR" + be32(65535) + be32(65535) + b"\x08\x02\0\0\0" + bytes(4),
          UNSUPPORTED, TOO_LARGE, DECODE_ERROR, why="an icon with a bomb inside")
    c.add("psd-300000", b"8BPS" + be16(1) + bytes(6) + be16(3) + be32(300000) + be32(300000) + be16(8) + be16(3), UNSUPPORTED, why="no decoder here")
    c.add("exr", b"\x76\x2f\x31\x01\x02\0\0\0" + bytes(100), UNSUPPORTED, why="no decoder here")
    c.add("svg-xml-bomb", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "' + b"A" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
          UNSUPPORTED, CLEAN, why="entities that multiply")
    jpeg = jpeg_encoded()
    c.add("jpeg-behind-html", b"<html><body>" + b" " * 1000 + jpeg, CLEAN, DECODE_ERROR, UNSUPPORTED, why="a picture behind a page")
    c.add("jpeg-reversed", jpeg[::-1], CLEAN, UNSUPPORTED, why="a picture from its end to its begin")
    return c.all


def cases():
    return bmp_cases() + tiff_cases() + webp_cases() + jpeg2000_cases() + undecoded_cases()
