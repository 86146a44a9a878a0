#!/usr/bin/python3
"""Runs an engine over the conformance corpus and compares, object by object, with what is really there.

    check.py --cases FOLDER [--engine sallyport] [--only 'smb/*']

A case holds when every expected object was found once, and nothing else that could be an image was told as whole: text, empty
objects and named pipes are nobody's photo and are not counted. The last line is "N passed, N failed".
"""
import argparse
import fnmatch
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from engines import ENGINES  # noqa: E402  after the path

NOBODYS_PHOTO = {"text", "empty"}


def is_match(expected, found):
    """Whether `found` is what `expected` speaks of; every key that the case gives has to agree."""
    if "sha256" in expected and not (found.get("complete") and found.get("sha256") == expected["sha256"]):
        return False
    if "missing" in expected and (found.get("complete") or found.get("missing") != expected["missing"]
                                  or found.get("size") != expected["size"]):
        return False
    if "not_inspected" in expected and (found.get("not_inspected") != expected["not_inspected"]
                                        or found.get("size") != expected.get("size", found.get("size"))):
        return False
    if "name" in expected and not (found.get("name") or "").endswith(expected["name"]):
        return False
    if "host" in expected and found.get("host") != expected["host"]:
        return False
    if "inside" in expected and not fnmatch.fnmatch(found.get("inside") or "", expected["inside"]):
        return False
    return set(expected.get("flags", [])) <= set(found.get("evasions", []))


def is_surprise(found):
    return bool(found.get("complete") and found.get("sha256") and not found.get("pipe")
                and found.get("content") not in NOBODYS_PHOTO)


def show(entry):
    return json.dumps({key: entry[key] for key in ("name", "host", "inside", "size", "sha256", "missing", "content", "complete",
                                                   "not_inspected", "flags", "evasions") if entry.get(key) not in (None, "", [])})


def differences(expected, found):
    """What is wrong with an engine's answer; empty where it is exact."""
    left = list(found)
    wrong = []
    for entry in expected:
        match = next((candidate for candidate in left if is_match(entry, candidate)), None)
        if match is None:
            wrong.append(f"not found: {show(entry)}")
        else:
            left.remove(match)
    wrong += [f"not there in truth: {show(candidate)}" for candidate in left if is_surprise(candidate)]
    return wrong


def check(folder, engine):
    expected = [json.loads(line) for line in open(folder / "expected.jsonl")]
    try:
        return differences(expected, engine(folder / "capture.pcap"))
    except (RuntimeError, OSError) as error:
        return [str(error)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=pathlib.Path, required=True, help="folder that generate.py wrote")
    parser.add_argument("--engine", choices=sorted(ENGINES), default="sallyport")
    parser.add_argument("--only", action="append", help="cases whose name matches this pattern; may be given again")
    options = parser.parse_args()
    passed = failed = 0
    for readme in sorted(options.cases.rglob("README.md")):
        name = str(readme.parent.relative_to(options.cases))
        if options.only and not any(fnmatch.fnmatch(name, pattern) for pattern in options.only):
            continue
        wrong = check(readme.parent, ENGINES[options.engine])
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print(f"{'FAILED' if wrong else 'ok    '} {name}", *wrong, sep="\n         ", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
