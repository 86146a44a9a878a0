#!/usr/bin/python3
"""Writes the conformance corpus with real clients and servers and compares what `sallyport extract` finds in it, whole and with
packets taken out. SALLYPORT_LOSS_SEEDS: how often packets are taken out of each capture; 5 unless given."""
import os
import subprocess
import sys
import tempfile

from harness import ROOT, need_root

CONFORMANCE = ROOT / "tests/conformance"


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-cases-") as cases:
        seeds = os.environ.get("SALLYPORT_LOSS_SEEDS", "5")
        for command in (["generate.py", "--to", cases], ["check.py", "--cases", cases],
                        ["lossy.py", "--cases", cases, "--seeds", seeds]):
            done = subprocess.run(["/usr/bin/python3", CONFORMANCE / command[0], *command[1:]])
            if done.returncode != 0:
                sys.exit(1)


main()
