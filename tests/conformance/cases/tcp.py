"""TCP as hostile senders, odd stacks and half-blind captures make it. Where bytes come twice with other content, both readings are
objects: which one the receiver has depends on its stack."""
import functools
import random

from case import case
from scapy.layers.inet import IP, TCP, fragment

REPLY = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


def head_of(photo, name="tcp.jpg"):
    return f"PUT /{name} HTTP/1.1\r\nHost: files.example\r\nContent-Length: {len(photo)}\r\n\r\n".encode()


def upload_of(photo, name="tcp.jpg"):
    return head_of(photo, name) + photo


def parts(content, size=1000):
    return [(begin, content[begin:begin + size]) for begin in range(0, len(content), size)]


def finish(talk):
    talk.server(REPLY)
    talk.close()


# --- order, repetition


@case("tcp/reversed-order", "Every segment behind the first comes in reversed order.")
def reversed_order(case):
    photo = case.photo()
    talk = case.conversation()
    pieces = parts(upload_of(photo))
    for offset, piece in [pieces[0], *reversed(pieces[1:])]:
        talk.at("client", offset, piece)
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/retransmitted", "Every segment is sent twice, and then all of it once more in other sizes.")
def retransmitted(case):
    photo = case.photo()
    talk = case.conversation()
    upload = upload_of(photo)
    for offset, piece in parts(upload):
        talk.at("client", offset, piece)
        talk.at("client", offset, piece)
    for offset, piece in parts(upload, 700):
        talk.at("client", offset, piece)
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/duplicated-packets", "A mirror of both sides of a switch: each packet twice.")
def duplicated_packets(case):
    photo = case.photo()
    talk = case.conversation(wrap=lambda ip: ip)
    put = talk.wire.put
    talk.wire.put = lambda packet: (put(packet), put(packet))
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/overlap-same-content", "Segments overlap by half, with the same content.")
def overlap_same_content(case):
    photo = case.photo()
    talk = case.conversation()
    upload = upload_of(photo)
    for offset in range(0, len(upload), 500):
        talk.at("client", offset, upload[offset:offset + 1000])
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/keep-alive-garbage", "A keep-alive with one byte of garbage before what is acknowledged: no conflict.")
def keep_alive_garbage(case):
    photo = case.photo()
    talk = case.conversation()
    upload = upload_of(photo)
    talk.client(upload[:5000])
    talk.raw("client", b"\x00", sequence=talk.sequence("client", 4999))
    talk.raw("server")
    talk.client(upload[5000:])
    finish(talk)
    case.expect(photo, name="tcp.jpg")


# --- other content in the same place

# Where the second segment lies, as seen from the first (Novak and Sturges): begin and end, in bytes from those of the first.
LAYOUTS = {
    "same": (0, 0), "before": (-100, -100), "behind": (100, 100), "inside": (100, -100), "around": (-100, 100),
    "same-begin": (0, 100), "same-begin-short": (0, -100), "same-end": (-100, 0), "same-end-short": (100, 0),
}


def changed(content):
    return bytes(byte ^ 0xff for byte in content)


def with_words_swapped(content):
    """Other content with the same checksum."""
    return content[2:] + content[:2]


def two_readings(case, place, first_is_held):
    """The segment [3000, 3500) of the upload and another that overlaps it as `place` says, with other content in common bytes only.

    Held: both wait behind a hole, so that neither has been delivered when the second comes.
    """
    photo = case.photo()
    upload = upload_of(photo)
    begin, end = 3000 + place[0], 3500 + place[1]
    common = (max(begin, 3000), min(end, 3500))
    other = upload[:common[0]] + changed(upload[common[0]:common[1]]) + upload[common[1]:]
    talk = case.conversation()
    if first_is_held:
        talk.at("client", 0, upload[:2000])
        talk.at("client", 3000, upload[3000:3500])
        talk.at("client", begin, other[begin:end])
        talk.at("client", 2000, upload[2000:3000])
    else:
        talk.client(upload[:3000])
        talk.at("client", 3000, upload[3000:3500])
        talk.at("client", begin, other[begin:end])
    for offset, piece in parts(upload[3500:]):
        talk.at("client", 3500 + offset, piece)
    finish(talk)
    case.expect(photo, name="tcp.jpg", flags=["tcp_overlap"])
    case.expect(other[len(head_of(photo)):], name="tcp.jpg", flags=["tcp_overlap"])


