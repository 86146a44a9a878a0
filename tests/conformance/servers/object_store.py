#!/usr/bin/python3
"""An object store over HTTP: object_store.py ADDRESS PORT FOLDER.

PUT, POST and PATCH take anything. What a client needs to go on is answered as S3, Azure, Google, tus and the IETF draft say. A PATCH of
/cut/... is cut after half of its first attempt; a GET of /cut/NAME gives half of FOLDER/NAME, then closes, unless a range is asked for.
"""
import hashlib
import http.server
import itertools
import pathlib
import re
import sys
import urllib.parse

NUMBERS = itertools.count(1)


class Store:
    """What outlives a connection: how far each upload has come, and which were cut once already."""

    folder = pathlib.Path(".")
    offsets = {}
    cut = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def close_now(self):
        self.close_connection = True

    def read_body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_HEAD(self):
        self.answer(200, {"Tus-Resumable": "1.0.0", "Upload-Offset": Store.offsets.get(self.path, 0)})

    def do_GET(self):
        if self.path.endswith("?location"):  # S3: where is this bucket?
            return self.answer(200, body=b"<LocationConstraint/>")
        content = (Store.folder / pathlib.Path(self.path).name).read_bytes()
        validators = {"ETag": f'"{hashlib.md5(content).hexdigest()}"', "Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked:
            first = int(asked[1])
            return self.answer(206, validators | {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"},
                               content[first:])
        self.send_response(200)
        for name, value in (validators | {"Content-Length": len(content)}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[:len(content) // 2])
        self.close_now()

    def do_PATCH(self):
        offset = int(self.headers.get("Upload-Offset", 0))
        if self.path.startswith("/cut/") and self.path not in Store.cut:
            Store.cut.add(self.path)
            half = int(self.headers["Content-Length"]) // 2
            Store.offsets[self.path] = offset + len(self.rfile.read(half))
            return self.close_now()
        Store.offsets[self.path] = offset + len(self.read_body())
        self.answer(204, {"Tus-Resumable": "1.0.0", "Upload-Offset": Store.offsets[self.path]})

    def do_PUT(self):
        body = self.read_body()
        # A session that has not seen its last byte yet.
        place = re.fullmatch(r"bytes (\d+)-(\d+)/(\*|\d+)", self.headers.get("Content-Range", ""))
        if place and "upload_id=" in self.path and (place[3] == "*" or int(place[2]) + 1 < int(place[3])):
            return self.answer(308, {"Range": f"bytes=0-{place[2]}"})
        if self.headers.get("x-amz-copy-source"):
            return self.answer(200, body=b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
        self.answer(200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def do_POST(self):
        self.read_body()
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query, keep_blank_values=True)
        if "uploads" in query:
            return self.answer(200, body=f"<InitiateMultipartUploadResult><UploadId>u-{next(NUMBERS)}</UploadId>"
                                         "</InitiateMultipartUploadResult>".encode())
        if "uploadId" in query:
            return self.answer(200, body=b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
        if query.get("uploadType") == ["resumable"]:
            return self.answer(200, {"Location": f"{self.path}&upload_id={next(NUMBERS)}"})
        folder = "/cut" if self.path.startswith("/cut") else "/files"
        self.answer(201, {"Tus-Resumable": "1.0.0", "Location": f"{folder}/{next(NUMBERS)}"})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


if __name__ == "__main__":
    Store.folder = pathlib.Path(sys.argv[3])
    Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
