#!/usr/bin/python3
"""Prints the skipped tests with their reasons, and one last line: "N passed, N failed[, N skipped]"."""
import sys
import xml.etree.ElementTree as ElementTree


def reason(case):
    lines = (case.findtext("system-out") or "").splitlines()
    told = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("[", "Note:", "Running main"))]
    return told[-1] if told else "no reason given"


def main():
    cases = ElementTree.parse(sys.argv[1]).getroot().findall("testcase")
    skipped = [case for case in cases if case.find("skipped") is not None]
    failed = [case for case in cases if case.find("failure") is not None]
    for case in skipped:
        print(f"skipped: {case.get('name')}: {reason(case)}")
    for case in failed:
        print(f"FAILED: {case.get('name')}")
    passed = len(cases) - len(skipped) - len(failed)
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 1 if failed or not cases else 0


sys.exit(main())