def add_layout(layout, place, held):
    words = "before either is delivered" if held else "after the first was delivered"

    @case(f"tcp/conflict-{layout}-{'held' if held else 'delivered'}", f"A segment with other content ({layout}), {words}.")
    def conflict(case):
        two_readings(case, place, held)


for layout_name, layout_place in LAYOUTS.items():
    add_layout(layout_name, layout_place, True)
    add_layout(layout_name, layout_place, False)


@case("tcp/conflict-whole-object", "One small upload in one segment, then the same segment with another picture: the object had ended.")
def conflict_whole_object(case):
    first = case.photo(size=(48, 48), quality=50)
    second = case.photo(size=(48, 48), quality=50)
    size = max(len(first), len(second))
    first, second = first.ljust(size, b"\0"), second.ljust(size, b"\0")
    talk = case.conversation(segment_bytes=8000)
    talk.at("client", 0, upload_of(first))
    talk.at("client", 0, upload_of(second))
    finish(talk)
    case.expect(first, name="tcp.jpg")
    case.expect(second, name="tcp.jpg", flags=["tcp_overlap"])
    case.expect_not_inspected("conflict", flags=["tcp_overlap"])  # the head came twice too


@case("tcp/conflict-every-segment", "Every segment is sent twice, first with noise: the second pass is a picture.")
def conflict_every_segment(case):
    photo = case.photo()
    noise = changed(photo)
    talk = case.conversation()
    head = head_of(photo)
    talk.client(head)
    for offset, piece in parts(noise):
        talk.at("client", len(head) + offset, piece)
    for offset, piece in parts(photo):
        talk.at("client", len(head) + offset, piece)
    finish(talk)
    case.expect(photo, name="tcp.jpg", flags=["tcp_overlap"])
    case.expect(noise, name="tcp.jpg")


@case("tcp/conflict-far-behind", "Other content for bytes sent 100 KiB ago: a large window keeps them open.")
def conflict_far_behind(case):
    photo = case.photo(size=(1600, 1200), quality=95)
    assert len(photo) > 150_000
    upload = upload_of(photo)
    talk = case.conversation()
    for offset, piece in parts(upload[:130_000]):
        talk.at("client", offset, piece)
    talk.at("client", 20_000, changed(upload[20_000:21_000]))
    for offset, piece in parts(upload[130_000:]):
        talk.at("client", 130_000 + offset, piece)
    finish(talk)
    other = upload[:20_000] + changed(upload[20_000:21_000]) + upload[21_000:]
    case.expect(photo, name="tcp.jpg", flags=["tcp_overlap"])
    case.expect(other[len(head_of(photo)):], name="tcp.jpg", flags=["tcp_overlap"])


@case("tcp/conflict-two-places", "Two places with two contents make four objects.")
def conflict_two_places(case):
    photo = case.photo()
    head = head_of(photo)
    upload = head + photo
    talk = case.conversation()
    for offset, piece in parts(upload):
        talk.at("client", offset, piece)
        if offset in (2000, 4000):
            talk.at("client", offset, changed(piece))
    finish(talk)
    for first in (False, True):
        for second in (False, True):
            other = bytearray(upload)
            for chosen, at in ((first, 2000), (second, 4000)):
                if chosen:
                    other[at:at + 1000] = changed(upload[at:at + 1000])
            case.expect(bytes(other[len(head):]), name="tcp.jpg", flags=["tcp_overlap"])


@case("tcp/conflict-in-head", "The head comes twice with another length: the other reading of the framing is told, not guessed.")
def conflict_in_head(case):
    photo = case.photo()
    talk = case.conversation()
    head = head_of(photo)
    talk.at("client", 0, head[:30])
    talk.at("client", 30, head[30:])
    talk.at("client", 30, head[30:].replace(str(len(photo)).encode(), b"9" * len(str(len(photo)))))
    talk.client(photo)
    finish(talk)
    case.expect(photo, name="tcp.jpg")
    case.expect_not_inspected("conflict", flags=["tcp_overlap"])


