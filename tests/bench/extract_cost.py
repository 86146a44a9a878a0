#!/usr/bin/env python3
"""What `sallyport extract --to none` costs, beside the least that it could: CPU seconds of three programs over one capture.

    extract_cost.py --capture FILE [--make [--bytes 1G] [--no-offload]] [--runs 5] [--ratio-max 1.5]

The three are an empty pcap_loop(), `openssl dgst -sha256` of the file, and the extraction, in turns, so that whatever else the
machine does meets all of them. User and system time is what the kernel says of the ended child. The ratio is that of extract to the
sum of the two others, by the smallest and by the median of all runs. Exit status 1: the ratio of the medians is above --ratio-max.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import make_mixed_capture

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cpu_seconds(command, output):
    """User plus system time of one run, of all its threads but not of processes that it starts itself."""
    process = subprocess.Popen([str(word) for word in command], stdout=output)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    if process.wait() != 0:
        sys.exit(f"extract_cost.py: {command[0]} ended with {process.returncode}")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(programs, runs):
    """Times by name, and the output of each program's last run."""
    times = {name: [] for name in programs}
    said = {}
    for _ in range(runs):
        for name, command in programs.items():
            with tempfile.TemporaryFile("w+") as output:
                times[name].append(cpu_seconds(command, output))
                output.seek(0)
                said[name] = output.read()
    return times, said


def show(times, said, capture):
    packets, _ = map(int, said["pcap_loop"].split())
    objects = [json.loads(line) for line in said["extract"].splitlines()]
    digests = sum(found["sha256"] is not None for found in objects)
    print(f"{capture.stat().st_size} bytes, {packets} packets; {len(objects)} objects, {digests} with digest, "
          f"{sum(found['size'] for found in objects)} bytes of objects")
    print(f"{'CPU seconds':12} {'min':>7} {'median':>7}")
    for name, values in times.items():
        print(f"{name:12} {min(values):7.3f} {statistics.median(values):7.3f}")
    ratios = [of(times["extract"]) / (of(times["pcap_loop"]) + of(times["sha256"])) for of in (min, statistics.median)]
    print(f"{'ratio':12} {ratios[0]:7.2f} {ratios[1]:7.2f}")
    return ratios[1]


def arguments(description):
    """What the command line says; makes the capture where it asks for that."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--capture", type=pathlib.Path, required=True)
    options.add_argument("--make", action="store_true", help="make the capture first (needs root)")
    options.add_argument("--bytes", type=make_mixed_capture.size_of, default=make_mixed_capture.size_of("1G"))
    options.add_argument("--no-offload", action="store_true", help="with --make: packets no larger than the MTU")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--ratio-max", type=float)
    options.add_argument("--sallyport", default=ROOT / "build/release/bin/sallyport")
    options.add_argument("--pcap-loop", default=ROOT / "build/bench/tests/bench/empty_pcap_loop")
    chosen = options.parse_args()
    if chosen.make:
        packets, dropped, _ = make_mixed_capture.make_capture(chosen.capture.absolute(), chosen.bytes, not chosen.no_offload)
        print(f"made {chosen.capture}: {packets} packets, {dropped} dropped by the kernel")
    return chosen


def main():
    chosen = arguments(__doc__)
    times, said = measure({"pcap_loop": [chosen.pcap_loop, chosen.capture],
                           "sha256": ["openssl", "dgst", "-sha256", chosen.capture],
                           "extract": [chosen.sallyport, "extract", "--no-unpack", "--to", "none", chosen.capture]}, chosen.runs)
    ratio = show(times, said, chosen.capture)
    if chosen.ratio_max is not None and ratio > chosen.ratio_max:
        sys.exit(1)


if __name__ == "__main__":
    main()
