"""Hand-made TCP connections, for what no client of Debian's does. Both ends behave: handshake, acknowledgements, FIN."""
import random

from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.utils import PcapWriter

SEGMENT_BYTES = 1460
CLIENT, SERVER = "192.0.2.10", "198.51.100.10"
CLIENT6, SERVER6 = "2001:db8:a::10", "2001:db8:c::10"
FIRST_TIME, TIME_STEP = 1_700_000_000.0, 0.0005


class Wire:
    """Packets in the order in which they pass the sensor."""

    def __init__(self):
        self.packets = []
        self.conversations = []

    def put(self, packet):
        self.packets.append(packet)

    def write(self, path):
        with PcapWriter(str(path), sync=False, linktype=1) as out:
            for number, packet in enumerate(self.packets):
                frame = packet if isinstance(packet, Ether) else Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet
                frame.time = FIRST_TIME + number * TIME_STEP
                out.write(frame)


class Conversation:
    """One connection. client() and server() send bytes; `client_says` and `server_says` hold what was sent so far.

    `wrap`: a function from the IP packet to what is really on the wire (a tunnel).
    """

    def __init__(self, wire, number=0, port=80, client=CLIENT, server=SERVER, client_port=None, ipv6=False, wrap=None,
                 segment_bytes=SEGMENT_BYTES, handshake=True, syn_options=()):
        self.wire, self.wrap, self.segment_bytes = wire, wrap or (lambda packet: packet), segment_bytes
        self.address = {"client": CLIENT6 if ipv6 else client, "server": SERVER6 if ipv6 else server}
        self.port = {"client": client_port or 40000 + number, "server": port}
        self.network = IPv6 if ipv6 else IP
        seeds = random.Random(number)
        self.first = {side: seeds.randrange(1 << 32) for side in ("client", "server")}
        self.sent = {"client": 0, "server": 0}  # bytes of the stream, SYN not counted
        self.ended = {"client": False, "server": False}
        wire.conversations.append(self)
        if handshake:
            self.raw("client", flags="S", options=list(syn_options), sequence=self.first["client"], acknowledge=False)
            self.raw("server", flags="SA", options=list(syn_options), sequence=self.first["server"],
                     acknowledgement=self.first["client"] + 1)
            self.raw("client", flags="A")

    @staticmethod
    def other(side):
        return "server" if side == "client" else "client"

    def sequence(self, side, offset=None):
        """The sequence number of byte `offset` of that side's stream; of the next one by default."""
        at = self.sent[side] if offset is None else offset
        return (self.first[side] + 1 + at + (1 if offset is None and self.ended[side] else 0)) % (1 << 32)

    def raw(self, side, payload=b"", flags="A", sequence=None, acknowledgement=None, acknowledge=True, options=(), **fields):
        """Any segment at all; changes nothing of what is remembered."""
        header = TCP(sport=self.port[side], dport=self.port[self.other(side)], flags=flags, options=list(options),
                     window=65535, seq=self.sequence(side) if sequence is None else sequence % (1 << 32), **fields)
        if acknowledge:
            ack = self.sequence(self.other(side)) if acknowledgement is None else acknowledgement
            header.ack = ack % (1 << 32)
        packet = self.network(src=self.address[side], dst=self.address[self.other(side)]) / header
        self.wire.put(self.wrap(packet / payload if payload else packet))

    def at(self, side, offset, payload):
        """A segment with these bytes at an offset of the stream; what is remembered grows to its end."""
        self.raw(side, payload, flags="PA", sequence=self.sequence(side, offset))
        self.sent[side] = max(self.sent[side], offset + len(payload))

    def send(self, side, content, segment_bytes=None):
        """Bytes in order, in segments, acknowledged."""
        size = segment_bytes or self.segment_bytes
        for begin in range(0, len(content), size):
            self.at(side, self.sent[side], content[begin:begin + size])
        self.raw(self.other(side))

    def client(self, content, segment_bytes=None):
        self.send("client", content, segment_bytes)

    def server(self, content, segment_bytes=None):
        self.send("server", content, segment_bytes)

    def skip(self, side, size):
        """Bytes that the sensor did not see."""
        self.sent[side] += size

    def end(self, side):
        self.raw(side, flags="FA")
        self.ended[side] = True
        self.raw(self.other(side))

    def close(self):
        for side in ("client", "server"):
            if not self.ended[side]:
                self.end(side)

    def reset(self, side="client"):
        self.raw(side, flags="R", acknowledge=False)
