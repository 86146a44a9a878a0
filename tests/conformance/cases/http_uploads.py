"""Objects in pieces over HTTP: whatever the protocol calls its pieces, and whatever connections bring them."""
import base64
import gzip
import hashlib
import json
import pathlib

from case import case

HERE = pathlib.Path(__file__).resolve().parents[1]
STORE, S3_CLIENT = HERE / "servers/object_store.py", HERE / "clients/s3_upload.py"
PORT = 8080


class Store:
    """The object store, and one curl for each request: each has a connection of its own."""

    def __init__(self, case, lab):
        self.case, self.lab, self.sent = case, lab, 0
        self.folder = lab.folder / "store"
        self.folder.mkdir()
        lab.python_server(STORE, PORT, self.folder)
        self.address = f"http://{lab.network.CONTRACTOR}:{PORT}"

    def send(self, method, path, content=b"", *options, check=True):
        self.sent += 1
        body = self.case.file(f"body-{self.sent}", content)
        fields = [word for option in options if not option.startswith("-") and ": " in option for word in ("-H", option)]
        words = [option for option in options if option.startswith("-")]
        return self.lab.curl("-X", method, *words, *fields, "-H", "Expect:", "--data-binary", f"@{body}", self.address + path,
                             check=check)

    def location(self, method, path, *fields, content=b""):
        """The path that the reply's Location names."""
        body = self.case.file(f"creation-{self.sent}", content)
        self.sent += 1
        words = [word for field in fields for word in ("-H", field)]
        done = self.lab.inside.run("curl", "-sS", "--max-time", "60", "-o", "/dev/null", "-w", "%header{location}", "-X", method,
                                   *words, "--data-binary", f"@{body}", self.address + path)
        return done.stdout.strip()


def thirds(content):
    """Three pieces of unequal size, with their offsets."""
    first, second = len(content) // 4, len(content) // 2
    return [(0, content[:first]), (first, content[first:second]), (second, content[second:])]


def tus_fields(*fields):
    return ("Tus-Resumable: 1.0.0", *fields)


@case("uploads/ranges-out-of-order", "A PUT in three ranges, the last first, each over a connection of its own.", lossy=True, spans=True)
def ranges_out_of_order(case):
    photo = case.photo()
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            for offset, piece in reversed(thirds(photo)):
                store.send("PUT", "/a/lane.jpg", piece, f"Content-Range: bytes {offset}-{offset + len(piece) - 1}/{len(photo)}")
    case.expect(photo, name="lane.jpg")


@case("uploads/ranges-parallel", "A PUT in three ranges side by side; curl opens three connections.", lossy=True, spans=True)
def ranges_parallel(case):
    photo = case.photo(size=(1280, 960))
    with case.lab() as lab:
        store = Store(case, lab)
        words = []
        for number, (offset, piece) in enumerate(thirds(photo)):
            words += ["-H", f"Content-Range: bytes {offset}-{offset + len(piece) - 1}/{len(photo)}", "-H", "Expect:",
                      "-T", case.file(f"piece-{number}", piece), "-o", "/dev/null", store.address + "/a/lane.jpg", "--next"]
        with lab.record():
            lab.inside.run("curl", "-sS", "-Z", "--parallel-immediate", *words[:-1])
    case.expect(photo, name="lane.jpg")


@case("uploads/ranges-overlap", "Two ranges of a PUT overlap with the same bytes: the object is exact all the same.", lossy=True, spans=True)
def ranges_overlap(case):
    photo = case.photo()
    half, more = len(photo) // 2, len(photo) // 2 + 500
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            store.send("PUT", "/a/lane.jpg", photo[half:], f"Content-Range: bytes {half}-{len(photo) - 1}/{len(photo)}")
            store.send("PUT", "/a/lane.jpg", photo[:more], f"Content-Range: bytes 0-{more - 1}/{len(photo)}")
    case.expect(photo, name="lane.jpg")


@case("uploads/range-missing", "One of three ranges never came: the object is told with what is missing.", lossy=True, spans=True)
def range_missing(case):
    photo = case.photo()
    with case.lab() as lab:
        store = Store(case, lab)
        pieces = thirds(photo)
        with lab.record():
            for offset, piece in (pieces[0], pieces[2]):
                store.send("PUT", "/a/lane.jpg", piece, f"Content-Range: bytes {offset}-{offset + len(piece) - 1}/{len(photo)}")
    case.expect_missing(len(photo), [[pieces[1][0], pieces[2][0]]], name="lane.jpg")


