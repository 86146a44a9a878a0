#!/usr/bin/env python3
"""Throughput of a gateway that queues everything and accepts it, beside plain forwarding.

    nfqueue_throughput.py build/bench/tests/bench/nfqueue_accept

Three network namespaces, client - gateway - server; one TCP connection of iperf3 for a few seconds each way of running:
plain forwarding, NFQUEUE with super-packets, NFQUEUE with single segments. Needs root, iproute2, iptables and iperf3.
"""
import json
import os
import pathlib
import subprocess
import sys

SECONDS = 5
ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/nftables/iptables-nfqueue"
PREFIX = f"spb{os.getpid()}"


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True, **options)


def inside(name, *command):
    return ["ip", "netns", "exec", PREFIX + name, *map(str, command)]


def make_gateway():
    for name in ("client", "gateway", "server"):
        run("ip", "netns", "add", PREFIX + name)
    for number, name in (("1", "client"), ("2", "server")):
        far, near = PREFIX + "gateway", PREFIX + name
        run("ip", "-n", far, "link", "add", "to_" + name, "type", "veth", "peer", "name", "eth0", "netns", near)
        run("ip", "-n", far, "addr", "add", f"10.98.{number}.1/24", "dev", "to_" + name)
        run("ip", "-n", near, "addr", "add", f"10.98.{number}.2/24", "dev", "eth0")
        run("ip", "-n", far, "link", "set", "to_" + name, "up")
        run("ip", "-n", near, "link", "set", "eth0", "up")
        run("ip", "-n", near, "route", "add", "default", "via", f"10.98.{number}.1")
    run(*inside("gateway", "sysctl", "-qw", "net.ipv4.ip_forward=1"))


def remove_gateway():
    for name in ("client", "gateway", "server"):
        subprocess.run(["ip", "netns", "del", PREFIX + name], check=False)


def measure():
    """Gbit/s as the receiver saw it."""
    server = subprocess.Popen(inside("server", "iperf3", "-s", "-1", "--forceflush"), stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if "listening" in line:
            break
    report = run(*inside("client", "iperf3", "-c", "10.98.2.2", "-t", SECONDS, "-J"), stdout=subprocess.PIPE).stdout
    server.stdout.read()
    server.wait()
    return json.loads(report)["end"]["sum_received"]["bits_per_second"] / 1e9


def measure_queued(program, *mode):
    run(*inside("gateway", RULES, "up"))
    queue = subprocess.Popen(inside("gateway", program, *mode), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if queue.stdout.readline() != "ready\n":
        sys.exit("the queue program did not start")
    rate = measure()
    told = queue.communicate()[0].strip()
    run(*inside("gateway", RULES, "down"))
    return rate, told


def main():
    if os.geteuid() != 0 or len(sys.argv) != 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    try:
        make_gateway()
        print(f"plain forwarding          {measure():6.2f} Gbit/s")
        for name, mode in (("NFQUEUE, super-packets", []), ("NFQUEUE, single segments", ["segments"])):
            rate, told = measure_queued(program, *mode)
            print(f"{name:25} {rate:6.2f} Gbit/s  ({told})")
    finally:
        remove_gateway()


main()
