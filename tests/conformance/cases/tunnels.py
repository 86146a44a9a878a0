"""The same upload inside each encapsulation there is; real tunnels of the kernel where it has them."""
from case import Unavailable, case
from scapy.contrib.erspan import ERSPAN_I, ERSPAN_II, ERSPAN_III
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.inet import GRE, IP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether, SNAP, LLC
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

OUTER = {"src": "10.255.0.1", "dst": "10.255.0.2"}
OUTER6 = {"src": "2001:db8:f::1", "dst": "2001:db8:f::2"}


def outer(**fields):
    return IP(**OUTER, **fields)


def frame(packet=None):
    head = Ether(src="02:00:00:00:00:0a", dst="02:00:00:00:00:0b")
    return head / packet if packet is not None else head


def udp(port):
    return UDP(sport=49152, dport=port, chksum=0)


def upload_of(photo, name, length=None):
    return (f"PUT /{name} HTTP/1.1\r\nHost: files.example\r\nContent-Length: {len(photo) if length is None else length}"
            "\r\n\r\n").encode() + photo


def send_upload(case, photo, name="tunnel.jpg", **options):
    talk = case.conversation(segment_bytes=1300, **options)
    talk.client(upload_of(photo, name))
    talk.server(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    talk.close()


def raw(head, packet):
    """`head` bytes, then the packet as bytes: for headers that scapy has not."""
    return Raw(head + bytes(packet))


WRAPS = {
    "vlan": ("802.1Q in 802.1ad.", lambda ip: frame() / Dot1AD(vlan=7) / Dot1Q(vlan=8) / ip),
    "vlan-six-tags": ("Six tags, more than any switch stacks.", lambda ip: frame() / Dot1AD(vlan=1) / Dot1AD(vlan=2) / Dot1Q(vlan=3)
                      / Dot1Q(vlan=4) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / ip),
    "snap": ("IP in LLC/SNAP instead of an EtherType.", lambda ip: Ether(
        src="02:00:00:00:00:0a", dst="02:00:00:00:00:0b", type=8 + len(ip)) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3) / SNAP(OUI=0, code=0x800) / ip),
    "pppoe": ("A DSL line.", lambda ip: frame() / PPPoE(sessionid=9) / PPP() / ip),
    "mpls": ("Two labels.", lambda ip: frame() / MPLS(label=100, s=0, ttl=64) / MPLS(label=200, s=1, ttl=64) / ip),
    "mpls-pseudowire": ("Ethernet behind a control word.",
                        lambda ip: frame() / MPLS(label=100, s=1, ttl=64) / raw(b"\0\0\0\0", frame(ip))),
    "mpls-pseudowire-plain": ("Ethernet right behind the label.",
                              lambda ip: frame() / MPLS(label=100, s=1, ttl=64) / raw(b"", frame(ip))),
    "gre": ("GRE.", lambda ip: outer() / GRE() / ip),
    "gre-key-sequence": ("GRE with checksum, key and sequence number.",
                         lambda ip: outer() / GRE(chksum_present=1, key_present=1, seqnum_present=1, key=7, sequence_number=1) / ip),
    "nvgre": ("Ethernet in GRE with a network id in the key.", lambda ip: outer() / GRE(key_present=1, key=0x70000, proto=0x6558) / frame(ip)),
    "erspan-1": ("A mirrored frame, type I.", lambda ip: outer() / GRE(proto=0x88be) / ERSPAN_I() / frame(ip)),
    "erspan-2": ("A mirrored frame, type II.",
                 lambda ip: outer() / GRE(proto=0x88be, seqnum_present=1) / ERSPAN_II(session_id=5) / frame(ip)),
    "erspan-3": ("A mirrored frame, type III.",
                 lambda ip: outer() / GRE(proto=0x22eb, seqnum_present=1) / ERSPAN_III(session_id=5) / frame(ip)),
    "4in4": ("IPv4 in IPv4.", lambda ip: outer() / ip),
    "4in6": ("IPv4 in IPv6.", lambda ip: IPv6(**OUTER6) / ip),
    "vxlan": ("VXLAN.", lambda ip: outer() / udp(4789) / VXLAN(vni=42, flags=8) / frame(ip)),
    "vxlan-port": ("VXLAN on a port that is DNS's.", lambda ip: outer() / udp(53) / raw(bytes(VXLAN(vni=42, flags=8)), frame(ip))),
    "vxlan-gpe": ("VXLAN whose header says that IP follows.", lambda ip: outer() / udp(4790) / raw(b"\x0c\0\0\1\0\0\x2a\0", ip)),
    "geneve": ("GENEVE with an option.", lambda ip: outer() / udp(6081) / raw(b"\x02\0\x65\x58\0\0\x2a\0\1\2\3\1\0\0\0\0", frame(ip))),
    "geneve-ip": ("GENEVE with IP, no frame.", lambda ip: outer() / udp(6081) / GENEVE(vni=42, proto=0x0800) / ip),
    "gtp-u": ("A mobile user's packets.", lambda ip: outer() / udp(2152) / GTP_U_Header(teid=5, gtp_type=255) / ip),
    "l2tp": ("PPP in L2TP.", lambda ip: outer() / udp(1701) / raw(b"\0\2\0\1\0\2\xff\3\0\x21", ip)),
    "etherip": ("A frame in IP.", lambda ip: outer(proto=97) / raw(b"\x30\0", frame(ip))),
    "mpls-in-udp": ("A label in UDP.", lambda ip: outer() / udp(6635) / raw(b"\0\0\x11\x40", ip)),
    "ip-in-udp": ("IP straight in UDP, as Linux's foo-over-udp sends it.", lambda ip: outer() / udp(5555) / raw(b"", ip)),
    "authentication": ("An authentication header before TCP's own IP.", lambda ip: outer(proto=51) / raw(
        b"\4\4\0\0\0\0\0\1\0\0\0\2" + b"\0" * 12, ip)),
    "five-deep": ("IP in GRE in VXLAN in GTP-U in IP, in a VLAN.", lambda ip: frame() / Dot1Q(vlan=3) / outer() / outer() / udp(2152)
                  / GTP_U_Header(teid=5, gtp_type=255) / outer() / udp(4789) / VXLAN(vni=1, flags=8) / frame(outer() / GRE() / ip)),
}


