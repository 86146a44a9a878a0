#!/usr/bin/python3
"""Listens where TPROXY delivers, and connects on to where the client wanted to go, in the client's name.

transparent_relay.py PORT: prints "ready" once it listens. Each client is told "relay SERVER CLIENT: GREETING", with the greeting of the real
server, and then gets back what it sends."""
import socket
import sys
import threading

TRANSPARENT = {socket.AF_INET: (socket.SOL_IP, 19), socket.AF_INET6: (socket.IPPROTO_IPV6, 75)}


def transparent(family):
    made = socket.socket(family)
    made.setsockopt(*TRANSPARENT[family], 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def serve(client):
    with client, transparent(client.family) as server:
        server.settimeout(10)
        client.settimeout(10)
        server.bind((client.getpeername()[0], 0))
        server.connect(client.getsockname()[:2])
        greeting = server.makefile().readline()
        client.sendall(f"relay {client.getsockname()[0]} {client.getpeername()[0]}: {greeting}".encode())
        client.sendall(client.recv(100))


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def main():
    for family in TRANSPARENT:
        listener = transparent(family)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(("", int(sys.argv[1])))
        listener.listen()
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
