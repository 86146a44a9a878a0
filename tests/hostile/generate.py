#!/usr/bin/python3
"""Writes images that are meant to hurt whoever decodes them, and beside them manifest.jsonl: file, the reasons of which one is the right
answer (null: looked at whole), and why it is hostile.

  generate.py --to DIR [--only WORD]
"""
import argparse
import json
import pathlib

import gif
import jpeg
import other_formats
import png


def all_cases():
    return [case for module in (jpeg, png, gif, other_formats) for case in module.cases()]


def write(folder, only=""):
    """Gives the cases written."""
    chosen = [case for case in all_cases() if only in case.name]
    with (folder / "manifest.jsonl").open("w") as manifest:
        for case in chosen:
            path = folder / case.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(case.content)
            manifest.write(json.dumps({"file": case.name, "reasons": case.reasons, "why": case.why}) + "\n")
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    chosen.to.mkdir(parents=True, exist_ok=True)
    cases = write(chosen.to, chosen.only)
    print(f"{len(cases)} images, {sum(len(case.content) for case in cases) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