@case("tcp/conflict-in-gzip", "A coded body with two contents: one reading is exact, the other is told.")
def conflict_in_gzip(case):
    import gzip

    photo = case.photo()
    coded = gzip.compress(photo, mtime=0)
    talk = case.conversation()
    head = (f"PUT /tcp.jpg HTTP/1.1\r\nHost: files.example\r\nContent-Encoding: gzip\r\nContent-Length: {len(coded)}\r\n\r\n").encode()
    talk.client(head)
    talk.client(coded[:3000])
    talk.raw("client", changed(coded[2000:2500]), sequence=talk.sequence("client", len(head) + 2000))
    talk.client(coded[3000:])
    finish(talk)
    case.expect(photo, name="tcp.jpg", flags=["tcp_overlap"])
    case.expect_not_inspected("conflict", flags=["tcp_overlap"])


@case("tcp/conflict-fragments", "Fragments of an IP datagram overlap with other content.")
def conflict_fragments(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:3000])
    before = len(talk.wire.packets)
    talk.at("client", 3000, upload[3000:4000])
    packet = talk.wire.packets.pop(before)
    packet.id = 77
    pieces = fragment(packet, 400)
    # TCP begins 20 bytes into the datagram, so the second piece carries the bytes from 3000 + 400 - 20.
    at = 3000 + 400 - 20
    other = upload[:at] + with_words_swapped(upload[at:at + 400]) + upload[at + 400:]
    twin = pieces[1].copy()
    twin.payload = type(twin.payload)(with_words_swapped(bytes(twin.payload)))
    for piece in (pieces[0], pieces[1], twin, pieces[2]):
        talk.wire.put(IP(bytes(piece)))
    talk.client(upload[4000:])
    finish(talk)
    case.expect(photo, name="tcp.jpg", flags=["tcp_overlap"])
    case.expect(other[len(head_of(photo)):], name="tcp.jpg", flags=["tcp_overlap"])


# --- beginnings and ends


@case("tcp/data-in-syn", "TCP Fast Open: the request begins in the SYN.")
def data_in_syn(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation(handshake=False)
    talk.raw("client", upload[:800], flags="S", sequence=talk.first["client"], acknowledge=False)
    talk.sent["client"] = 800
    talk.raw("server", flags="SA", sequence=talk.first["server"])
    talk.client(upload[800:])
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/reset-out-of-window", "A RST with a wrong number in the middle; the connection goes on.")
def reset_out_of_window(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:4000])
    talk.raw("client", flags="R", sequence=talk.sequence("client") + 12345, acknowledge=False)
    talk.client(upload[4000:])
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/syn-in-the-middle", "A SYN with another number in the middle; the connection goes on.")
def syn_in_the_middle(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:4000])
    talk.raw("client", flags="S", sequence=talk.sequence("client") + 99999, acknowledge=False)
    talk.client(upload[4000:])
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/data-behind-fin", "The FIN comes first; the bytes before it come later, bytes behind it are no part of the stream.")
def data_behind_fin(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:4000])
    talk.raw("client", flags="FA", sequence=talk.sequence("client", len(upload)))
    talk.raw("client", b"x" * 300, flags="PA", sequence=talk.sequence("client", len(upload)))
    talk.client(upload[4000:])
    talk.server(REPLY)
    talk.ended["client"] = True
    talk.close()
    case.expect(photo, name="tcp.jpg")


# --- packets that no receiver takes


@case("tcp/decoys-with-wrong-checksum", "Before each segment one with other bytes and a wrong checksum: receivers drop them.")
def decoys_with_wrong_checksum(case):
    photo, decoy = case.photo(), case.photo()
    talk = case.conversation()
    for (offset, piece), (_, other) in zip(parts(upload_of(photo)), parts(upload_of(decoy.ljust(len(photo), b"x"))), strict=False):
        talk.raw("client", other[:len(piece)], flags="PA", sequence=talk.sequence("client", offset), chksum=0x1234)
        talk.at("client", offset, piece)
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/checksums-left-to-the-card", "A capture on the sending host: no packet of the client has its checksum yet.")
def checksums_left_to_the_card(case):
    photo = case.photo()

    def unfinished(packet):
        if packet.dport == 80:
            packet[TCP].chksum = 0x1234
        return packet

    talk = case.conversation(wrap=unfinished)
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


# --- ends that neither side sent: with the right numbers, and too small a TTL to arrive


