#!/usr/bin/env python3
"""Checks policy/policy.schema.json with a draft-07 validator that is not ours.

The schema is a schema; it accepts every example; of the faulty policies it flags those whose folder holds a file `schema` that says
"flagged" and accepts those that say "not-flagged" (faults that YAML, several keys together or other sections decide). What loads
with warnings is never flagged. Exits 77 without python3-jsonschema or python3-yaml."""
import json
import pathlib
import re
import sys

try:
    import jsonschema
    import yaml
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CoreLoader(yaml.SafeLoader):
    """Scalars as YAML 1.2 editors read them: `off` and 2026-01-01 are text."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]), ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
                            ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
                            ("float", r"[-+]?[0-9]+\.[0-9]+", list("-+0123456789"))):
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(rf"^(?:{pattern})$"), first)


def verdict(validator, path):
    """'flagged', 'not-flagged', or 'unreadable' where YAML itself fails."""
    try:
        policy = yaml.load(path.read_text(encoding="utf-8"), CoreLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return "unreadable"
    return "not-flagged" if validator.is_valid(policy) else "flagged"


def check(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for path in sorted((ROOT / "policy/examples").rglob("*.yaml")):
        for error in validator.iter_errors(yaml.load(path.read_text(), CoreLoader)):
            yield f"{path.name}: {error.json_path}: {error.message}"
    for path in sorted((ROOT / "tests/golden/policy").glob("fault-*/policy.yaml")):
        said = path.with_name("schema")
        wanted = said.read_text().strip() if said.exists() else "no file 'schema'"
        found = verdict(validator, path)
        if found != wanted:
            yield f"{path.parent.name}: {found}, wanted: {wanted}"
        if found != "not-flagged" and path.with_name("expect.txt").read_text().endswith(": loaded.\n"):
            yield f"{path.parent.name}: loads, but is {found}"


problems = list(check(json.loads((ROOT / "policy/policy.schema.json").read_text())))
print(*problems, sep="\n")
print(f"{len(problems)} problems")
sys.exit(1 if problems else 0)
