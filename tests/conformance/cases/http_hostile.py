"""HTTP/1 as no specification allows it and as tolerant clients read it all the same: families of variants, one capture a family.

A variant is one connection: a GET and a response with a small body. Its receiver has the body; where readers differ, what each of them
has is an object. Half of the bodies are pictures, half are 68 bytes of text: short bodies end in other places than long ones.
"""
import gzip
import zlib

from case import case

TEXT = b"X5O!P%sallyport(P^)7CC)7}$A-STANDARD-TEXT-OF-SIXTY-EIGHT-BYTES!$H+H*"
SPLIT = 13


def chunked(body, line=lambda size: b"%x\r\n" % size, final=b"0\r\n\r\n", first=b""):
    """`body` in chunks of uneven sizes."""
    out, at, size = first, 0, SPLIT
    while at < len(body):
        piece = body[at:at + size]
        out += line(len(piece)) + piece + b"\r\n"
        at, size = at + size, size * 5
    return out + final


def raw_deflate(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def flushed(body, wbits, mode):
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(body[:20]) + packer.flush(mode) + packer.compress(body[20:]) + packer.flush()


CODERS = {"gzip": lambda body: gzip.compress(body, mtime=0), "zlib": zlib.compress, "deflate": raw_deflate}


class Family:
    """The variants of one capture."""

    def __init__(self, case):
        self.case, self.count = case, 0

    def body(self):
        self.count += 1
        return TEXT[:-4] + b"%04d" % self.count if self.count % 2 else self.case.photo(size=(24, 16))

    def exchange(self, response, close=True):
        talk = self.case.conversation()
        talk.client(b"GET /variant/%d HTTP/1.1\r\nHost: hostile.example\r\n\r\n" % self.count)
        talk.server(response)
        if close:
            talk.close()

    def add(self, head, wire, *objects, flags=()):
        """`head`: bytes up to the body, its empty line included."""
        self.exchange(head + wire)
        for content in objects:
            self.case.expect(content, name=str(self.count), flags=flags)

    def fields(self, fields, wire, *objects, flags=(), start=b"HTTP/1.1 200 ok"):
        self.add(start + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n", wire, *objects, flags=flags)


def length(body):
    return b"Content-Length: %d" % len(body)


JUNK = [b" ", b"\t", b"\r", b"\n", b"\r\n", b"\v", b"\f", b"\0", b",", b";", b"\x7f", b"\xa0", b" \r\n ", b"\r\n\r\n"]


@case("http-hostile/chunk-size", "Blanks, control characters and junk around chunk sizes; hexadecimal in all its forms.")
def chunk_size(case):
    family = Family(case)
    for junk in JUNK:
        body = family.body()
        family.fields([b"Transfer-Encoding: chunked"], chunked(body, lambda size: junk + b"%x\r\n" % size), body)
    for junk in [b" ", b"\t", b"\r", b"\v", b"\f", b"\0", b",", b";", b"\x7f", b"\xa0", b" x", b"\tx", b";x=y", b";x=\"\\\"\"", b" ; x", b"#", b"$",
                 b"z", b"/", b"-", b"+", b"  \t ", b"\r\r"]:
        body = family.body()
        family.fields([b"Transfer-Encoding: chunked"], chunked(body, lambda size: b"%x" % size + junk + b"\r\n"), body)
    for form in ("%X\r\n", "0%x\r\n", "0x%x\r\n", "0X%x\r\n", "%016x\r\n", "%040x\r\n", "%x\n", "%x\r\r\n", "%x;" + "e" * 2000 + "\r\n"):
        body = family.body()
        family.fields([b"Transfer-Encoding: chunked"], chunked(body, lambda size: (form % size).encode()), body)


@case("http-hostile/chunk-end", "The last chunk in all its broken forms, or missing; junk before the first.")
def chunk_end(case):
    family = Family(case)
    for final in (b"0\n", b"0", b"00\r\n\r\n", b"00000000000000000000\r\n\r\n", b"0\n\n", b"0\r\n", b"0\n \n", b"0\r\n \r\n", b"0\n\r\n", b"0\r\n\n",
                  b"0\n\r\r\n", b"0\r\n\t\r\n\r\n", b"0;x\r\n\r\n", b"0 \r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"0\nTrailer: x\n\n", b"0x0\r\n\r\n", b"",
                  b"\r\n", b"0\r", b"0\r\n\r", b" 0\r\n\r\n", b"0\r\r\n\r\n", b"0\r\n\0\r\n\r\n", b"0\r\nTransfer-Encoding: x\r\n\r\n"):
        body = family.body()
        family.fields([b"Transfer-Encoding: chunked"], chunked(body, final=final), body)
    for first in (b" ", b"\t", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\v", b"\r\r\n", b"\n\n"):
        body = family.body()
        family.fields([b"Transfer-Encoding: chunked"], chunked(body, first=first), body)
    for between in (b"\n", b"\r\r\n", b"", b"\r", b"\n\n", b"\r\n\r\n"):
        body = family.body()
        wire = b"a\r\n" + body[:10] + between + b"%x\r\n" % (len(body) - 10) + body[10:] + b"\r\n0\r\n\r\n"
        family.fields([b"Transfer-Encoding: chunked"], wire, body)


def spellings():
    """Transfer-Encoding fields that some reader takes for "chunked", folded ones with their continuation."""
    for value in (b"chunked", b"Chunked", b"CHUNKED", b"\r\n chunked", b"\r\n \r\n chunked", b"\r\n\tchunked", b"\n chunked", b"chunked;", b"chunked;x",
                  b"chunked ;x=y", b"chunked x", b"chunkedx", b"xchunked", b"x chunked", b"x,chunked", b"chunked,x", b"chunked, chunked", b"chunked,identity",
                  b"identity, chunked", b"\r\n chunked\r\n x", b"x\r\n chunked", b"chunked\r\n ,", b"\"chunked\"", b"'chunked'", b",chunked", b";chunked",
                  b"chunked,", b"\rchunked", b"\r chunked", b"chunked\r ", b"\vchunked", b"\fchunked", b"chunked\v", b"chunked\f", b"\0chunked",
                  b"chunked\0", b"chun\0ked", b"\x7fchunked", b"chunked\x7f", b"\xa0chunked", b"chunked\xa0", b"\xc2\xa0chunked", b"chunked\xc2\xa0",
                  b"\xc2\x84chunked", b": chunked", b"(comment) chunked", b"=?UTF-8?B?Y2h1bmtlZAo=?=", b"\tchunked\t"):
        yield b"Transfer-Encoding: " + value
    for name in (b"Transfer-Encoding ", b"Transfer-Encoding\t", b"Transfer-Encoding:", b"transfer-encoding", b"TRANSFER-ENCODING", b"Transfer\0-Encoding",
                 b"Transfer-Encoding\0", b"Transfer-Encoding\v", b"Transfer-Encoding\f", b"Transfer-Encoding\r\n ", b"Transfer-Encoding\n ",
                 b"Transfer-Encoding\r\n \r\n ", b"\0Transfer-Encoding", b"\x7fTransfer-Encoding", b"Transfer-Encoding\xa0", b"Transfer-Encoding\r"):
        yield name + b": chunked"


@case("http-hostile/transfer-encoding-served-chunked", "Spellings of Transfer-Encoding: chunked; the body is chunked.")
def transfer_encoding_chunked(case):
    family = Family(case)
    for field in spellings():
        if b"=?UTF-8" in field:
            continue
        body = family.body()
        family.fields([b"Content-Type: image/jpeg", field], chunked(body), body)
        body = family.body()
        family.fields([length(chunked(body)), field, b"X: y"], chunked(body), body)


@case("http-hostile/transfer-encoding-served-plain", "Spellings of Transfer-Encoding: chunked; the body is not chunked.")
def transfer_encoding_plain(case):
    family = Family(case)
    for field in spellings():
        body = family.body()
        family.fields([length(body), field], body, body)
        body = family.body()
        family.fields([field, b"Content-Type: image/jpeg"], body, body)


@case("http-hostile/transfer-encoding-lines", "Line ends before and around the field; several fields; first, last, folded into another.")
def transfer_encoding_lines(case):
    family = Family(case)
    te = b"Transfer-Encoding: chunked"
    for before in (b"X: y\r", b"X: y\n", b"X: y\r\r", b"X: y\r\r\n", b"X y\r\n", b"\x7f\r\n", b"\r\r\n", b"X\xe4: y\r\n", b" X: y\r\n", b"\0\r\n",
                   b"X: y\r\n ", b"X: y\r\n\t", b" ", b"\t"):
        for wire, add in ((chunked, b""), (lambda body: body, b"\r\n")):
            body = family.body()
            extra = length(wire(body)) + b"\r\n" if add else b""
            family.add(b"HTTP/1.1 200 ok\r\n" + extra + before + te + b"\r\n\r\n", wire(body), body)
    for fields in ([te, te], [te, b"Transfer-Encoding: x"], [b"Transfer-Encoding: x", te], [te, b"Transfer-Encoding: identity"], [b"Transfer-Encoding:", te],
                   [te, b"Transfer-Encoding: \0"], [b"Transfer-Encoding: x-foo", b"Transfer-Encoding: chunked;"]):
        for wire in (chunked, lambda body: body):
            body = family.body()
            family.fields([length(wire(body))] + fields, wire(body), body)
            body = family.body()
            family.fields(fields, wire(body), body)


@case("http-hostile/versions", "Chunked under each version that some client takes; with and without length.")
def versions(case):
    family = Family(case)
    for version in (b"HTTP/1.0", b"HTTP/1.1", b"HTTP/0.9", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/1.01", b"HTTP/1.10", b"HTTP/1.00", b"HTTP/01.1", b"http/1.1",
                    b"hTTp/1.0", b"HTTP/1", b"HTTP/1.1.1", b"HTTP/3.1", b"HTTP/9.9", b"HTTP/1.foo"):
        for wire in (chunked, lambda body: body):
            for with_length in (False, True):
                body = family.body()
                fields = [b"Transfer-Encoding: chunked"] + ([length(wire(body))] if with_length else [])
                family.fields(fields, wire(body), body, start=version + b" 200 ok")


@case("http-hostile/content-length", "Several lengths, folded, with comments, signs and junk; content followed by junk.")
def content_length(case):
    family = Family(case)

    def lengths(body):
        n = len(body)
        yield from ([b"Content-Length: %d" % n] * 2, [b"Content-Length: %d" % n, b"Content-Length: %d" % (2 * n)],
                    [b"Content-Length: %d" % (2 * n), b"Content-Length: %d" % n], [b"Content-Length: %d\r\n %d" % (n, 2 * n)],
                    [b"Content-Length: %d, %d" % (n, n)], [b"Content-Length: %d (%d)" % (2 * n, n)], [b"Content-Length: 0%d" % n],
                    [b"Content-Length: +%d" % n], [b"Content-Length: %d " % n], [b"Content-Length : %d" % n], [b"Content-Length:: %d" % n],
                    [b"Content-Length:\r\n %d" % n], [b"Content-Length: \"%d\"" % n], [b"Content-Length: %d\0" % n], [b"content-length:%d" % n])
        for junk in (b";", b",", b"A", b"\xa0", b".9", b"\v", b"\f", b"\x7f", b" x", b"-", b"e3", b"\t"):
            yield [b"Content-Length: %d%s" % (n, junk)]

    for number in range(27):
        body = family.body()
        also = {19: [body[:9]], 25: [body[:3]]}.get(number, [])  # numbers that some reader may take for the length
        family.fields(list(lengths(body))[number] + [b"Connection: close"], body, body, *also)


@case("http-hostile/content-length-and-junk", "The true length, then bytes behind the content before the connection closes.")
def content_length_and_junk(case):
    family = Family(case)
    for form in (b"Content-Length: %d", b"Content-Length: %d;", b"Content-Length: %d,", b"Content-Length: %dA", b"Content-Length: %d\xa0",
                 b"Content-Length: %d\x7f", b"Content-Length:\r\n %d"):
        body = family.body()
        family.fields([form % len(body), b"Connection: close"], body + b"junk behind the content", body)


CODING_FORMS = [b"%s", b"\r\n %s", b"\r\n \r\n %s", b"%s,", b"%s\r\n ,\r\n ", b",%s", b"%s;", b"%s\v", b"\v%s", b"\f%s", b"%s\f", b"\0%s", b"%s\0", b"\xa0%s",
                b"%s\xa0", b"\x7f%s", b"%s\x7f", b"\r%s", b"\r %s", b"%s\r ", b"x %s", b"%s x", b"%s;x=y", b"\"%s\"", b": %s", b"identity, %s", b"%s, identity",
                b"\t%s", b"\xc2\xa0%s", b"(c) %s", b"x-%s"]
CODING_NAMES = [b"Content-Encoding", b"Content-Encoding ", b"Content-Encoding\t", b"Content-Encoding:", b"content-encoding", b"Content-Encoding\0",
                b"Content\0-Encoding", b"Content-Encoding\v", b"Content-Encoding\f", b"Content-Encoding\r\n ", b"Content-Encoding\n ", b"X: y\rContent-Encoding",
                b"X: y\nContent-Encoding", b"X: y\r\r\nContent-Encoding", b"\x7f\r\nContent-Encoding", b"Content-Encoding\xa0"]


@case("http-hostile/content-encoding-served-coded", "Spellings of Content-Encoding; the body is coded.")
def content_encoding_coded(case):
    family = Family(case)
    for label, coder in ((b"gzip", "gzip"), (b"deflate", "deflate"), (b"deflate", "zlib")):
        for field in [b"Content-Encoding: " + form % label for form in CODING_FORMS] + [name + b": " + label for name in CODING_NAMES]:
            body = family.body()
            wire = CODERS[coder](body)
            family.fields([length(wire), field], wire, body)


@case("http-hostile/content-encoding-served-plain", "Spellings of Content-Encoding; the body is plain.")
def content_encoding_plain(case):
    family = Family(case)
    for label in (b"gzip", b"deflate"):
        for field in [b"Content-Encoding: " + form % label for form in CODING_FORMS] + [name + b": " + label for name in CODING_NAMES]:
            body = family.body()
            family.fields([length(body), field], body, body)


@case("http-hostile/codings-stacked", "Two and three codings, in one field or several, with labels that lie about the order.")
def codings_stacked(case):
    family = Family(case)
    for first in CODERS:
        for second in CODERS:
            label = {"gzip": b"gzip", "deflate": b"deflate", "zlib": b"deflate"}
            for fields in ([b"Content-Encoding: " + label[first] + b", " + label[second]],
                           [b"Content-Encoding: " + label[first], b"Content-Encoding: " + label[second]],
                           [b"Content-Encoding: " + label[first] + b"\r\n ,\r\n " + label[second] + b"\r\n "]):
                body = family.body()
                wire = CODERS[second](CODERS[first](body))
                family.fields([length(wire)] + fields, wire, body)
    body = family.body()
    wire = CODERS["gzip"](CODERS["deflate"](CODERS["gzip"](body)))
    family.fields([length(wire), b"Content-Encoding: gzip, deflate, gzip"], wire, body)
    for transfer, content in ((b"gzip, chunked", b""), (b"gzip", b""), (b"deflate, chunked", b"gzip")):
        body = family.body()
        wire = CODERS["gzip"](body) if transfer.startswith(b"gzip") else CODERS["deflate"](CODERS["gzip"](body))
        fields = [b"Transfer-Encoding: " + transfer] + ([b"Content-Encoding: " + content] if content else [])
        family.fields(fields, chunked(wire) if b"chunked" in transfer else wire, body)


@case("http-hostile/codings-mislabelled", "The label says one coding, the bytes are another; the bytes decide.")
def codings_mislabelled(case):
    family = Family(case)
    for label in (b"gzip", b"deflate", b"x-gzip", b"x-deflate", b"GZip", b"DEFLATE", b"br", b"zstd"):
        for coder in CODERS:
            if label in (b"br", b"zstd") and coder != "gzip":
                continue
            body = family.body()
            wire = CODERS[coder](body)
            family.fields([length(wire), b"Content-Encoding: " + label], wire, body)


@case("http-hostile/gzip-members", "gzip flags, fields, checksums and trailers, broken or missing; flushes; members; junk behind.")
def gzip_members(case):
    family = Family(case)

    def variants(body):
        plain = gzip.compress(body, mtime=0)
        head, data, trailer = plain[:10], plain[10:-8], plain[-8:]
        flag = lambda bits, extra=b"": head[:3] + bytes([bits]) + head[4:] + extra
        yield from (flag(1) + data + trailer, flag(2, b"\0\0") + data + trailer, flag(4, b"\0\0") + data + trailer, flag(4, b"\5\0Ap\1\0\0") + data + trailer,
                    flag(8, b"a\0") + data + trailer, flag(16, b" \0") + data + trailer, flag(31, b"\1\0xname\0comment\0\0\0") + data + trailer,
                    flag(0x20) + data + trailer, flag(0x40) + data + trailer, flag(0x80) + data + trailer, flag(0xe0) + data + trailer,
                    head + data + bytes(4) + trailer[4:], head + data + trailer[:4] + bytes(4), head + data + trailer[:4], head + data, head + data + trailer[:3],
                    head + data + trailer + b"junk", head + data + trailer + bytes(20), gzip.compress(body[:30], mtime=0) + gzip.compress(body[30:], mtime=0),
                    gzip.compress(b"", mtime=0) + plain, head[:4] + b"\xff\xff\xff\xff\x02\x63" + data + trailer)
        for mode in (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_BLOCK):
            yield flushed(body, 31, mode)

    for number in range(25):
        for hide in (b"Content-Encoding: gzip", b"Content-Encoding:\r gzip", b"Content-Encoding : gzip"):
            body = family.body()
            wire = list(variants(body))[number]
            family.fields([length(wire), hide], wire, body)
    for wbits, mode in ((-15, zlib.Z_SYNC_FLUSH), (-15, zlib.Z_FULL_FLUSH), (15, zlib.Z_SYNC_FLUSH), (15, zlib.Z_FULL_FLUSH), (-15, zlib.Z_PARTIAL_FLUSH)):
        body = family.body()
        wire = flushed(body, wbits, mode)
        family.fields([length(wire), b"Content-Encoding: deflate"], wire, body)


@case("http-hostile/status-lines", "Status lines without code, with odd codes and separators; fields glued to them.")
def status_lines(case):
    family = Family(case)
    for line in (b"HTTP/1.1", b"HTTP/1.1 ", b"HTTP/1.1 20", b"HTTP/1.1 2", b"HTTP/1.1 0200 ok", b"HTTP/1.1 20x ok", b"HTTP/1.1 2xx", b"HTTP/1.1 2000 ok", b"HTTP/1.1 000 x",
                 b"HTTP/1.1 700 x", b"HTTP/1.1 999 x", b"HTTP/1.1\t200\tok", b"HTTP/1.1  200  ok", b"HTTP/1.1\v200\vok", b"HTTP/1.1\0 200 ok", b"HTTP/1.1 200\0 ok",
                 b"HTTP/1.1 200 ok\0", b"HTTP/1.1\n 200 ok", b"HTTP/1.1 \t200", b"HTTP/1.1 -200 ok", b"HTTP/1.1 200ok", b"HTTP/1.1 200", b"HTTP/1.1foo 200 ok",
                 b"HTTP/1.1 ok 200", b"\0HTTP/1.1 200 ok", b" HTTP/1.1 200 ok", b"\r\nHTTP/1.1 200 ok", b"\r\rHTTP/1.1 200 ok", b"\n\n\nHTTP/1.1 200 ok",
                 b" \t\r\nHTTP/1.1 200 ok", b"SIP/2.0 200 ok\r\nHTTP/1.1 200 ok", b"junk\r\nHTTP/1.1 200 ok", b"\xef\xbb\xbfHTTP/1.1 200 ok"):
        for wire, field in ((chunked, lambda body: b"Transfer-Encoding: chunked"), (lambda body: body, length)):
            body = family.body()
            family.fields([field(body)], wire(body), body, start=line)
    for glue in (b"HTTP/1.1\r", b"HTTP/1.1\r\n", b"HTTP/1.1 200\r", b"HTTP/1.1 200 \r", b"HTTP/1.1 200 ok\r", b"HTTP/1.1 200 \n", b"HTTP/1.1 200\n", b"HTTP/1.1foo\r"):
        body = family.body()
        family.add(glue + b"Transfer-Encoding: chunked\r\n\r\n", chunked(body), body)
        body = family.body()
        family.add(glue + b"Transfer-Encoding: chunked\r\n" + length(body) + b"\r\n\r\n", body, body)


@case("http-hostile/status-codes", "Codes that clients do not expect a body with: all have one.")
def status_codes(case):
    family = Family(case)
    for code in (100, 101, 102, 199, 201, 202, 203, 204, 205, 206, 207, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308, 400, 401, 403, 404, 407, 408, 410,
                 416, 418, 421, 451, 499, 500, 501, 502, 503, 505, 511, 599, 600):
        if code in (100, 102, 199):
            continue
        for wire, field in ((lambda body: body, length), (chunked, lambda body: b"Transfer-Encoding: chunked")):
            body = family.body()
            family.fields([field(body)], wire(body), body, start=b"HTTP/1.1 %d x" % code)


@case("http-hostile/head-ends", "Ends of heads: bare CR, bare LF, lines of blanks; plain, chunked and gzip behind them.")
def head_ends(case):
    family = Family(case)
    for end in (b"\r\n\r\n", b"\n\n", b"\n\r\n", b"\r\n\n", b"\n\r\r\n", b"\r\n\r\r\n", b"\n\r\r\n\r\n", b"\n \n", b"\r\n \r\n\r\n", b"\n \n\n", b"\n\t\n\n",
                b"\n\t\n", b"\r\n\t\r\n\r\n", b"\n\v\n\n", b"\n\v\n", b"\r\n\v\r\n\r\n", b"\n\0\n\n", b"\r\n\0\r\n\r\n", b"\r\n\x7f\r\n\r\n", b"\r\r\n\r\n"):
        for wire, field in ((lambda body: body, length), (chunked, lambda body: b"Transfer-Encoding: chunked"),
                            (CODERS["gzip"], lambda body: length(CODERS["gzip"](body)) + b"\r\nContent-Encoding: gzip")):
            body = family.body()
            family.add(b"HTTP/1.1 200 ok\r\n" + field(body) + end, wire(body), body)
    for separator in (b"\r", b"\n", b"\r\r\n"):
        for end in (b"\r\n\r\n", b"\r\n\n", b"\n\n"):
            for wire, field in ((lambda body: body, length), (chunked, lambda body: b"Transfer-Encoding: chunked")):
                body = family.body()
                family.add(separator.join([b"HTTP/1.1 200 ok", b"X: y", field(body), b"Y: z"]) + end, wire(body), body)


@case("http-hostile/junk-lines", "Lines that are no fields, anywhere in the head.")
def junk_lines(case):
    family = Family(case)
    for line in (b"junk", b"junk junk", b"\x7f", b"\0", b"\r", b"\r\r", b"\xe4: y", b"a b: c", b": empty", b":", b"=", b"X", b"X\0: y", b"\0X: y", b"<html>", b" ",
                 b"\t x", b"HTTP/1.1 200 ok", b"X:" + b"y" * 20000):
        for wire, field in ((lambda body: body, length), (chunked, lambda body: b"Transfer-Encoding: chunked")):
            for fields in ([line, field], [field, line], [lambda body: b"A: b", line, field]):
                body = family.body()
                family.fields([part(body) if callable(part) else part for part in fields], wire(body), body)


@case("http-hostile/no-head", "HTTP/0.9: a body without any head.")
def no_head(case):
    family = Family(case)
    for _ in range(2):
        body = family.body()
        family.add(b"", body, body)


@case("http-hostile/multipart-responses", "multipart/mixed responses with and without what RFC 2046 asks for.")
def multipart_responses(case):
    family = Family(case)
    for start, end, boundary in ((b"--b\r\n\r\n", b"\r\n--b--\r\n", b"b"), (b"--b\n\n", b"\n--b--\n", b"b"), (b"--b\r\n\r\n", b"\r\n--b--", b"\"b\""),
                                 (b"preamble\r\n--b\r\n\r\n", b"\r\n--b--\r\nepilogue", b"b"), (b"--b \t\r\n\r\n", b"\r\n--b--\r\n", b"b"),
                                 (b"\r\n--b\r\nX: y\r\n\r\n", b"\r\n--b--\r\n", b"b; charset=x"), (b"--b\r\n\r\n", b"", b"b"), (b"--b\r\n\r\n", b"\r\n--b", b"b")):
        body = family.body()
        wire = start + body + end
        family.fields([b"Content-Type: multipart/mixed; boundary=" + boundary, length(wire)], wire, body)
