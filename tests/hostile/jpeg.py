"""JPEG (ITU-T T.81): headers that promise too much, tables that are broken, entropy data that ends or never does."""
import io
import random

import numpy
from PIL import Image

from case import CLEAN, DECODE_ERROR, TOO_LARGE, UNSUPPORTED, Cases, be16, be32, le16, le32

SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def picture(size=(96, 64), mode="RGB"):
    noise = numpy.random.default_rng(7).integers(0, 256, (size[1] // 8, size[0] // 8, len(mode)), dtype=numpy.uint8)
    return Image.fromarray(noise.squeeze(), mode).resize(size, Image.BICUBIC)


def encoded(image=None, **options):
    out = io.BytesIO()
    (image or picture()).save(out, "JPEG", quality=85, **options)
    return out.getvalue()


def segment(marker, payload):
    return bytes([0xFF, marker]) + be16(len(payload) + 2) + payload


def segments(jpeg):
    """[(marker, whole segment)] up to and with SOS; then the entropy data and what follows."""
    found, at = [], 2
    while True:
        size = int.from_bytes(jpeg[at + 2:at + 4], "big") + 2
        found.append((jpeg[at + 1], jpeg[at:at + size]))
        at += size
        if found[-1][0] == 0xDA:
            return found, jpeg[at:]


def rebuilt(jpeg, change):
    """Each segment as `change(marker, segment)` has it; None leaves it out."""
    found, rest = segments(jpeg)
    kept = (change(marker, whole) for marker, whole in found)
    return SOI + b"".join(whole for whole in kept if whole is not None) + rest


def sized(jpeg, width, height):
    def change(marker, whole):
        return whole[:5] + be16(height) + be16(width) + whole[9:] if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) else whole
    return rebuilt(jpeg, change)


def with_frame_type(jpeg, marker):
    return rebuilt(jpeg, lambda m, whole: bytes([0xFF, marker]) + whole[2:] if m in (0xC0, 0xC2) else whole)


def inserted(jpeg, *added):
    return SOI + b"".join(added) + jpeg[2:]


def without(jpeg, marker):
    return rebuilt(jpeg, lambda m, whole: None if m == marker else whole)


def with_components(jpeg, factors):
    """The sampling factors of the frame's components replaced."""
    def change(marker, whole):
        if marker not in (0xC0, 0xC2):
            return whole
        body = bytearray(whole)
        for i, factor in enumerate(factors):
            body[11 + 3 * i] = factor
        return bytes(body)
    return rebuilt(jpeg, change)


def sizes(cases):
    plain, progressive = encoded(), encoded(progressive=True)
    for width, height in ((65535, 65535), (65500, 65500), (65535, 20000), (20000, 65535), (40000, 40000)):
        cases.add(f"size-{width}x{height}", sized(plain, width, height), TOO_LARGE, why="a header that promises gigabytes")
        cases.add(f"progressive-{width}x{height}", sized(progressive, width, height), TOO_LARGE, why="coefficients of all of it would be kept")
    for width, height in ((65535, 1), (1, 65535), (65535, 1500), (1500, 65535)):
        cases.add(f"thin-{width}x{height}", sized(plain, width, height), DECODE_ERROR, why="few bytes for many rows")
    for width, height in ((0, 0), (0, 64)):
        cases.add(f"empty-{width}x{height}", sized(plain, width, height), DECODE_ERROR, why="no columns")
    cases.add("height-by-dnl", sized(plain, 96, 0), DECODE_ERROR, why="the height comes behind the scan (DNL), which hardly any reader knows")


def tables(cases):
    plain = encoded()
    for marker, name in ((0xDB, "dqt"), (0xC0, "sof")):
        cases.add(f"no-{name}", without(plain, marker), DECODE_ERROR, why="a table that the scan needs is missing")
    cases.add("no-dht", without(plain, 0xC4), CLEAN, DECODE_ERROR, why="motion JPEG leaves out Huffman tables; the data was not made with the usual ones")
    cases.add("no-sos", SOI + b"".join(whole for marker, whole in segments(plain)[0] if marker != 0xDA) + EOI, DECODE_ERROR, why="no scan at all")
    counts = bytes([0x00] + [255] * 16)
    cases.add("dht-counts-overflow", inserted(plain, segment(0xC4, counts + bytes(255))), DECODE_ERROR, why="4080 codes in a table of 256")
    cases.add("dht-oversubscribed", rebuilt(plain, lambda m, whole: segment(0xC4, bytes([0x00, 3] + [0] * 15 + [1, 2, 3])) if m == 0xC4 else whole),
              DECODE_ERROR, why="three codes of one bit")
    cases.add("dht-short", rebuilt(plain, lambda m, whole: segment(0xC4, whole[4:14]) if m == 0xC4 else whole), DECODE_ERROR, why="a Huffman table cut off")
    cases.add("dqt-zero", rebuilt(plain, lambda m, whole: whole[:5] + bytes(len(whole) - 5) if m == 0xDB else whole), CLEAN, DECODE_ERROR,
              why="quantisation by nothing")
    cases.add("dqt-number-9", rebuilt(plain, lambda m, whole: whole[:4] + b"\x09" + whole[5:] if m == 0xDB else whole), DECODE_ERROR, why="there are four tables")
    cases.add("dqt-short", rebuilt(plain, lambda m, whole: segment(0xDB, whole[4:20]) if m == 0xDB else whole), DECODE_ERROR, why="a quantisation table cut off")
    for size in (0, 1):
        cases.add(f"segment-length-{size}", inserted(plain, b"\xff\xe1" + be16(size)), CLEAN, DECODE_ERROR, why="a segment shorter than its own length field")
    cases.add("segment-beyond-end", plain[:2] + b"\xff\xe1\xff\xff" + plain[2:300], DECODE_ERROR, why="a segment longer than the file")
    cases.add("four-thousand-segments", inserted(plain, segment(0xFE, b"x") * 4000), CLEAN, why="a long row of comments")
    cases.add("fifty-thousand-segments", inserted(plain, segment(0xFE, b"x") * 50000), CLEAN, DECODE_ERROR, why="a longer one")
    cases.add("two-frames", rebuilt(plain, lambda m, whole: whole * 2 if m == 0xC0 else whole), DECODE_ERROR, why="a second frame header")
    cases.add("dri-one", rebuilt(plain, lambda m, whole: segment(0xDD, be16(1)) + whole if m == 0xDA else whole), DECODE_ERROR,
              why="restart markers are promised and never come")


def frames(cases):
    plain = encoded()
    for marker, name in ((0xC1, "extended"), (0xC3, "lossless"), (0xC5, "hierarchical"), (0xC9, "arithmetic"), (0xCB, "lossless-arithmetic"), (0xCF, "sof15")):
        reasons = {0xC1: (CLEAN,), 0xC9: (CLEAN, DECODE_ERROR)}.get(marker, (DECODE_ERROR,))  # arithmetic data is never invalid
        cases.add(f"frame-{name}", with_frame_type(plain, marker), *reasons, why="a kind of frame that readers seldom meet")
    cases.add("precision-12", rebuilt(plain, lambda m, whole: whole[:4] + b"\x0c" + whole[5:] if m == 0xC0 else whole), DECODE_ERROR, why="12 bits a sample")
    cases.add("precision-0", rebuilt(plain, lambda m, whole: whole[:4] + b"\x00" + whole[5:] if m == 0xC0 else whole), DECODE_ERROR, why="no bits a sample")
    cases.add("components-255", rebuilt(plain, lambda m, whole: whole[:9] + b"\xff" + whole[10:] if m == 0xC0 else whole), DECODE_ERROR, why="255 components")
    cases.add("components-0", rebuilt(plain, lambda m, whole: whole[:9] + b"\x00" + whole[10:] if m == 0xC0 else whole), DECODE_ERROR, why="no component")
    for name, factors in (("4x4", (0x44, 0x11, 0x11)), ("3x1", (0x31, 0x11, 0x11)), ("1x4", (0x14, 0x11, 0x11)), ("chroma-above", (0x11, 0x22, 0x22)),
                          ("0x0", (0x00, 0x11, 0x11)), ("15x15", (0xFF, 0x11, 0x11)), ("not-whole", (0x32, 0x21, 0x11)), ("all-4x4", (0x44, 0x44, 0x44))):
        cases.add(f"sampling-{name}", with_components(plain, factors), CLEAN, DECODE_ERROR, why="sampling that does not fit the data")
    for mode in ("L", "CMYK"):
        cases.add(f"mode-{mode.lower()}", encoded(picture(mode=mode)), CLEAN, why="another number of components")
    cmyk = encoded(picture(mode="CMYK"))
    cases.add("cmyk-without-adobe", without(cmyk, 0xEE), CLEAN, why="four components that nobody names")
    cases.add("adobe-transform-9", rebuilt(cmyk, lambda m, whole: whole[:-1] + b"\x09" if m == 0xEE else whole), CLEAN, DECODE_ERROR, why="an unknown colour transform")


def scans(cases):
    plain, progressive = encoded(), encoded(progressive=True)
    found, rest = segments(plain)
    sos = found[-1][1]
    body = rest[:-2]
    cases.add("scan-repeated-99", plain[:-2] + (sos + body) * 98 + EOI, CLEAN, DECODE_ERROR, why="a picture decoded again and again")
    first, rest = segments(progressive)
    dc_scan = first[-1][1] + rest[:rest.index(b"\xff\xc4")]
    head = progressive[:progressive.index(first[-1][1])]
    for count in (200, 1000, 20000):
        cases.add(f"progressive-scans-{count}", head + dc_scan * count + EOI, DECODE_ERROR, why="each scan costs the whole picture")
    large = encoded(picture((4096, 4096)), progressive=True)
    first, rest = segments(large)
    tiny = first[-1][1] + b"\x00"
    cases.add("progressive-large-empty-scans", large[:large.index(first[-1][1])] + tiny * 1000 + EOI, DECODE_ERROR, why="1000 scans of 16 million pixels in 20 KB")
    for marker in range(0xD0, 0xD8, 3):
        cases.add(f"stray-rst{marker - 0xD0}", plain[:-40] + bytes([0xFF, marker]) + plain[-40:], CLEAN, DECODE_ERROR, why="a restart marker where none belongs")
    cases.add("restarts-out-of-order", encoded(restart_marker_rows=1).replace(b"\xff\xd1", b"\xff\xd5"), CLEAN, DECODE_ERROR, why="restart markers in the wrong order")
    cases.add("noise-in-scan", plain[:-len(body) - 2] + random.Random(1).randbytes(len(body)) + EOI, DECODE_ERROR, CLEAN, why="entropy data that is noise")
    cases.add("zeros-in-scan", plain[:-len(body) - 2] + bytes(1 << 20) + EOI, DECODE_ERROR, CLEAN, why="a megabyte of nothing in the scan")
    cases.add("fill-bytes", plain[:2] + b"\xff" * (1 << 20) + plain[2:], CLEAN, DECODE_ERROR, why="a megabyte of fill bytes before a marker")


def cuts(cases):
    for kind, jpeg in (("plain", encoded(picture((640, 480)))), ("progressive", encoded(picture((640, 480)), progressive=True))):
        sizes = (4, 20, 200, 650, len(jpeg) // 4, len(jpeg) // 2, len(jpeg) - 200, len(jpeg) - 3)
        cases.add_cuts(jpeg, sizes, DECODE_ERROR, name=f"cut-{kind}")
    plain = encoded()
    cases.add("no-eoi", plain[:-2], CLEAN, DECODE_ERROR, why="the end is missing, the picture is not")
    cases.add("soi-twice", SOI + plain, CLEAN, DECODE_ERROR, why="it begins twice")
    cases.add("only-soi-eoi", SOI + EOI, DECODE_ERROR, why="nothing between begin and end")
    cases.add("megabytes-behind", plain + bytes(4 << 20), CLEAN, DECODE_ERROR, why="bytes behind the end")


def tiff_block(entries, next_ifd=0):
    return b"II*\0" + le32(8) + le16(len(entries)) + b"".join(le16(tag) + le16(kind) + le32(count) + le32(value) for tag, kind, count, value in entries) + le32(next_ifd)


def metadata(cases):
    plain = encoded()
    exif = b"Exif\0\0"
    cases.add("exif-ifd-loop", inserted(plain, segment(0xE1, exif + tiff_block([(0x0112, 3, 1, 6)], next_ifd=8))), CLEAN, why="a directory whose next is itself")
    cases.add("exif-sub-ifd-loop", inserted(plain, segment(0xE1, exif + tiff_block([(0x8769, 4, 1, 8), (0x0112, 3, 1, 3)]))), CLEAN, why="a sub-directory that is its own parent")
    cases.add("exif-65535-entries", inserted(plain, segment(0xE1, exif + b"II*\0" + le32(8) + le16(65535) + bytes(3000))), CLEAN, why="more entries than bytes")
    cases.add("exif-count-overflow", inserted(plain, segment(0xE1, exif + tiff_block([(0x010F, 2, 0xFFFFFFFF, 0xFFFFFFF0)]))), CLEAN, why="a value at the end of 32 bits")
    cases.add("exif-orientation-99", inserted(plain, segment(0xE1, exif + tiff_block([(0x0112, 3, 1, 99)]))), CLEAN, why="turned in no known way")
    cases.add("exif-offset-beyond", inserted(plain, segment(0xE1, exif + b"MM\0*" + be32(0x7FFFFFFF))), CLEAN, why="a directory far behind the end")
    cases.add("exif-many", inserted(plain, segment(0xE1, exif + tiff_block([(0x0112, 3, 1, 6)]) + bytes(60000)) * 60), CLEAN, DECODE_ERROR, why="4 MB of EXIF")
    thumbnail = encoded(picture((64, 48)))
    nested = plain
    for _ in range(12):
        nested = inserted(plain, segment(0xE1, exif + b"II*\0" + le32(8) + bytes(6) + nested)) if len(nested) < 60000 else nested
    cases.add("thumbnails-nested", nested, CLEAN, why="a thumbnail in a thumbnail, twelve deep")
    cases.add("thumbnail-65535", inserted(plain, segment(0xE1, exif + bytes(8) + sized(thumbnail, 65535, 65535))), CLEAN, TOO_LARGE, why="a preview that promises gigabytes")
    cases.add("icc-bomb", inserted(plain, *(segment(0xE2, b"ICC_PROFILE\0" + bytes([i, 255]) + bytes(65000)) for i in range(1, 255))), CLEAN, DECODE_ERROR, why="a colour profile of 16 MB")
    cases.add("icc-wrong-count", inserted(plain, segment(0xE2, b"ICC_PROFILE\0" + bytes([7, 3]) + bytes(100))), CLEAN, DECODE_ERROR, why="part 7 of 3")
    cases.add("jfif-thumbnail-255", inserted(plain, segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\xff\xff" + bytes(3000))), CLEAN, DECODE_ERROR, why="a thumbnail larger than its segment")
    cases.add("comment-64k-times-100", inserted(plain, segment(0xFE, b"A" * 65533) * 100), CLEAN, DECODE_ERROR, why="6 MB of comments")


def mutations(cases):
    plain, progressive = encoded(picture((320, 240))), encoded(picture((320, 240)), progressive=True)
    cases.add_mutations([plain, progressive], [1 + seed % 6 for seed in range(24)], 2, CLEAN, DECODE_ERROR, TOO_LARGE, UNSUPPORTED)


def cases():
    all_cases = Cases("jpeg", "jpg")
    for family in (sizes, tables, frames, scans, cuts, metadata, mutations):
        family(all_cases)
    return all_cases.all
