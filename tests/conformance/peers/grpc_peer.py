#!/usr/bin/python3
"""A gRPC server and client made of python3-grpcio; messages are bytes, so no generated code is needed.

    grpc_peer.py ADDRESS PORT
    grpc_peer.py --client ADDRESS:PORT METHOD [--compress gzip|deflate] [--stream] FILE...

METHOD is /package.Service/Name. Each FILE holds one message. --stream: all of them in one call. "Get" answers with the message that
it was sent; any other method with the two bytes 08 01.
"""
import argparse
import concurrent.futures
import pathlib
import threading

import grpc

REPLY = b"\x08\x01"
COMPRESSION = {"gzip": grpc.Compression.Gzip, "deflate": grpc.Compression.Deflate, None: grpc.Compression.NoCompression}


class AnyMethod(grpc.GenericRpcHandler):
    def service(self, call):
        name = call.method.rsplit("/", 1)[-1]
        if name.startswith("Stream"):
            return grpc.stream_unary_rpc_method_handler(lambda messages, _: (list(messages), REPLY)[1])
        echo = name.startswith("Get")
        return grpc.unary_unary_rpc_method_handler(lambda message, _: message if echo else REPLY)


def serve(options):
    unlimited = [("grpc.max_receive_message_length", -1)]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=unlimited)
    server.add_generic_rpc_handlers((AnyMethod(),))
    server.add_insecure_port(f"[::]:{options.files[1]}")  # an IPv4 address would be listed in its mapped form
    server.start()
    threading.Event().wait()


def send(options):
    method, messages = options.files[0], [pathlib.Path(path).read_bytes() for path in options.files[1:]]
    unlimited = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(options.client, options=unlimited, compression=COMPRESSION[options.compress]) as channel:
        if options.stream:
            channel.stream_unary(method)(iter(messages), timeout=60)
            return
        for message in messages:
            channel.unary_unary(method)(message, timeout=60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client")
    parser.add_argument("--compress", choices=["gzip", "deflate"])
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_intermixed_args()
    send(options) if options.client else serve(options)


if __name__ == "__main__":
    main()