def forged_end(case, flags, sides, behind_head, acknowledged_often=True):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    begin = len(head_of(photo)) if behind_head else 0
    if begin:
        talk.client(upload[:begin])
    for side in sides:
        talk.raw(side, flags=flags, acknowledge="A" in flags)
    for offset, piece in parts(upload[begin:]):
        talk.at("client", begin + offset, piece)
        if acknowledged_often:
            talk.raw("server")
    finish(talk)
    case.expect(photo, name="tcp.jpg")


for often in (True, False):
    words = "acknowledges each segment" if often else "acknowledges at the end"
    for place, behind_head in (("before", False), ("in", True)):
        for sides in (["server"], ["client"], ["client", "server"]):
            for kind, flags in (("reset", "R"), ("fin", "FA")):
                name = f"tcp/forged-{kind}-of-{'-and-'.join(sides)}-{place}-upload{'' if often else '-acknowledged-late'}"
                trick = f"A forged {kind.upper()} of {' and '.join(sides)} {place} an upload goes on; the receiver {words}."
                case(name, trick)(functools.partial(forged_end, flags=flags, sides=sides, behind_head=behind_head,
                                                    acknowledged_often=often))


@case("tcp/real-reset", "The client resets in the middle of its upload; nothing comes behind.")
def real_reset(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:4000])
    talk.reset()
    case.expect_missing(len(photo), [[4000 - len(head_of(photo)), len(photo)]], name="tcp.jpg")


@case("tcp/forged-fin-that-was-believed", "FIN and its acknowledgement are both forged: the rest has lost its place, not its bytes.")
def forged_fin_believed(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:4000])
    talk.raw("client", flags="FA")
    talk.raw("server", acknowledgement=talk.sequence("client") + 1)
    for offset, piece in parts(upload[4000:]):
        talk.at("client", 4000 + offset, piece)
        talk.raw("server")
    finish(talk)
    case.expect_missing(len(photo), [[4000 - len(head_of(photo)), len(photo)]], name="tcp.jpg")
    # What shows that it goes on is the acknowledgement of the first piece behind the FIN.
    case.expect_missing(len(upload) - 4000, [[0, 1000]], flags=["tcp_overlap"])


@case("tcp/sequence-wraps", "The sequence number passes zero in the middle of the picture.")
def sequence_wraps(case):
    photo = case.photo()
    talk = case.conversation(handshake=False)
    talk.first["client"] = (1 << 32) - 5000
    talk.raw("client", flags="S", sequence=talk.first["client"], acknowledge=False)
    talk.raw("server", flags="SA", sequence=talk.first["server"])
    talk.raw("client")
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


# --- what the sensor does not see


def keep_only(talk, side):
    put = talk.wire.put
    talk.wire.put = lambda packet: put(packet) if packet.src == talk.address[side] else None


@case("tcp/one-sided-upload", "Only the client's packets: a request is enough for an upload.")
def one_sided_upload(case):
    photo = case.photo()
    talk = case.conversation(handshake=False)
    keep_only(talk, "client")
    talk.raw("client", flags="S", sequence=talk.first["client"], acknowledge=False)
    talk.raw("client")
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/one-sided-download", "Only the server's packets: a response is enough for a download.")
def one_sided_download(case):
    photo = case.photo()
    talk = case.conversation(handshake=False)
    keep_only(talk, "server")
    talk.raw("server", flags="SA", sequence=talk.first["server"])
    talk.client(b"GET /tcp.jpg HTTP/1.1\r\nHost: files.example\r\n\r\n")
    talk.server(f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(photo)}\r\n\r\n".encode() + photo)
    talk.close()
    case.expect(photo)


@case("tcp/midstream", "The capture begins in the middle of a connection; the next request on it is whole.")
def midstream(case):
    photo = case.photo()
    talk = case.conversation(handshake=False)
    talk.client(b"the end of something else\r\n")
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/midstream-in-a-large-body", "The capture begins inside a body of 1 MiB: what passed of it is told, and the photos behind it are whole.")
def midstream_in_a_large_body(case):
    photos = [case.photo() for _ in range(3)]
    talk = case.conversation()
    body = random.Random(1).randbytes(1 << 20)
    talk.client(head_of(body, "large.bin"))
    del talk.wire.packets[:]
    for upload in [body, *map(upload_of, photos)]:
        talk.client(upload)
        talk.server(REPLY)
    talk.close()
    case.expect_not_inspected("unknown_protocol", size=len(body))
    for photo in photos:
        case.expect(photo, name="tcp.jpg")


