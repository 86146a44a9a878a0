"""HTTP/2 in clear by real clients and servers (curl, nghttp2, nginx), and by hand what these refuse to do."""
import struct

from case import case
from servers import Nginx, accepts, wait_until

PORT = 8080


class Http2Nginx(Nginx):
    """nginx that also speaks HTTP/2 by prior knowledge, on port 8080."""

    def __init__(self, namespace, address, folder):
        super().__init__(namespace, address, folder, tls=True)

    def _tls(self, address):
        return f"listen {address}:{PORT} http2;"


def nginx(lab):
    return Http2Nginx(lab.outside, lab.network.CONTRACTOR, lab.folder / "web")


def nghttpd(lab, *options, files=()):
    root = lab.folder / "root"
    root.mkdir()
    for name, content in files:
        (root / name).write_bytes(content)
    address = lab.network.CONTRACTOR
    log = open(lab.folder / "nghttpd.log", "w")
    lab.outside.start("nghttpd", "--no-tls", "-a", address, "-d", root, *options, str(PORT), stdout=log, stderr=log)
    wait_until(lambda: accepts(lab.outside, address, PORT), "nghttpd")


def url(lab, path=""):
    return f"http://{lab.network.CONTRACTOR}:{PORT}/{path}"


# --- frames by hand. RFC 9113 4.1, 6

DATA, HEADERS, RST_STREAM, SETTINGS, CONTINUATION = 0, 1, 3, 4, 9
END_STREAM, END_HEADERS, PADDED = 0x1, 0x4, 0x8
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, stream, payload=b"", flags=0):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Peer:
    """One end of a hand-made connection: HPACK by python3-hpack."""

    def __init__(self):
        from hpack import Encoder

        self.encoder = Encoder()

    def block(self, *fields):
        return self.encoder.encode(list(fields))

    def put(self, path, *fields):
        return self.block((":method", "PUT"), (":scheme", "http"), (":authority", "store.example"), (":path", path), *fields)

    def headers(self, stream, block, flags=END_HEADERS):
        return frame(HEADERS, stream, block, flags)


def data(stream, content, size=16384, last=True):
    pieces = [content[begin:begin + size] for begin in range(0, len(content), size)]
    return [frame(DATA, stream, piece, END_STREAM if last and number == len(pieces) - 1 else 0)
            for number, piece in enumerate(pieces)]


def begin(case, **options):
    talk = case.conversation(port=PORT, **options)
    if options.get("handshake", True):
        talk.client(PREFACE + frame(SETTINGS, 0))
        talk.server(frame(SETTINGS, 0) + frame(SETTINGS, 0, flags=1))
    return talk, Peer()


@case("h2/put", "curl by prior knowledge.", lossy=True)
def put(case):
    photo = case.photo()
    with case.lab() as lab:
        nghttpd(lab)
        with lab.record():
            lab.curl("--http2-prior-knowledge", "-T", case.file("a.jpg", photo), url(lab, "a.jpg"), check=False)
    case.expect(photo, name="a.jpg")


@case("h2/form-and-gzip", "A form with three photos to nginx; a photo from nginx under gzip.", lossy=True)
def form_and_gzip(case):
    photos = [case.photo() for _ in range(4)]
    with case.lab() as lab:
        web = nginx(lab)
        (web.files / "a.jpg").write_bytes(photos[3])
        fields = [word for number, photo in enumerate(photos[:3])
                  for word in ("-F", f"photo=@{case.file(f'lane-{number}.jpg', photo)}")]
        with lab.record():
            lab.curl("--http2-prior-knowledge", *fields, url(lab, "upload"))
            lab.curl("--http2-prior-knowledge", "--compressed", url(lab, "gzip/a.jpg"))
    for number, photo in enumerate(photos[:3]):
        case.expect(photo, name=f"lane-{number}.jpg")
    case.expect(photos[3], name="a.jpg")


@case("h2/upgrade", "curl asks nghttpx for h2c with a GET and with a POST; the answers are stream 1.", lossy=True)
def upgrade(case):
    photo, other, back = case.photo(), case.photo(), case.photo()
    with case.lab() as lab:
        web = nginx(lab)
        (web.files / "back.jpg").write_bytes(back)
        address, log = lab.network.CONTRACTOR, open(lab.folder / "nghttpx.log", "w")
        lab.outside.start("nghttpx", f"-f{address},8081;no-tls", f"-b{address},80", "--workers=1", stdout=log, stderr=log)
        wait_until(lambda: accepts(lab.outside, address, 8081), "nghttpx")
        with lab.record("tcp port 8081"):
            front = f"http://{address}:8081"
            lab.curl("--http2", "-F", f"photo=@{case.file('b.jpg', other)}", f"{front}/upload")
            lab.curl("--http2", "--data-binary", f"@{case.file('a.jpg', photo)}", f"{front}/upload")
            lab.curl("--http2", f"{front}/back.jpg", "-o", "/dev/null", f"{front}/back.jpg")
    case.expect(other, name="b.jpg")
    case.expect(photo)
    for _ in range(2):
        case.expect(back, name="back.jpg")


