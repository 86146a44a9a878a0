#!/usr/bin/python3
"""A WebSocket server and client made of python3-aiohttp.

    aiohttp_peer.py ADDRESS PORT
    aiohttp_peer.py --client URL [--compress BITS] FILE...
"""
import argparse
import asyncio
import pathlib

from aiohttp import ClientSession, WSMsgType, web


async def answer(request):
    connection = web.WebSocketResponse(max_msg_size=0)
    await connection.prepare(request)
    async for message in connection:
        if message.type in (WSMsgType.BINARY, WSMsgType.TEXT):
            await connection.send_str(str(len(message.data)))
    return connection


async def send(options):
    async with ClientSession() as session:
        async with session.ws_connect(options.client, compress=options.compress, max_msg_size=0) as connection:
            for path in options.files:
                await connection.send_bytes(pathlib.Path(path).read_bytes())
                await connection.receive()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client")
    parser.add_argument("--compress", type=int, default=0)
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    if options.client:
        return asyncio.run(send(options))
    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    return web.run_app(app, host=options.files[0], port=int(options.files[1]), print=None)


if __name__ == "__main__":
    main()