@case("uploads/tus-break-and-resume", "tus: the server cuts the connection in the middle; HEAD, then the rest.", lossy=True, spans=True)
def tus_break_and_resume(case):
    photo = case.photo(size=(1280, 960))
    name = base64.b64encode(b"lane.jpg").decode()
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            path = store.location("POST", "/cut/", *tus_fields(f"Upload-Length: {len(photo)}", f"Upload-Metadata: filename {name}"))
            patch = tus_fields("Content-Type: application/offset+octet-stream")
            store.send("PATCH", path, photo, *patch, "Upload-Offset: 0", check=False)
            done = lab.inside.run("curl", "-sS", "-I", "-H", "Tus-Resumable: 1.0.0", "-w", "%header{upload-offset}", "-o", "/dev/null",
                                  store.address + path)
            offset = int(done.stdout)
            store.send("PATCH", path, photo[offset:], *patch, f"Upload-Offset: {offset}")
    case.expect(photo, name="lane.jpg")


@case("uploads/tus-concatenation", "tus: two partial uploads, the second first, become one object.", lossy=True, spans=True)
def tus_concatenation(case):
    photo = case.photo()
    half = len(photo) // 2
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            pieces = [photo[:half], photo[half:]]
            paths = [store.location("POST", "/files/", *tus_fields(f"Upload-Length: {len(piece)}", "Upload-Concat: partial"))
                     for piece in pieces]
            for path, piece in reversed(list(zip(paths, pieces))):
                store.send("PATCH", path, piece, *tus_fields("Content-Type: application/offset+octet-stream", "Upload-Offset: 0"))
            store.location("POST", "/files/", *tus_fields(f"Upload-Concat: final;{paths[0]} {paths[1]}"))
    case.expect(photo)


@case("uploads/ietf-resumable", "IETF resumable upload: begun incomplete, completed by a PATCH on another connection.", lossy=True, spans=True)
def ietf_resumable(case):
    photo = case.photo()
    half = len(photo) // 2
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            path = store.location("POST", "/files/", "Upload-Complete: ?0", 'Content-Disposition: attachment; filename="lane.jpg"',
                                  content=photo[:half])
            store.send("PATCH", path, photo[half:], "Content-Type: application/partial-upload", f"Upload-Offset: {half}",
                       "Upload-Complete: ?1")
    case.expect(photo, name="lane.jpg")


@case("uploads/s3-parts-reversed", "boto3: three parts in reverse order, each over its own connection.", lossy=True, spans=True)
def s3_parts_reversed(case):
    photo = case.photo(size=(1280, 960))
    with case.lab() as lab:
        store = Store(case, lab)
        parts = [f"{number + 1}:{case.file(f'part-{number}', piece)}" for number, (_, piece) in enumerate(thirds(photo))]
        with lab.record():
            lab.python(S3_CLIENT, store.address, "lane.jpg", *reversed(parts))
    case.expect(photo, name="lane.jpg")


@case("uploads/s3-part-again", "boto3: part 1 is sent twice; the second one counts, the first one passed all the same.", lossy=True, spans=True)
def s3_part_again(case):
    photo, other = case.photo(), case.photo()
    half = len(photo) // 2
    with case.lab() as lab:
        store = Store(case, lab)
        parts = [f"1:{case.file('other', other)}", f"2:{case.file('second', photo[half:])}", f"1:{case.file('first', photo[:half])}"]
        with lab.record():
            lab.python(S3_CLIENT, store.address, "lane.jpg", *parts)
    case.expect(photo, name="lane.jpg")
    case.expect(other, name="lane.jpg")


@case("uploads/s3cmd", "s3cmd sends a picture of more than 5 MiB in parts of its own choice.", lossy=True, spans=True)
def s3cmd(case):
    photo = case.photo(size=(1600, 1200), kind="BMP")
    with case.lab() as lab:
        store = Store(case, lab)
        host = store.address.removeprefix("http://")
        with lab.record():
            lab.inside.run("s3cmd", "--config=/dev/null", "--access_key=a", "--secret_key=s", "--no-ssl", f"--host={host}",
                           f"--host-bucket={host}", "--multipart-chunk-size-mb=5", "put", case.file("lane.bmp", photo), "s3://photos/lane.bmp")
    case.expect(photo, name="lane.bmp")


def aws_chunked(content, chunk_bytes=8192):
    signature = b";chunk-signature=" + b"0a" * 32
    framed = b""
    for begin in range(0, len(content), chunk_bytes):
        piece = content[begin:begin + chunk_bytes]
        framed += f"{len(piece):x}".encode() + signature + b"\r\n" + piece + b"\r\n"
    return framed + b"0" + signature + b"\r\n\r\n"