@case("h2/interleaved-20", "h2load uploads a photo twenty times at once over one connection.", lossy=True)
def interleaved_20(case):
    photo = case.photo(size=(640, 480))
    with case.lab() as lab:
        nghttpd(lab)
        with lab.record():
            lab.inside.run("h2load", "-n", "20", "-c", "1", "-m", "20", "-d", case.file("lane.jpg", photo), url(lab, "lane.jpg"))
    for _ in range(20):
        case.expect(photo, name="lane.jpg")


@case("h2/interleaved-by-hand", "Twenty different photos over one connection, a hundred bytes of each in turn.")
def interleaved_by_hand(case):
    photos = [case.photo(size=(64, 48)) for _ in range(20)]
    talk, peer = begin(case)
    frames = [data(2 * number + 1, photo, size=100) for number, photo in enumerate(photos)]
    talk.client(b"".join(peer.headers(2 * number + 1, peer.put(f"/{number}.jpg")) for number in range(len(photos))))
    for turn in range(max(map(len, frames))):
        talk.client(b"".join(of_stream[turn] for of_stream in frames if turn < len(of_stream)))
    talk.close()
    for number, photo in enumerate(photos):
        case.expect(photo, name=f"{number}.jpg")


@case("h2/push", "nghttpd pushes a photo that nobody asked for.", lossy=True)
def push(case):
    photo = case.photo()
    with case.lab() as lab:
        nghttpd(lab, "--push", "/index.html=/pushed.jpg", files=[("index.html", b"<html></html>"), ("pushed.jpg", photo)])
        with lab.record():
            lab.inside.run("nghttp", "-n", url(lab, "index.html"))
    case.expect(photo, name="pushed.jpg")


@case("h2/padding-and-continuation", "Padded DATA, a head over many CONTINUATION frames, trailers, an interim response.")
def padding_and_continuation(case):
    photo, answer = case.photo(), case.photo()
    talk, peer = begin(case)
    block = peer.put("/padded.jpg", ("x-long", "y" * 300))
    talk.client(frame(HEADERS, 1, block[:5]))
    for start in range(5, len(block), 7):
        talk.client(frame(CONTINUATION, 1, block[start:start + 7], END_HEADERS if start + 7 >= len(block) else 0))
    for start in range(0, len(photo), 1000):
        talk.client(frame(DATA, 1, b"\x20" + photo[start:start + 1000] + bytes(0x20), PADDED))
    talk.client(frame(HEADERS, 1, peer.block(("x-checksum", "none")), END_HEADERS | END_STREAM))
    server = Peer()
    talk.server(frame(HEADERS, 1, server.block((":status", "103")), END_HEADERS))
    talk.server(frame(HEADERS, 1, server.block((":status", "200")), END_HEADERS) + b"".join(data(1, answer)))
    talk.close()
    case.expect(photo, name="padded.jpg")
    case.expect(answer)


@case("h2/length-lies", "content-length says less than END_STREAM; the one behind it says more.")
def length_lies(case):
    photo, other = case.photo(), case.photo()
    talk, peer = begin(case)
    for stream, content, length in ((1, photo, 1000), (3, other, 10 ** 6)):
        talk.client(peer.headers(stream, peer.put(f"/{stream}.jpg", ("content-length", str(length)))))
        talk.client(b"".join(data(stream, content)))
    talk.close()
    case.expect(photo, name="1.jpg", flags=["http_framing"])
    case.expect(other, name="3.jpg", flags=["http_framing"])


@case("h2/gap-in-data", "A segment inside of DATA was not captured: an exact hole, and the next stream is whole.")
def gap_in_data(case):
    photo, other = case.photo(), case.photo()
    talk, peer = begin(case)
    talk.client(peer.headers(1, peer.put("/hole.jpg")))
    whole = b"".join(data(1, photo))
    talk.client(whole[:9 + 3000])
    talk.skip("client", 1000)
    talk.client(whole[9 + 4000:] + peer.headers(3, peer.put("/whole.jpg")) + b"".join(data(3, other)))
    talk.close()
    case.expect_missing(len(photo), [[3000, 4000]], name="hole.jpg")
    case.expect(other, name="whole.jpg")


@case("h2/gap-over-frames", "The loss takes a frame header in the middle of one upload of equal frames: the hole is exact.")
def gap_over_frames(case):
    photo = case.photo(size=(640, 480))
    talk, peer = begin(case)
    talk.client(peer.headers(1, peer.put("/hole.jpg")))
    whole = b"".join(data(1, photo, size=4096))
    frame_bytes = 9 + 4096
    talk.client(whole[:2 * frame_bytes - 500])
    talk.skip("client", 700)
    talk.client(whole[2 * frame_bytes + 200:])
    talk.close()
    case.expect_missing(len(photo), [[2 * 4096 - 500, 2 * 4096 + 191]], name="hole.jpg")


