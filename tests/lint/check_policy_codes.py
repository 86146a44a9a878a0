#!/usr/bin/env python3
"""Checks that each message about policies has a golden: every code in policy/*.cpp stands in some tests/golden/policy/fault-*/expect.txt."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A file that is not there: PolicyCheck.ExitStatusSaysWhetherItLoads. Hundreds of faults: Diagnostic.IsBounded. A folder
# without policies: Bundle.SaysWhatTheFolderLacks.
ELSEWHERE = {"unreadable", "too-many", "no-files"}
# What no input is known to bring about: a layout that would lose something.
UNSEEN = {"not-formatted"}
# Codes of one word, from before there was a rule: a new one has a hyphen, which nothing else between quotes has there.
ONE_WORD = {"alias", "syntax", "tab", "tag", "unused"}
HYPHENATED = re.compile(r'"([a-z]+(?:-[a-z0-9]+)+)"')

codes = set(ONE_WORD)
for path in sorted((ROOT / "policy").glob("*.cpp")):
    if "schema" not in path.name:
        codes |= set(HYPHENATED.findall(path.read_text()))
told = set()
for path in (ROOT / "tests/golden/policy").glob("fault-*/expect.txt"):
    told |= set(re.findall(r"^\S+ (?:error|warning): .* \[([a-z0-9-]+)\]$", path.read_text(), re.M))
problems = [f"{code}: no golden shows this message" for code in sorted(codes - told - ELSEWHERE - UNSEEN)]
problems += [f"{code}: of the goldens, but not found in the sources: give it a hyphen" for code in sorted(told - codes)]
print(*problems, sep="\n")
print(f"{len(codes)} codes, {len(problems)} problems")
sys.exit(1 if problems else 0)
