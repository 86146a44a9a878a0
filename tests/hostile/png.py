"""PNG (ISO/IEC 15948): small files that unpack to gigabytes, chunks that lie about themselves."""
import io
import random
import zlib

from PIL import Image

from case import CLEAN, DECODE_ERROR, TOO_LARGE, Cases, be16, be32, zeros_deflated
from jpeg import picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, payload=b""):
    return be32(len(payload)) + kind + payload + be32(zlib.crc32(kind + payload))


def header(width, height, depth=8, colour=2, interlace=0):
    return chunk(b"IHDR", be32(width) + be32(height) + bytes([depth, colour, 0, 0, interlace]))


def png(*chunks):
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND")


def encoded(image=None, **options):
    out = io.BytesIO()
    (image or picture()).save(out, "PNG", **options)
    return out.getvalue()


def pixels(image=None):
    """The IDAT of the picture, whole."""
    image = image or picture()
    row = image.width * len(image.getbands())
    raw = image.tobytes()
    return zlib.compress(b"".join(b"\0" + raw[at:at + row] for at in range(0, len(raw), row)))


def sizes(cases):
    data = chunk(b"IDAT", pixels())
    for width, height in ((0x7FFFFFFF, 0x7FFFFFFF), (65535, 65535), (1 << 20, 1 << 20), (100000, 100000), (20000, 20000)):
        cases.add(f"size-{width}x{height}", png(header(width, height), data), TOO_LARGE, why="a header that promises gigabytes")
    for width, height in ((0, 64), (64, 0), (0x80000000, 1), (0xFFFFFFFF, 0xFFFFFFFF)):
        cases.add(f"size-{width:x}-{height:x}", png(header(width, height), data), DECODE_ERROR, TOO_LARGE, why="no size at all, or a negative one")
    bomb = zeros_deflated(3 * 30000 * 30000 // 8)
    cases.add("bomb-30000x30000", png(header(30000, 30000), chunk(b"IDAT", bomb)), TOO_LARGE, why="half a megabyte that unpacks to gigabytes")
    cases.add("bomb-in-limits", png(header(10000, 9000, 1, 0), chunk(b"IDAT", zeros_deflated(1251 * 9000))), CLEAN, why="90 million pixels in some kilobytes, within the limit")
    cases.add("interlaced-bomb", png(header(30000, 30000, interlace=1), chunk(b"IDAT", bomb)), TOO_LARGE, why="the same in seven passes")
    cases.add("more-than-promised", png(header(96, 64), chunk(b"IDAT", zeros_deflated(1 << 30))), DECODE_ERROR, CLEAN, why="a gigabyte of rows behind the last one")


def headers(cases):
    data = chunk(b"IDAT", pixels())
    for depth, colour in ((0, 2), (3, 2), (16, 3), (32, 0), (8, 1), (8, 5), (8, 7), (255, 255)):
        cases.add(f"depth-{depth}-colour-{colour}", png(header(96, 64, depth, colour), data), DECODE_ERROR, why="a combination that is not defined")
    cases.add("interlace-9", png(header(96, 64, interlace=9), data), DECODE_ERROR, why="an unknown way to interlace")
    cases.add("depth-16", encoded(picture(mode="L").convert("I").point(lambda v: v * 256).convert("I;16")), CLEAN, why="16 bits a sample")
    cases.add("alpha", encoded(picture(mode="RGBA")), CLEAN, why="transparency")
    cases.add("palette", encoded(picture().quantize(16)), CLEAN, why="a palette")
    cases.add("two-headers", SIGNATURE + header(96, 64) + header(65535, 65535) + data + chunk(b"IEND"), CLEAN, DECODE_ERROR, TOO_LARGE, why="two sizes, one of them too large")
    cases.add("header-later", SIGNATURE + chunk(b"tEXt", b"a\0b") + header(96, 64) + data + chunk(b"IEND"), DECODE_ERROR, why="the header is not first")
    cases.add("header-short", SIGNATURE + chunk(b"IHDR", be32(96) + be32(64)) + data, DECODE_ERROR, why="a header cut off")


def chunks(cases):
    head, data = header(96, 64), pixels()
    whole = chunk(b"IDAT", data)
    cases.add("no-idat", png(head), DECODE_ERROR, why="no picture")
    cases.add("crc-wrong", png(head, whole[:-1] + bytes([whole[-1] ^ 1])), DECODE_ERROR, CLEAN, why="a wrong checksum")
    cases.add("chunk-length-2g", SIGNATURE + head + b"\x7f\xff\xff\xffIDAT" + data, DECODE_ERROR, why="a chunk of two gigabytes")
    cases.add("chunk-length-4g", SIGNATURE + head + b"\xff\xff\xff\xffIDAT" + data, DECODE_ERROR, why="a chunk longer than allowed")
    cases.add("idat-of-one-byte", png(head, *(chunk(b"IDAT", bytes([byte])) for byte in data)), CLEAN, why="a chunk for each byte")
    cases.add("idat-empty-50000", png(head, *[chunk(b"IDAT")] * 50000, whole), CLEAN, DECODE_ERROR, why="chunks with nothing in them")
    cases.add("text-bomb", png(head, chunk(b"zTXt", b"a\0\0" + zeros_deflated(1 << 30)), whole), CLEAN, DECODE_ERROR, why="a comment that unpacks to a gigabyte")
    cases.add("international-text-bomb", png(head, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros_deflated(1 << 30)), whole), CLEAN, DECODE_ERROR, why="the same in UTF-8")
    cases.add("profile-bomb", png(head, chunk(b"iCCP", b"a\0\0" + zeros_deflated(1 << 30)), whole), CLEAN, DECODE_ERROR, why="a colour profile that unpacks to a gigabyte")
    cases.add("text-50000", png(head, *[chunk(b"tEXt", b"a\0b")] * 50000, whole), CLEAN, DECODE_ERROR, why="a long row of comments")
    cases.add("palette-missing", png(header(96, 64, 8, 3), chunk(b"IDAT", pixels(picture(mode="L")))), DECODE_ERROR, why="indices into nothing")
    cases.add("palette-257", png(header(96, 64, 8, 3), chunk(b"PLTE", bytes(3 * 257)), chunk(b"IDAT", pixels(picture(mode="L")))), DECODE_ERROR, why="more colours than indices")
    cases.add("palette-index-beyond", png(header(96, 64, 8, 3), chunk(b"PLTE", bytes(3)), chunk(b"IDAT", pixels(picture(mode="L")))), CLEAN, DECODE_ERROR, why="indices behind the palette")
    cases.add("transparency-long", png(head, chunk(b"tRNS", bytes(1000)), whole), CLEAN, DECODE_ERROR, why="transparency of no kind")
    cases.add("unknown-critical", png(head, chunk(b"ABCD", bytes(10)), whole), DECODE_ERROR, CLEAN, why="a chunk that must be understood, and cannot")
    cases.add("no-iend", SIGNATURE + head + whole, CLEAN, DECODE_ERROR, why="no end")
    filters = bytearray(zlib.decompress(data))
    for row in range(64):
        filters[row * (96 * 3 + 1)] = 9
    cases.add("filter-9", png(head, chunk(b"IDAT", zlib.compress(bytes(filters)))), DECODE_ERROR, why="an unknown row filter")
    cases.add("deflate-noise", png(head, chunk(b"IDAT", random.Random(3).randbytes(3000))), DECODE_ERROR, why="no zlib stream")
    cases.add("deflate-cut", png(head, chunk(b"IDAT", data[:len(data) // 2])), DECODE_ERROR, why="half a zlib stream")
    frames = [chunk(b"fcTL", be32(2 * i) + be32(96) + be32(64) + bytes(8) + be16(1) + be16(10) + b"\0\0") + chunk(b"fdAT", be32(2 * i + 1) + data) for i in range(1, 200)]
    cases.add("animated-200", png(head, chunk(b"acTL", be32(200) + be32(0)), whole, *frames), CLEAN, "unsupported_format", why="199 further frames that nobody looks at")


def cuts(cases):
    plain = encoded(picture((640, 480)))
    cases.add_cuts(plain, (8, 20, 33, 45, len(plain) // 2, len(plain) - 30), DECODE_ERROR)
    cases.add_mutations([plain], range(1, 9), 8, CLEAN, DECODE_ERROR, TOO_LARGE)


def cases():
    all_cases = Cases("png", "png")
    for family in (sizes, headers, chunks, cuts):
        family(all_cases)
    return all_cases.all