@case("h2/gap-in-headers", "A lost header block: names are unknown, bodies are exact, and names come back.")
def gap_in_headers(case):
    first, second, third = case.photo(), case.photo(), case.photo()
    talk, peer = begin(case)
    lost = peer.headers(1, peer.put("/first.jpg"))
    talk.skip("client", len(lost))
    talk.client(b"".join(data(1, first)))
    talk.client(peer.headers(3, peer.put("/second.jpg")) + b"".join(data(3, second)))
    talk.client(peer.headers(5, peer.block((":method", "POST"), (":path", "/third.jpg"))) + b"".join(data(5, third)))
    talk.close()
    case.expect(first)
    case.expect(second)
    case.expect(third, name="third.jpg")


@case("h2/midstream", "The capture begins in the middle of a connection.")
def midstream(case):
    photo, other = case.photo(), case.photo()
    talk, peer = begin(case, handshake=False)
    talk.client(peer.headers(7, peer.put("/seven.jpg")) + b"".join(data(7, photo, size=1000)))
    talk.client(peer.headers(9, peer.put("/nine.jpg")) + b"".join(data(9, other)))
    talk.close()
    case.expect(photo)
    case.expect(other)


@case("h2/after-reset", "The server resets an upload that goes on all the same; DATA comes behind END_STREAM.")
def after_reset(case):
    photo, other = case.photo(), case.photo()
    talk, peer = begin(case)
    talk.client(peer.headers(1, peer.put("/reset.txt")) + data(1, b"some text", last=False)[0])
    talk.server(frame(RST_STREAM, 1, struct.pack(">I", 8)))
    talk.client(b"".join(data(1, photo)))
    talk.client(peer.headers(3, peer.put("/ended.txt")) + data(3, b"some text")[0] + b"".join(data(3, other)))
    talk.close()
    case.expect_missing(9 + len(photo), [[0, 9]])
    case.expect(other, flags=["http_framing"])


@case("h2/rapid-reset", "Two thousand streams are opened and reset; the upload behind them is whole.")
def rapid_reset(case):
    photo = case.photo()
    talk, peer = begin(case)
    opened = b"".join(peer.headers(stream, peer.put("/x")) + frame(RST_STREAM, stream, struct.pack(">I", 8))
                      for stream in range(1, 4001, 2))
    talk.client(opened + peer.headers(4001, peer.put("/last.jpg")) + b"".join(data(4001, photo)))
    talk.close()
    case.expect(photo, name="last.jpg")


@case("h2/continuation-flood", "A megabyte of CONTINUATION frames before the upload.")
def continuation_flood(case):
    photo = case.photo()
    talk, peer = begin(case)
    block = b"".join(b"\x00\x03x-a\x7f\x81\x08" + b"v" * 264 for _ in range(4000))
    talk.client(frame(HEADERS, 1, peer.put("/flood.jpg")))
    for start in range(0, len(block), 16000):
        last = start + 16000 >= len(block)
        talk.client(frame(CONTINUATION, 1, block[start:start + 16000], END_HEADERS if last else 0))
    talk.client(b"".join(data(1, photo)))
    talk.close()
    case.expect(photo, name="flood.jpg")


@case("h2/websocket", "WebSocket over a stream of HTTP/2 (extended CONNECT).")
def websocket(case):
    from cases.websocket import frame as message

    photo, other = case.photo(), case.photo()
    talk, peer = begin(case)
    fields = ((":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":path", "/camera"),
              (":authority", "cam.example"), ("sec-websocket-version", "13"))
    talk.client(peer.headers(1, peer.block(*fields)))
    talk.server(frame(HEADERS, 1, Peer().block((":status", "200")), END_HEADERS))
    talk.client(b"".join(data(1, message(2, photo), size=1500, last=False)))
    talk.client(peer.headers(3, peer.put("/beside.jpg")) + b"".join(data(3, other)))
    talk.client(b"".join(data(1, message(2, other) + message(8, b""))))
    talk.close()
    case.expect(photo, inside="websocket")
    case.expect(other, inside="websocket")
    case.expect(other, name="beside.jpg")


@case("h2/connect-tunnel", "A tunnel of unknown bytes over CONNECT is told, not called clean.")
def connect_tunnel(case):
    talk, peer = begin(case)
    talk.client(peer.headers(1, peer.block((":method", "CONNECT"), (":authority", "hidden.example:443"))))
    talk.server(frame(HEADERS, 1, Peer().block((":status", "200")), END_HEADERS))
    talk.client(frame(DATA, 1, b"\x16\x03\x01" + bytes(range(200))))
    talk.close()
    case.expect_not_inspected("encrypted")
