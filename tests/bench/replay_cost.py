#!/usr/bin/env python3
"""What writing and replaying a ledger costs, on one core.

    replay_cost.py [--rows 1000000] [--runs 3] [--seconds-max 20] [--ledger FILE]

Makes a ledger of made-up transfers (make_ledger.cpp), then replays a policy of 50 rules, five of which count, and 100 networks over
it. CPU and wall seconds of each run. Exit status 1: the median of the wall seconds of the replays is over --seconds-max.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEAD = "version: 1\nname: replay\nrecord: {what: all}\nnetworks:\n  agency: {cidrs: [10.1.0.0/16]}\n"


def policy(path):
    lines = [HEAD]
    lines += [f"  contractor-{i}: {{cidrs: [203.0.{i // 8}.{i % 8 * 32}/27]}}\n" for i in range(100)]
    lines.append("rules:\n")
    for i in range(50):
        what = ["faces: {at_least: 2}", "plates: {}", "any: [{faces: {}}, {plates: {}}]", 'paths: ["*/passports/*"]', "size: {at_least: 4MiB}"][i % 5]
        state = ["alert", "shadow", "block"][i % 3]
        count = ", count: {what: distinct_images, more_than: 100, within: 7d, by: [receiver]}" if i % 10 == 0 else ""
        places = f"from: [agency], to: [contractor-{i}, contractor-{i + 50}]"
        lines.append(f"  - {{name: rule-{i}, state: {state}, {places}, when: {{{what}}}{count}}}\n")
    path.write_text("".join(lines))


def timed(*command, allowed=(0,)):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    core = {min(os.sched_getaffinity(0))}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, core))
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in allowed:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, done.stdout


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds-max", type=float)
    parser.add_argument("--ledger", type=pathlib.Path, help="where to make it, and leave it")
    parser.add_argument("--sallyport", default=ROOT / "build/release/bin/sallyport")
    parser.add_argument("--make-ledger", default=ROOT / "build/bench/tests/bench/make_ledger")
    return parser.parse_args()


def main():
    chosen = arguments()
    with tempfile.TemporaryDirectory() as folder:
        rules, ledger = pathlib.Path(folder) / "policy.yaml", chosen.ledger or pathlib.Path(folder) / "ledger.db"
        policy(rules)
        cpu, wall, _ = timed(chosen.make_ledger, ledger, str(chosen.rows))
        print(f"made: {chosen.rows} rows, {ledger.stat().st_size / chosen.rows:.0f} bytes each, cpu {cpu:.1f} s, wall {wall:.1f} s")
        walls = []
        for _ in range(chosen.runs):
            cpu, wall, report = timed(chosen.sallyport, "policy", "replay", "--ledger", ledger, "--fail-on", "none", rules)
            walls.append(wall)
            print(f"replayed: cpu {cpu:.2f} s, wall {wall:.2f} s, {cpu / chosen.rows * 1e6:.2f} us a row")
        print("\n".join(report.splitlines()[:11]))
    return 1 if chosen.seconds_max and statistics.median(walls) > chosen.seconds_max else 0


if __name__ == "__main__":
    sys.exit(main())
