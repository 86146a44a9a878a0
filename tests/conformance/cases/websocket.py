"""Files over WebSocket by real clients and servers (python3-websockets, python3-aiohttp), and by hand what these refuse to do."""
import base64
import json
import pathlib
import struct
import zlib

from case import case

PEERS = pathlib.Path(__file__).resolve().parents[1] / "peers"
PORT = 8765
HANDSHAKE = (b"GET /camera/7 HTTP/1.1\r\nHost: cam.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n")
ANSWER = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
MASK = bytes((0x37, 0xfa, 0x21, 0x3d))


def exchange(case, *client_options, files, peer="websocket_peer.py", server_options=(), path="upload"):
    """A client at the agency sends files to a server of the same kind."""
    with case.lab() as lab:
        address = lab.network.CONTRACTOR
        lab.python_server(PEERS / peer, PORT, *server_options)
        with lab.record():
            lab.python(PEERS / peer, "--client", f"ws://{address}:{PORT}/{path}", *client_options, *files)


def frame(opcode, payload, fin=True, rsv=0, masked=True):
    """One frame. RFC 6455 5.2."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head = struct.pack(">BB", first, mask_bit | len(payload))
    elif len(payload) < 65536:
        head = struct.pack(">BBH", first, mask_bit | 126, len(payload))
    else:
        head = struct.pack(">BBQ", first, mask_bit | 127, len(payload))
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[i % 4] for i, byte in enumerate(payload))


def shake_hands(case, extensions=b""):
    talk = case.conversation(port=80)
    line = b"Sec-WebSocket-Extensions: " + extensions + b"\r\n" if extensions else b""
    talk.client(HANDSHAKE + line + b"\r\n")
    talk.server(ANSWER + line + b"\r\n")
    return talk


@case("websocket/binary", "A photo as one binary message, without compression.", lossy=True)
def binary(case):
    photo = case.photo()
    exchange(case, "--plain", files=[case.file("a.jpg", photo)])
    case.expect(photo, inside="websocket")


@case("websocket/deflate", "Two messages under permessage-deflate: the second one refers to the first one's bytes.", lossy=True)
def deflate(case):
    photo, other = case.photo(), case.photo()
    files = [case.file("a.jpg", photo), case.file("b.jpg", photo + b"\0"), case.file("c.jpg", other)]
    exchange(case, files=files)
    for content in (photo, photo + b"\0", other):
        case.expect(content, inside="websocket")


@case("websocket/fragments", "A photo in fragments of 1,000 bytes, compressed as one message.", lossy=True)
def fragments(case):
    photo = case.photo()
    exchange(case, "--fragments", "1000", files=[case.file("a.jpg", photo)])
    case.expect(photo, inside="websocket")


@case("websocket/fragments-plain", "A photo in fragments of 1,000 bytes, without compression.", lossy=True)
def fragments_plain(case):
    photo = case.photo()
    exchange(case, "--plain", "--fragments", "1000", files=[case.file("a.jpg", photo)])
    case.expect(photo, inside="websocket")


@case("websocket/pieces", "A photo cut over many messages: the pieces, and the photo that they make.", lossy=True)
def pieces(case):
    photo = case.photo()
    exchange(case, "--pieces", "4096", files=[case.file("a.jpg", photo)])
    case.expect(photo, inside="websocket")
    for begin in range(0, len(photo), 4096):
        case.expect(photo[begin:begin + 4096], inside="websocket")


@case("websocket/base64-text", "A photo in base64 inside JSON, as one text message under permessage-deflate.")
def base64_text(case):
    photo = case.photo()
    text = json.dumps({"type": "frame", "image": base64.b64encode(photo).decode()}).encode()
    exchange(case, "--text", files=[case.file("message.json", text)])
    case.expect(photo, inside="websocket/base64")


@case("websocket/download", "The contractor's client fetches a photo: the server sends it as a message.")
def download(case):
    photo = case.photo()
    exchange(case, "--get", files=[], server_options=("--serve", case.file("a.jpg", photo)))
    case.expect(photo, inside="websocket")


@case("websocket/aiohttp-deflate", "aiohttp's client with a window of 2^11 bytes, context kept.")
def aiohttp_deflate(case):
    photo = case.photo()
    exchange(case, "--compress", "11", files=[case.file("a.jpg", photo), case.file("b.jpg", photo[::-1] + photo)],
             peer="aiohttp_peer.py")
    case.expect(photo, inside="websocket")
    case.expect(photo[::-1] + photo, inside="websocket")
    case.expect(photo, inside="websocket/carved")


@case("websocket/control-inside", "Pings between the fragments of a message.")
def control_inside(case):
    photo = case.photo()
    talk = shake_hands(case)
    talk.client(frame(2, photo[:5000], fin=False) + frame(9, b"are you there") + frame(0, photo[5000:9000], fin=False))
    talk.server(frame(10, b"are you there", masked=False))
    talk.client(frame(9, b"") + frame(0, photo[9000:]))
    talk.close()
    case.expect(photo, inside="websocket")


@case("websocket/early", "The client does not wait for the server's 101.")
def early(case):
    photo = case.photo()
    talk = case.conversation(port=80)
    talk.client(HANDSHAKE + b"\r\n")
    talk.client(frame(2, photo))
    talk.server(ANSWER + b"\r\n")
    talk.close()
    case.expect(photo, inside="websocket")


@case("websocket/one-sided", "Only the client's packets were captured.")
def one_sided(case):
    photo = case.photo()
    talk = case.conversation(port=80)
    talk.client(HANDSHAKE + b"\r\n" + frame(2, photo))
    talk.end("client")
    case.expect(photo, inside="websocket")


@case("websocket/unmasked", "The client sends without a mask, which servers must refuse.")
def unmasked(case):
    photo = case.photo()
    talk = shake_hands(case)
    talk.client(frame(2, photo, masked=False))
    talk.close()
    case.expect(photo, inside="websocket", flags=["http_framing"])


@case("websocket/no-context", "client_no_context_takeover: each message has a window of its own, and a last block in the middle.")
def no_context(case):
    photo = case.photo()
    talk = shake_hands(case, b"permessage-deflate; client_no_context_takeover")
    for _ in range(2):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        first = packer.compress(photo[:3000]) + packer.flush(zlib.Z_FINISH)
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = first + packer.compress(photo[3000:]) + packer.flush(zlib.Z_SYNC_FLUSH)
        talk.client(frame(2, packed[:-4], rsv=4))
    talk.close()
    for _ in range(2):
        case.expect(photo, inside="websocket")


@case("websocket/gap-in-payload", "A segment inside of a message was not captured.")
def gap_in_payload(case):
    photo, second = case.photo(), case.photo()
    talk = shake_hands(case)
    whole = frame(2, photo)
    talk.client(whole[:3008])
    talk.skip("client", 1000)
    talk.client(whole[4008:] + frame(2, second))
    talk.close()
    case.expect_missing(len(photo), [[3000, 4000]])
    case.expect(second, inside="websocket")


@case("websocket/gap-in-header", "The loss takes a frame header: what follows is not invented.")
def gap_in_header(case):
    photo = case.photo()
    talk = shake_hands(case)
    talk.client(frame(2, photo)[:5000])
    talk.skip("client", len(photo) + 20)
    talk.client(frame(2, photo)[20:])
    talk.close()
    case.expect_not_inspected("gap")
    case.expect_not_inspected("gap")


@case("websocket/unknown-extension", "RSV2 is set: an extension that nobody agreed on.")
def unknown_extension(case):
    talk = shake_hands(case)
    talk.client(frame(2, case.photo()[::-1], rsv=2))
    talk.close()
    case.expect_not_inspected("unknown_coding", flags=["http_framing"])
