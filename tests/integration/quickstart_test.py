#!/usr/bin/python3
"""The six rows of the quickstart are as expected, and nothing is left behind."""
import subprocess

from harness import ROOT, expect, need_root


def namespaces():
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout


def main():
    need_root()
    before = namespaces()
    shown = subprocess.run(["/usr/bin/python3", ROOT / "deploy/lab/show.py"], text=True, capture_output=True)
    print(shown.stdout + shown.stderr)
    expect(shown.returncode == 0, "a row differs")
    expect(shown.stdout.count(" ok\n") == 6, "there are not six rows that say ok")
    expect("[unknown-" in shown.stdout, "the policy error is not shown")
    expect(namespaces() == before, "a namespace was left behind")


main()