def add_wrap(name, trick, wrap):
    @case(f"tunnels/{name}", trick)
    def in_tunnel(case):
        photo = case.photo()
        send_upload(case, photo, wrap=wrap)
        case.expect(photo, name="tunnel.jpg")


for wrap_name, (wrap_trick, wrapper) in WRAPS.items():
    add_wrap(wrap_name, wrap_trick, wrapper)


@case("tunnels/6in4", "IPv6 in IPv4.")
def six_in_four(case):
    photo = case.photo()
    send_upload(case, photo, ipv6=True, wrap=lambda ip: outer(proto=41) / ip)
    case.expect(photo, name="tunnel.jpg")


@case("tunnels/6in6", "IPv6 in IPv6.")
def six_in_six(case):
    photo = case.photo()
    send_upload(case, photo, ipv6=True, wrap=lambda ip: IPv6(**OUTER6) / ip)
    case.expect(photo, name="tunnel.jpg")


@case("tunnels/teredo", "IPv6 in UDP, with an origin indication.")
def teredo(case):
    photo = case.photo()
    send_upload(case, photo, ipv6=True, wrap=lambda ip: outer() / udp(3544) / raw(b"\0\0\1\2\3\4\5\6", ip))
    case.expect(photo, name="tunnel.jpg")


@case("tunnels/one-direction-tagged", "Only the client's packets carry a VLAN tag and a tunnel.")
def one_direction_tagged(case):
    photo = case.photo()
    from conversation import CLIENT

    def wrap(ip):
        return frame() / Dot1Q(vlan=7) / outer() / GRE() / ip if ip.src == CLIENT else frame(ip)

    send_upload(case, photo, wrap=wrap)
    case.expect(photo, name="tunnel.jpg")


@case("tunnels/two-tenants", "Two customers with the same addresses and ports in different VXLANs.")
def two_tenants(case):
    photos = [case.photo(), case.photo()]
    talks = [case.conversation(client_port=40000, wrap=lambda ip, vni=vni: outer() / udp(4789) / VXLAN(vni=vni, flags=8) / frame(ip))
             for vni in (1, 2)]
    uploads = [upload_of(photo, f"tenant-{number}.jpg") for number, photo in enumerate(photos)]
    for begin in range(0, max(map(len, uploads)), 1000):
        for talk, upload in zip(talks, uploads):
            if upload[begin:begin + 1000]:
                talk.client(upload[begin:begin + 1000])
    for talk in talks:
        talk.close()
    for number, photo in enumerate(photos):
        case.expect(photo, name=f"tenant-{number}.jpg")


