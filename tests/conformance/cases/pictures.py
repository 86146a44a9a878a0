"""Formats of pictures: those that only some programs know, and pictures inside and behind them."""
import io
import struct
import zlib

from PIL import Image

from case import case
from cases.containers import upload, zip_of


def tiff_with_sub_directory(thumbnail_size, directory_at, more=b""):
    """A camera's TIFF: the first directory is a small grey thumbnail, the picture is told by SubIFDs (tag 330) only."""
    width, height = thumbnail_size
    entries = [(254, 4, 1, 1), (256, 3, 1, width), (257, 3, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
               (273, 4, 1, 200), (277, 3, 1, 1), (278, 3, 1, height), (279, 4, 1, width * height), (330, 4, 1, directory_at)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return (b"II*\0" + struct.pack("<I", 8) + directory).ljust(200, b"\0") + bytes(width * height) + more


def png_with(chunk, content, png):
    body = chunk + content
    return png[:33] + struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body)) + png[33:]


@case("pictures/camera-raw-in-zip", "A camera's own format, which nothing decodes, holds the photo once more as a preview.")
def camera_raw_in_zip(case):
    preview = case.photo()
    raw = b"FUJIFILMCCD-RAW 0201FF129502".ljust(148, b"\0") + preview + bytes(5000)
    content = zip_of([("a.raf", raw)], compression=8)
    upload(case, "a.zip", content)
    case.expect(content)
    case.expect(raw, inside="zip:a.raf")
    case.expect(preview, inside="zip:a.raf/other_image:inside@148")


@case("pictures/camera-tiff", "The first directory of a TIFF is a thumbnail; the photo is a JPEG below it.")
def camera_tiff(case):
    photo = case.photo()
    content = tiff_with_sub_directory((16, 12), 392 + len(photo), photo)
    upload(case, "a.nef", content)
    case.expect(content)
    case.expect(photo, inside="tiff:inside@392")


@case("pictures/films", "QuickTime without a file type, MPEG, Flash and transport streams, one of them in a zip.")
def films(case):
    noise = case.photo(kind="PNG")[100:4000]
    made = {"a.mov": struct.pack(">I", len(noise) + 8) + b"mdat" + noise, "a.mpg": b"\0\0\1\xba\x44\0\4\0\4\1" + noise,
            "a.flv": b"FLV\1\5\0\0\0\x09" + noise,
            "a.ts": b"".join(b"\x47\x40" + noise[at:at + 186].ljust(186, b"\xff") for at in range(0, 3720, 186))}
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            for name, content in made.items():
                lab.curl("-T", case.file(name, content), web.url(f"put/{name}"))
    for name, content in made.items():
        case.expect(content, name=name)
        case.expect_not_inspected("unsupported_format")


@case("pictures/behind-any", "A photo behind a TIFF, a JPEG 2000 and a bitmap behind a JPEG.")
def behind_any(case):
    shown = Image.open(io.BytesIO(case.photo()))
    made = {}
    for name, kind in (("a.tif", "TIFF"), ("a.jp2", "JPEG2000")):
        out = io.BytesIO()
        shown.save(out, kind)
        made[name] = (out.getvalue(), case.photo())
    made["a.jpg"] = (case.photo(), case.photo(kind="BMP", size=(64, 48)))
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            for name, (first, second) in made.items():
                lab.curl("-T", case.file(name, first + second), web.url(f"put/{name}"))
    places = {"a.tif": "tiff:inside@*", "a.jp2": "jpeg_2000:trailing@*", "a.jpg": "jpeg:trailing@*"}
    for name, (first, second) in made.items():
        case.expect(first + second, name=name, flags=["trailing_data"] if name != "a.tif" else [])
        case.expect(second, inside=places[name])


@case("pictures/in-metadata", "A photo in the Exif chunk of a PNG.")
def in_metadata(case):
    hidden = case.photo()
    content = png_with(b"eXIf", b"II*\0\x08\0\0\0\0\0" + bytes(4) + hidden, case.photo(kind="PNG"))
    upload(case, "a.png", content)
    case.expect(content)
    case.expect(hidden, inside="png:inside@*")


@case("pictures/page-in-zip", "A web page with a photo in base64, and a photo behind one other byte, in a zip.")
def page_in_zip(case):
    import base64

    first, second = case.photo(), case.photo()
    page = b"<html><body><img src=\"data:image/jpeg;base64," + base64.b64encode(first) + b"\"></body></html>"
    content = zip_of([("a.html", page), ("b.bin", b"\1" + second)], compression=8)
    upload(case, "a.zip", content)
    case.expect(content)
    case.expect(first, inside="zip:a.html/base64@1")
    case.expect(second, inside="zip:b.bin/carved@1")