@case("uploads/s3-aws-chunked", "S3 with signed chunks inside the body, and gzip below them; two parts the same way.", lossy=True, spans=True)
def s3_aws_chunked(case):
    whole, coded, parted = case.photo(), case.photo(), case.photo()
    half = len(parted) // 2
    with case.lab() as lab:
        store = Store(case, lab)

        def fields(content, coding="aws-chunked"):
            return (f"Content-Encoding: {coding}", "x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                    f"x-amz-decoded-content-length: {len(content)}")

        with lab.record():
            store.send("PUT", "/photos/whole.jpg", aws_chunked(whole), *fields(whole))
            packed = gzip.compress(coded)
            store.send("PUT", "/photos/coded.jpg", aws_chunked(packed), *fields(packed, "aws-chunked,gzip"))
            pieces = {2: aws_chunked(parted[half:]), 1: aws_chunked(parted[:half])}
            for number, size in ((2, len(parted) - half), (1, half)):
                store.send("PUT", f"/photos/parted.jpg?partNumber={number}&uploadId=u", pieces[number], *fields(bytes(size)))
            listed = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{hashlib.md5(pieces[number]).hexdigest()}</ETag></Part>"
                             for number in (1, 2))
            store.send("POST", "/photos/parted.jpg?uploadId=u",
                       f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode())
    for photo, name in ((whole, "whole.jpg"), (coded, "coded.jpg"), (parted, "parted.jpg")):
        case.expect(photo, name=name)


@case("uploads/azure-blocks", "Azure: blocks out of order, then the list; an append blob beside it.", lossy=True, spans=True)
def azure_blocks(case):
    photo, log = case.photo(), case.photo()
    blocks = [(base64.b64encode(f"block-{number}".encode()).decode(), piece) for number, (_, piece) in enumerate(thirds(photo))]
    with case.lab() as lab:
        store = Store(case, lab)
        version = "x-ms-version: 2021-08-06"
        with lab.record():
            for name, piece in reversed(blocks):
                store.send("PUT", f"/photos/lane.jpg?comp=block&blockid={name.replace('=', '%3D')}", piece, version)
            listed = "".join(f"<Latest>{name}</Latest>" for name, _ in blocks)
            store.send("PUT", "/photos/lane.jpg?comp=blocklist", f'<?xml version="1.0"?><BlockList>{listed}</BlockList>'.encode(), version)
            for offset, piece in thirds(log):
                store.send("PUT", "/photos/log.jpg?comp=appendblock", piece, version, f"x-ms-blob-condition-appendpos: {offset}")
    case.expect(photo, name="lane.jpg")
    case.expect(log, name="log.jpg")


@case("uploads/webdav-appends", "sabre/dav: a file that grows by three PATCHes with X-Update-Range: append, on connections of their own.", lossy=True, spans=True)
def webdav_appends(case):
    photo = case.photo()
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            for _, piece in thirds(photo):
                store.send("PATCH", "/photos/lane.jpg", piece, "X-Update-Range: append",
                           "Content-Type: application/x-sabredav-partialupdate")
    case.expect(photo, name="lane.jpg")


@case("uploads/google-session", "Google: a session; the total is unknown until the last range.", lossy=True, spans=True)
def google_session(case):
    photo = case.photo()
    with case.lab() as lab:
        store = Store(case, lab)
        with lab.record():
            path = store.location("POST", "/upload/storage/v1/b/photos/o?uploadType=resumable&name=lane.jpg",
                                  "X-Upload-Content-Type: image/jpeg", content=b"{}")
            for offset, piece in thirds(photo):
                end = offset + len(piece)
                total = len(photo) if end == len(photo) else "*"
                store.send("PUT", path, piece, f"Content-Range: bytes {offset}-{end - 1}/{total}")
    case.expect(photo, name="lane.jpg")


@case("uploads/download-ranges", "curl -r: parts of a file from nginx, the second half first; several ranges in one reply.", lossy=True, spans=True)
def download_ranges(case):
    photo, other = case.photo(), case.photo()
    half = len(photo) // 2
    with case.lab() as lab:
        web = lab.nginx()
        (web.files / "lane.jpg").write_bytes(photo)
        (web.files / "gate.jpg").write_bytes(other)
        with lab.record():
            lab.curl("-r", f"{half}-", web.url("lane.jpg"))
            lab.curl("-r", f"0-{half - 1}", web.url("lane.jpg"))
            lab.curl("-r", f"0-99,200-{len(other) - 1}", web.url("gate.jpg"))
            lab.curl("-r", "100-199", web.url("gate.jpg"))
    case.expect(photo, name="lane.jpg")
    case.expect(other, name="gate.jpg")


