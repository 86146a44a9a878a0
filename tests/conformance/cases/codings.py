"""Content codings: the same photo whole, in chunks, under each coding, stacked, mislabelled, and under codings that nobody here removes."""
import gzip
import zlib

import brotli
import zstandard

from case import case


def chunked(body):
    return b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 1000]), body[i:i + 1000]) for i in range(0, len(body), 1000)) + b"0\r\n\r\n"


def respond(case, wire, fields, in_chunks=False):
    talk = case.conversation()
    talk.client(b"GET /lane.jpg HTTP/1.1\r\nHost: codings.example\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n")
    framing = b"Transfer-Encoding: chunked\r\n" if in_chunks else b"Content-Length: %d\r\n" % len(wire)
    talk.server(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n" + fields + framing + b"\r\n" + (chunked(wire) if in_chunks else wire))
    talk.close()


CODERS = {b"gzip": lambda body: gzip.compress(body, mtime=0), b"x-gzip": lambda body: gzip.compress(body, mtime=0), b"deflate": zlib.compress,
          b"br": brotli.compress, b"zstd": lambda body: zstandard.ZstdCompressor().compress(body)}


@case("codings/same-photo", "One photo whole, in chunks, and under gzip, x-gzip, deflate, br and zstd, each of them with a length and in chunks.", lossy=True)
def same_photo(case):
    photo = case.photo()
    for in_chunks in (False, True):
        respond(case, photo, b"", in_chunks)
        respond(case, photo, b"Content-Encoding: identity\r\n", in_chunks)
        case.expect(photo)
        case.expect(photo)
        for label, coder in CODERS.items():
            respond(case, coder(photo), b"Content-Encoding: " + label + b"\r\n", in_chunks)
            case.expect(photo)


@case("codings/stacked", "Each pair of codings on top of each other.")
def stacked(case):
    for first in (b"gzip", b"deflate", b"br", b"zstd"):
        for second in (b"gzip", b"deflate", b"br", b"zstd"):
            photo = case.photo(size=(64, 48))
            respond(case, CODERS[second](CODERS[first](photo)), b"Content-Encoding: " + first + b", " + second + b"\r\n", True)
            case.expect(photo)


@case("codings/mislabelled", "The label names another coding, or none, than the bytes are in. What no label announces stays an archive.")
def mislabelled(case):
    for label in (b"gzip", b"deflate"):
        for coder in (b"gzip", b"deflate", b"zstd"):
            if coder != label:
                photo = case.photo(size=(64, 48))
                respond(case, CODERS[coder](photo), b"Content-Encoding: " + label + b"\r\n")
                case.expect(photo, flags=["coding_mismatch"])
    photo = case.photo(size=(64, 48))
    respond(case, photo, b"Content-Encoding: br\r\n")
    case.expect(photo, flags=["coding_mismatch"])


@case("codings/zstd-frames", "Several zstd frames, skippable ones between them; a window of 8 MiB, the most RFC 9659 allows.")
def zstd_frames(case):
    photo = case.photo()
    skip = b"\x50\x2a\x4d\x18\x04\x00\x00\x00skip"
    coder = zstandard.ZstdCompressor()
    respond(case, skip + coder.compress(photo[:5000]) + skip + coder.compress(photo[5000:]), b"Content-Encoding: zstd\r\n")
    case.expect(photo)
    parameters = zstandard.ZstdCompressionParameters(window_log=23)
    respond(case, zstandard.ZstdCompressor(compression_params=parameters).compress(photo), b"Content-Encoding: zstd\r\n")
    case.expect(photo)


@case("codings/unknown", "compress, exi, dictionary codings (dcb, dcz): told as such, never as clean.")
def unknown(case):
    for label in (b"compress", b"x-compress", b"exi", b"dcb", b"dcz", b"aes128gcm"):
        photo = case.photo(size=(64, 48))
        respond(case, bytes(byte ^ 0x55 for byte in photo), b"Content-Encoding: " + label + b"\r\n")
        case.expect_not_inspected("unknown_coding")


@case("codings/broken", "A gzip body that breaks in the middle is not whole.")
def broken(case):
    photo = case.photo()
    packer = zlib.compressobj(wbits=31)
    no_such_block = b"\x07"  # BTYPE 11, RFC 1951 3.2.3
    wire = packer.compress(photo[:5000]) + packer.flush(zlib.Z_FULL_FLUSH) + no_such_block + photo[5000:]
    respond(case, wire, b"Content-Encoding: gzip\r\n")
    case.expect_not_inspected("unknown_coding")


@case("codings/nginx-gzip", "nginx compresses what curl asks for; the same photo plain and compressed.", lossy=True)
def nginx_gzip(case):
    photo = case.photo()
    with case.lab() as lab:
        web = lab.nginx()
        (web.files / "lane.jpg").write_bytes(photo)
        with lab.record():
            lab.curl(web.url("lane.jpg"))
            lab.curl("--compressed", web.url("gzip/lane.jpg"))
    case.expect(photo, name="lane.jpg")
    case.expect(photo, name="lane.jpg")
