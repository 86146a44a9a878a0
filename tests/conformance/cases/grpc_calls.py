"""Photos in gRPC calls by python3-grpcio, and in gRPC-Web and protobuf bodies by curl. Messages are made by hand."""
import base64
import pathlib
import struct

from case import case

PEER = pathlib.Path(__file__).resolve().parents[1] / "peers/grpc_peer.py"
PORT = 50051
REPLY = b"\x08\x01"


def varint(number):
    out = b""
    while number > 127:
        out += bytes((number & 127 | 128,))
        number >>= 7
    return out + bytes((number,))


def text(number, content):
    """A length-delimited field: text, bytes or a message inside."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def framed(message):
    return struct.pack(">BI", 0, len(message)) + message


def call(case, method, messages, *options):
    with case.lab() as lab:
        address = lab.network.CONTRACTOR
        lab.python_server(PEER, PORT)
        files = [case.file(f"message-{number}", message) for number, message in enumerate(messages)]
        with lab.record():
            lab.python(PEER, "--client", f"{address}:{PORT}", f"/store.Photos/{method}", *options, *files)


@case("grpc/unary", "A photo as a bytes field, beside a text and a number.", lossy=True)
def unary(case):
    photo = case.photo()
    message = text(1, b"lane 7") + text(2, photo) + b"\x18\x2a"
    call(case, "Put", [message])
    case.expect(photo, inside="grpc")
    case.expect(framed(message), name="Put")
    case.expect(framed(REPLY), name="Put")


@case("grpc/nested-gzip", "Two photos four messages deep, in a repeated field, under gzip.", lossy=True)
def nested_gzip(case):
    photos = [case.photo(), case.photo()]
    message = text(3, text(1, b"batch") + b"".join(text(15, text(2, text(100, photo)) + b"\x0d\1\2\3\4") for photo in photos))
    call(case, "Put", [message], "--compress", "gzip")
    for photo in photos:
        case.expect(photo, inside="grpc")
    case.expect_wrapping("Put")
    case.expect_wrapping("Put")


@case("grpc/deflate", "grpc-encoding: deflate.", lossy=True)
def deflate(case):
    photo = case.photo()
    call(case, "Put", [text(2, photo)], "--compress", "deflate")
    case.expect(photo, inside="grpc")
    case.expect_wrapping("Put")
    case.expect_wrapping("Put")


@case("grpc/stream-pieces", "A client streams one photo in pieces of 3,000 bytes: joined as one.", lossy=True)
def stream_pieces(case):
    photo = case.photo()
    messages = [text(1, b"a.jpg") + text(2, photo[begin:begin + 3000]) for begin in range(0, len(photo), 3000)]
    call(case, "StreamPut", messages, "--stream")
    case.expect(photo, inside="grpc")
    case.expect(b"".join(framed(message) for message in messages), name="StreamPut")
    case.expect(framed(REPLY), name="StreamPut")


@case("grpc/stream-pieces-gzip", "The same with each message under gzip, two photos one behind the other.", lossy=True)
def stream_pieces_gzip(case):
    photos = [case.photo(), case.photo()]
    messages = [text(2, photo[begin:begin + 5000]) for photo in photos for begin in range(0, len(photo), 5000)]
    call(case, "StreamPut", messages, "--stream", "--compress", "gzip")
    for photo in photos:
        case.expect(photo, inside="grpc")
    case.expect_wrapping("StreamPut")
    case.expect_wrapping("StreamPut")


@case("grpc/download", "The server answers with the message that holds the photo.", lossy=True)
def download(case):
    photo = case.photo()
    message = text(2, photo)
    call(case, "Get", [message])
    for _ in range(2):
        case.expect(photo, inside="grpc")
        case.expect(framed(message), name="Get")


@case("grpc/raw-message", "A message that is no protobuf but the photo itself.", lossy=True)
def raw_message(case):
    photo = case.photo()
    call(case, "Put", [photo])
    case.expect(photo, inside="grpc")
    case.expect(framed(photo), name="Put")
    case.expect(framed(REPLY), name="Put")


def post(case, media_type, body, *options):
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            lab.curl(*options, "-H", f"Content-Type: {media_type}", "--data-binary", f"@{case.file('body', body)}",
                     web.url("upload"))


@case("grpc/web", "gRPC-Web over HTTP/1, with its trailers' frame.")
def web(case):
    photo = case.photo()
    body = framed(text(2, photo)) + struct.pack(">BI", 0x80, 15) + b"grpc-status:0\r\n"
    post(case, "application/grpc-web+proto", body)
    case.expect(photo, inside="grpc")
    case.expect(body, name="upload")


@case("grpc/web-text", "gRPC-Web in base64, two pieces with padding between them.")
def web_text(case):
    photo = case.photo()
    plain = framed(text(2, photo))
    body = base64.b64encode(plain[:1000]) + base64.b64encode(plain[1000:])
    post(case, "application/grpc-web-text", body)
    case.expect(photo, inside="grpc")


@case("grpc/protobuf-body", "A plain protobuf body over HTTP/1, chunked.")
def protobuf_body(case):
    photo = case.photo()
    body = text(1, text(4, b"name") + text(5, photo))
    post(case, "application/x-protobuf", body, "-H", "Transfer-Encoding: chunked")
    case.expect(photo, inside="protobuf")
    case.expect(body, name="upload")


@case("grpc/base64-field", "A text field with JSON with the photo in base64.")
def base64_field(case):
    photo = case.photo()
    message = text(1, b'{"image":"' + base64.b64encode(photo) + b'"}')
    call(case, "Put", [message])
    case.expect(photo, inside="*base64")
    case.expect(framed(message), name="Put")
    case.expect(framed(REPLY), name="Put")
