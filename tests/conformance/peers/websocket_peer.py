#!/usr/bin/python3
"""A WebSocket server and client made of python3-websockets.

    websocket_peer.py ADDRESS PORT [--plain] [--serve FILE]
    websocket_peer.py --client URL [--plain] [--pieces SIZE] [--fragments SIZE] [--text] FILE...

The server takes everything and answers each message with its size; a client that asks for "get" gets FILE. --plain: no compression.
--pieces: one file as many messages; --fragments: as fragments of one message; --text: each file's bytes are sent as text.
"""
import argparse
import asyncio
import pathlib

import websockets


def pieces_of(content, size):
    return [content[begin:begin + size] for begin in range(0, len(content), size)]


async def serve(options):
    async def answer(connection):
        async for message in connection:
            if message == "get":
                await connection.send(pathlib.Path(options.serve).read_bytes())
            else:
                await connection.send(str(len(message)))

    compression = None if options.plain else "deflate"
    async with websockets.serve(answer, options.address, options.port, compression=compression, max_size=None):
        await asyncio.Future()


async def send(options):
    compression = None if options.plain else "deflate"
    async with websockets.connect(options.client, compression=compression, max_size=None) as connection:
        if options.get:
            await connection.send("get")
            await connection.recv()
        for path in options.files:
            content = pathlib.Path(path).read_bytes()
            if options.fragments:
                await connection.send(pieces_of(content, options.fragments))
                await connection.recv()
                continue
            for piece in pieces_of(content, options.pieces or len(content)):
                await connection.send(piece.decode() if options.text else piece)
                await connection.recv()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--pieces", type=int)
    parser.add_argument("--fragments", type=int)
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--get", action="store_true")
    parser.add_argument("--serve")
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    if options.client:
        return asyncio.run(send(options))
    options.address, options.port = options.files[0], int(options.files[1])
    return asyncio.run(serve(options))


if __name__ == "__main__":
    main()
