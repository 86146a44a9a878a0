#!/usr/bin/env python3
"""What `sallyport scan` costs where the policy asks for images to one network only, and the traffic goes elsewhere.

    scan_cost.py --capture FILE [--make [--bytes 1G] [--no-offload]] [--runs 5] [--ratio-max 2]

CPU seconds of an empty pcap_loop() over the capture, and of the scan less its start, without its worker process: the flow table is
made and a policy is loaded before the first packet, which is measured by a scan of a capture without packets. In turns, so that whatever else the machine does
meets all of them. The ratio is by the smallest and by the median of all runs. Exit status 1: that of the medians is above --ratio-max.
"""
import pathlib
import statistics
import struct
import sys
import tempfile

from extract_cost import arguments, measure

POLICY = """
version: 1
name: one-network
networks:
  partner: {cidrs: [203.0.113.0/24]}
rules:
  - {name: images-to-partner, state: alert, to: [partner], when: {image: any}}
"""
NO_PACKETS = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)


def show(times):
    print(f"{'CPU seconds':12} {'min':>7} {'median':>7}")
    for name, values in times.items():
        print(f"{name:12} {min(values):7.3f} {statistics.median(values):7.3f}")
    ratios = [(of(times["scan"]) - of(times["start"])) / of(times["pcap_loop"]) for of in (min, statistics.median)]
    print(f"{'ratio':12} {ratios[0]:7.2f} {ratios[1]:7.2f}")
    return ratios[1]


def main():
    chosen = arguments(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        policy, nothing = pathlib.Path(folder) / "policy.yaml", pathlib.Path(folder) / "nothing.pcap"
        policy.write_text(POLICY)
        nothing.write_bytes(NO_PACKETS)
        scan = [chosen.sallyport, "scan", "--workers", "1", "--policy", policy]
        times, _ = measure({"pcap_loop": [chosen.pcap_loop, chosen.capture], "start": [*scan, nothing], "scan": [*scan, chosen.capture]},
                           chosen.runs)
    ratio = show(times)
    if chosen.ratio_max is not None and ratio > chosen.ratio_max:
        sys.exit(1)


if __name__ == "__main__":
    main()
