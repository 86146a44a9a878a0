#!/usr/bin/python3
"""Writes the conformance corpus with real clients and servers and compares what `sallyport extract` finds in it."""
import subprocess
import sys
import tempfile

from harness import ROOT, need_root

CONFORMANCE = ROOT / "tests/conformance"


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-cases-") as cases:
        for command in (["generate.py", "--to", cases], ["check.py", "--cases", cases]):
            done = subprocess.run(["/usr/bin/python3", CONFORMANCE / command[0], *command[1:]])
            if done.returncode != 0:
                sys.exit(1)


main()