@case("tcp/lost-segment", "A segment that the receiver has and the sensor has not: a hole with its place, never a whole object.")
def lost_segment(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:3000])
    talk.skip("client", 1000)
    talk.client(upload[4000:])
    finish(talk)
    begin = 3000 - len(head_of(photo))
    case.expect_missing(len(photo), [[begin, begin + 1000]], name="tcp.jpg")


@case("tcp/urgent", "Bytes of the picture are marked urgent: some receivers take one of them out.")
def urgent(case):
    photo = case.photo()
    upload = upload_of(photo)
    talk = case.conversation()
    talk.client(upload[:3000])
    talk.raw("client", upload[3000:4000], flags="PAU", sequence=talk.sequence("client", 3000), urgptr=500)
    talk.sent["client"] = 4000
    talk.client(upload[4000:])
    finish(talk)
    case.expect(photo, name="tcp.jpg", flags=["urgent_data"])


MP_CAPABLE = (30, bytes.fromhex("0181") + b"\0" * 8)


@case("tcp/multipath", "Both ends speak MPTCP: the size that the request says shows that no byte went another way.")
def multipath(case):
    photo = case.photo()
    talk = case.conversation(syn_options=[MP_CAPABLE])
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg", flags=["multipath"])


@case("tcp/multipath-without-size", "MPTCP and a response that ends with the connection: nobody can know that it is whole.")
def multipath_without_size(case):
    photo = case.photo()
    talk = case.conversation(syn_options=[MP_CAPABLE])
    talk.client(b"GET /tcp.jpg HTTP/1.1\r\nHost: files.example\r\n\r\n")
    talk.server(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + photo)
    talk.close()
    case.expect(photo, flags=["multipath"])


# --- fragments of IP


def fragmented(case, ipv6):
    photo = case.photo()
    talk = case.conversation(ipv6=ipv6)
    put, number = talk.wire.put, [0]

    def split(packet):
        number[0] += 1
        if ipv6:
            from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6

            whole = IPv6(src=packet.src, dst=packet.dst) / IPv6ExtHdrFragment(id=number[0]) / packet.payload
            pieces = fragment6(whole, 500) if len(packet) > 600 else [packet]
        else:
            packet.id = number[0]
            pieces = fragment(packet, 400)
        for piece in [*pieces[1::2], *pieces[::2][::-1], *pieces[:1]] if number[0] % 2 else reversed(pieces):
            put(piece)

    talk.wire.put = split
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/fragments-v4", "IPv4 fragments in any order, some twice.")
def fragments_v4(case):
    fragmented(case, False)


def many_extensions(case, fragmented):
    """Each data packet behind 11 empty headers of destination options; in fragments, the headers are in both."""
    from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, fragment6

    photo = case.photo()
    talk = case.conversation(ipv6=True)
    put = talk.wire.put

    def extended(packet):
        whole = IPv6(src=packet.src, dst=packet.dst)
        for _ in range(11):
            whole = whole / IPv6ExtHdrDestOpt()
        if not fragmented:
            return put(whole / packet.payload)
        whole = IPv6(src=packet.src, dst=packet.dst) / IPv6ExtHdrFragment(id=len(talk.wire.packets))
        for _ in range(11):
            whole = whole / IPv6ExtHdrDestOpt()
        for piece in fragment6(whole / packet.payload, 600):
            put(piece)

    talk.wire.put = extended
    talk.client(upload_of(photo))
    finish(talk)
    case.expect(photo, name="tcp.jpg")


@case("tcp/many-extension-headers", "Eleven IPv6 extension headers before TCP: receivers step over all of them.")
def many_extension_headers(case):
    many_extensions(case, fragmented=False)


@case("tcp/many-extension-headers-in-fragments", "Eleven IPv6 extension headers inside a fragmented datagram.")
def many_extension_headers_in_fragments(case):
    many_extensions(case, fragmented=True)


@case("tcp/fragments-v6", "IPv6 fragments in any order, some twice.")
def fragments_v6(case):
    fragmented(case, True)