@case("uploads/download-resumed", "curl -C -: the server closes in the middle of a download, a second request has the rest.", lossy=True, spans=True)
def download_resumed(case):
    photo = case.photo(size=(1280, 960))
    with case.lab() as lab:
        store = Store(case, lab)
        (store.folder / "lane.jpg").write_bytes(photo)
        kept = lab.folder / "kept.jpg"
        with lab.record():
            lab.inside.run("curl", "-sS", "-o", kept, store.address + "/cut/lane.jpg", check=False)
            lab.inside.run("curl", "-sS", "-C", "-", "-o", kept, store.address + "/cut/lane.jpg")
        if kept.read_bytes() != photo:
            raise RuntimeError("curl did not put the download together")
    case.expect(photo, name="lane.jpg")


@case("uploads/webdav-copy", "WebDAV: a PUT, then nginx copies and moves the file itself: no bytes on the wire.", lossy=True, spans=True)
def webdav_copy(case):
    photo = case.photo()
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            lab.curl("-T", case.file("lane.jpg", photo), web.url("put/lane.jpg"))
            lab.curl("-f", "-X", "COPY", "-H", f"Destination: {web.url('put/copy.jpg')}", web.url("put/lane.jpg"))
            lab.curl("-f", "-X", "MOVE", "-H", f"Destination: {web.url('put/moved.jpg')}", web.url("put/lane.jpg"))
            lab.curl("-X", "COPY", "-H", f"Destination: {web.url('put/none.jpg')}", web.url("put/not-there.jpg"))
    case.expect(photo, name="lane.jpg")
    case.expect_not_inspected("no_bytes", name="copy.jpg")
    case.expect_not_inspected("no_bytes", name="moved.jpg")


def related(parts, boundary="b0"):
    body = b""
    for fields, content in parts:
        body += f"--{boundary}\r\n".encode() + "".join(f"{field}\r\n" for field in fields).encode() + b"\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


@case("uploads/multipart-related", "SOAP with MTOM, and a DICOMweb STOW-RS request: pictures in multipart/related.")
def multipart_related(case):
    attached, coded, stored = case.photo(), case.photo(), case.photo()
    with case.lab() as lab:
        store = Store(case, lab)
        soap = related([(('Content-Type: application/xop+xml; type="text/xml"', "Content-ID: <root@x>"), b"<Envelope/>"),
                        (("Content-Type: image/jpeg", "Content-Transfer-Encoding: binary", "Content-ID: <1@x>"), attached),
                        (("Content-Type: image/jpeg", "Content-Transfer-Encoding: base64", "Content-ID: <2@x>"),
                         base64.encodebytes(coded).replace(b"\n", b"\r\n"))])
        stow = related([(("Content-Type: application/dicom+json",), b"[]"),
                        (("Content-Type: image/jpeg", "Content-Location: frames/1"), stored)])
        with lab.record():
            store.send("POST", "/soap", soap, 'Content-Type: multipart/related; boundary=b0; type="application/xop+xml"; start="<root@x>"')
            store.send("POST", "/studies", stow, 'Content-Type: multipart/related; type="image/jpeg"; boundary="b0"')
    for photo in (attached, coded, stored):
        case.expect(photo)

@case("uploads/photo-in-json", "JSON with a photo, in ranges and parts that cut through it: PUT, tus, a part list, and a download.", lossy=True, spans=True)
def photo_in_json(case):
    photos = [case.photo() for _ in range(4)]
    texts = [json.dumps({"photo": base64.b64encode(photo).decode()}).encode() for photo in photos]
    with case.lab() as lab:
        store, web = Store(case, lab), lab.nginx()
        half = len(texts[0]) // 2
        with lab.record():
            for begin, end in ((half, len(texts[0])), (0, half)):
                store.send("PUT", "/a/lane.json", texts[0][begin:end], f"Content-Range: bytes {begin}-{end - 1}/{len(texts[0])}")
            path = store.location("POST", "/files/", *tus_fields(f"Upload-Length: {len(texts[1])}"))
            patch = tus_fields("Content-Type: application/offset+octet-stream")
            for begin, end in ((0, 5000), (5000, len(texts[1]))):
                store.send("PATCH", path, texts[1][begin:end], *patch, f"Upload-Offset: {begin}")
            lab.python(S3_CLIENT, store.address, "lane.json", f"2:{case.file('two', texts[2][6000:])}", f"1:{case.file('one', texts[2][:6000])}")
            lab.curl("-T", case.file("there.json", texts[3]), web.url("put/there.json"))
            for range_ in ("0-7000", "7001-"):
                lab.curl("-r", range_, web.url("put/there.json"))
    for photo in (*photos, photos[3]):
        case.expect(photo, inside="base64", name="photo")
