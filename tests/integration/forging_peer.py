#!/usr/bin/python3
"""A TCP sender that lies: it uploads a file with packets of its own making, some of which contradict others.

`forging_peer.py INTERFACE GATEWAY_MAC SENDER RECEIVER FILE AT OTHER`, where SENDER is an address that its host does not know of, so that
its kernel resets nothing. Right behind the segment at AT of the request's body comes one with the same numbers that holds OTHER; the
segment before it is sent last, so that the receiver has to choose between the two. Prints the status of the reply, and whether a
keep-alive with a byte of no meaning was answered.
"""
import pathlib
import sys

from scapy.all import IP, TCP, Ether, Raw, conf, sniff

SEGMENT = 1000
PATIENCE_SECONDS = 20
LAST_WORDS = b"nothing more is sent"  # in the RST, which may have a text (RFC 1122 4.2.2.12)


class Peer:
    """One connection to port 80, its packets written by hand."""

    def __init__(self, interface, gateway_mac, sender, receiver):
        self.link, self.receiver = conf.L2socket(iface=interface), receiver
        self.frame = Ether(dst=gateway_mac) / IP(src=sender, dst=receiver)
        self.port, self.next, self.expected = 40000, 1000, 0

    def send(self, flags, sequence, payload=b""):
        segment = TCP(sport=self.port, dport=80, seq=sequence, ack=self.expected, flags=flags, window=65535)
        self.link.send(self.frame / segment / Raw(payload) if payload else self.frame / segment)

    def wait(self, wanted):
        """The first segment of the receiver that `wanted` accepts; whoever lies needs no order."""
        def is_it(packet):
            return TCP in packet and packet[IP].src == self.receiver and packet[TCP].dport == self.port and wanted(packet[TCP])

        found = sniff(opened_socket=self.link, lfilter=is_it, count=1, timeout=PATIENCE_SECONDS)
        if not found:
            sys.exit("the receiver does not answer")
        return found[0][TCP]

    def connect(self):
        self.send("S", self.next)
        answer = self.wait(lambda tcp: tcp.flags == "SA")
        self.next, self.expected = self.next + 1, answer.seq + 1
        self.send("A", self.next)

    def upload(self, head, body, at, other):
        self.send("PA", self.next, head)
        begin = self.next + len(head)
        pieces = [(place, body[place:place + SEGMENT]) for place in range(0, len(body), SEGMENT)]
        late = next(piece for piece in pieces if piece[0] == at - SEGMENT)
        for place, piece in pieces:
            if (place, piece) != late:
                self.send("PA", begin + place, piece)
            if place == at:
                self.send("PA", begin + place, other)
                self.send("PA", begin + place, piece)  # as a sender does that has lost an acknowledgement
        self.send("PA", begin + late[0], late[1])
        self.next = begin + len(body)

    def reply(self):
        answer = self.wait(lambda tcp: Raw in tcp and tcp.ack == self.next)
        self.expected = answer.seq + len(answer[Raw].load)
        self.send("A", self.next)
        return answer[Raw].load.split(b" ")[1].decode()

    def is_kept_alive(self):
        self.send("A", self.next - 1, b"?")
        return self.wait(lambda tcp: Raw not in tcp and tcp.seq == self.expected).ack == self.next


def main(interface, gateway_mac, sender, receiver, file, at, other):
    body = pathlib.Path(file).read_bytes()
    peer = Peer(interface, gateway_mac, sender, receiver)
    peer.connect()
    head = f"PUT /put/forged.jpg HTTP/1.1\r\nHost: {receiver}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    peer.upload(head, body, int(at), pathlib.Path(other).read_bytes())
    print(peer.reply(), "alive" if peer.is_kept_alive() else "gone", flush=True)
    peer.send("RA", peer.next, LAST_WORDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
