#!/usr/bin/python3
"""Writes the conformance corpus: one folder a case with README.md, capture.pcap and expected.jsonl.

    generate.py --to FOLDER [--only 'smb/*'] [--list]

Needs root: real clients and servers run in network namespaces that it makes and removes. The captures can be given to any engine;
check.py compares what an engine finds with what is really there.
"""
import argparse
import fnmatch
import importlib
import pathlib
import shutil
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from case import CASES, Case, Unavailable  # noqa: E402  after the path


def load_cases():
    for path in sorted((HERE / "cases").glob("[a-z]*.py")):
        importlib.import_module(f"cases.{path.stem}")
    return CASES


def write(registered, to):
    begun = time.monotonic()
    folder = to / registered.name
    shutil.rmtree(folder, ignore_errors=True)
    case = Case(registered, folder)
    try:
        case.write()
    except Unavailable as reason:
        shutil.rmtree(folder, ignore_errors=True)
        print(f"{registered.name}: skipped: {reason}", flush=True)
        return
    shutil.rmtree(case.work, ignore_errors=True)
    print(f"{registered.name}: {case.capture.stat().st_size} bytes, {len(case.expected)} objects, "
          f"{time.monotonic() - begun:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=pathlib.Path, help="folder to write into")
    parser.add_argument("--only", action="append", help="cases whose name matches this pattern; may be given again")
    parser.add_argument("--list", action="store_true", help="print names and tricks, write nothing")
    options = parser.parse_args()
    chosen = [registered for name, registered in sorted(load_cases().items())
              if not options.only or any(fnmatch.fnmatch(name, pattern) for pattern in options.only)]
    if options.list:
        for registered in chosen:
            print(f"{registered.name}\t{registered.trick}")
        return
    if not options.to:
        parser.error("--to is missing")
    for registered in chosen:
        write(registered, options.to)


if __name__ == "__main__":
    main()