@case("tunnels/fragments-outer-and-inner", "The tunnel's packets are fragments, and so are those inside; the last piece comes first.")
def fragments_outer_and_inner(case):
    photo = case.photo()
    talk = case.conversation(wrap=lambda ip: ip)
    wire = talk.wire
    pieces = []

    class Splitter:
        packets, conversations = wire.packets, wire.conversations

        @staticmethod
        def put(packet):
            packet.id = (len(pieces) + 1) & 0xffff
            pieces.append(packet)
            inner = fragment(packet, 808) if len(packet) > 900 else [packet]
            for part in reversed(inner):
                head = outer(id=len(wire.packets) + 1) / GRE() / part
                for half in reversed(fragment(head, 400)):
                    wire.put(half)

    talk.wire = Splitter
    talk.client(upload_of(photo, "tunnel.jpg"))
    talk.close()
    case.expect(photo, name="tunnel.jpg")


@case("tunnels/fragments-ipv6", "Fragments of IPv6 packets that carry a tunnel, last one first.")
def fragments_ipv6(case):
    photo = case.photo()
    talk = case.conversation()
    wire, number = talk.wire, [0]

    class Splitter:
        packets, conversations = wire.packets, wire.conversations

        @staticmethod
        def put(packet):
            number[0] += 1
            for part in reversed(fragment6(IPv6(**OUTER6) / IPv6ExtHdrFragment(id=number[0]) / packet, 600)):
                wire.put(part)

    talk.wire = Splitter
    talk.client(upload_of(photo, "tunnel.jpg"))
    talk.close()
    case.expect(photo, name="tunnel.jpg")


# --- tunnels of the kernel: curl to nginx through them, recorded on the wire between

TUNNELS = {
    "kernel-vxlan": ("type vxlan id 42 dstport 4789 local {local} remote {remote}", 4, "udp"),
    "kernel-vxlan-gbp": ("type vxlan id 42 dstport 8472 gbp local {local} remote {remote}", 4, "udp"),
    "kernel-geneve": ("type geneve id 42 remote {remote}", 4, "udp"),
    "kernel-gre": ("type gre local {local} remote {remote} key 7 csum seq", 4, "proto 47"),
    "kernel-gretap": ("type gretap local {local} remote {remote}", 4, "proto 47"),
    "kernel-erspan": ("type erspan local {local} remote {remote} seq key 5 erspan_ver 2", 4, "proto 47"),
    "kernel-ipip": ("type ipip local {local} remote {remote}", 4, "proto 4"),
    "kernel-sit": ("type sit local {local} remote {remote}", 6, "proto 41"),
}


def add_kernel_tunnel(name, arguments, family, capture_filter):
    @case(f"tunnels/{name}", "A real tunnel of the Linux kernel, recorded underneath.")
    def through_kernel(case):
        photo = case.photo(size=(640, 480))
        with case.lab() as lab:
            local, remote = lab.network.AGENCY, lab.network.CONTRACTOR
            ends = ((lab.inside, local, remote, "1"), (lab.outside, remote, local, "2"))
            for namespace, here, there, number in ends:
                words = arguments.format(local=here, remote=there).split()
                made = namespace.run("ip", "link", "add", "tun9", *words, check=False)
                if made.returncode != 0:
                    raise Unavailable(f"this kernel cannot make a link of type {words[1]}: {made.stderr.strip()}")
                address = f"10.9.9.{number}/24" if family == 4 else f"2001:db8:9::{number}/64"
                namespace.run("ip", "addr", "add", address, "dev", "tun9", *(("nodad",) if family == 6 else ()))
                namespace.run("ip", "link", "set", "tun9", "up")
            web = lab.nginx(address="10.9.9.2" if family == 4 else "[2001:db8:9::2]")
            with lab.record(capture_filter):
                lab.curl("-g", "-T", case.file("tunnel.jpg", photo), web.url("put/tunnel.jpg"))
        case.expect(photo, name="tunnel.jpg")


for tunnel_name, (tunnel_arguments, tunnel_family, tunnel_filter) in TUNNELS.items():
    add_kernel_tunnel(tunnel_name, tunnel_arguments, tunnel_family, tunnel_filter)
