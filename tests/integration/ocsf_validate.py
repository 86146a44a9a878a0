#!/usr/bin/env python3
"""Checks OCSF events (JSON lines) against the definitions of ocsf/ocsf-schema.

Every attribute must be defined for its class or object (extends, $include and applied profiles resolved), have its type and a
value of its enumeration; required attributes and constraints must hold; a sibling must be the caption of its enumeration.
Exits 77 where the schema is absent."""
import argparse
import json
import pathlib
import re
import subprocess
import sys

INTEGERS = {"integer_t": 2**31, "long_t": 2**63}


class Schema:
    def __init__(self, root):
        self.root = root
        self.dictionary = json.loads((root / "dictionary.json").read_text())
        self.attributes = self.dictionary["attributes"]
        self.types = self.dictionary["types"]["attributes"]
        self.version = json.loads((root / "version.json").read_text())["version"]
        self.objects = {p.stem: json.loads(p.read_text()) for p in (root / "objects").glob("*.json")}
        self.events = {}
        for path in (root / "events").rglob("*.json"):
            definition = json.loads(path.read_text())
            self.events[definition.get("name", path.stem)] = definition
        self.cache = {}

    def profile_attributes(self, name):
        return {k: {"profile": pathlib.Path(name).stem, **v}
                for k, v in json.loads((self.root / name).read_text())["attributes"].items()}

    def resolve(self, table, name):
        """Attributes of a class or object with those it inherits, and its constraints."""
        if (id(table), name) in self.cache:
            return self.cache[id(table), name]
        definition = table[name]
        merged, constraints = {}, {}
        if definition.get("extends"):
            base, base_constraints = self.resolve(table, definition["extends"])
            merged = {k: dict(v) for k, v in base.items()}
            constraints = dict(base_constraints)
        included = {}
        for include in definition["attributes"].get("$include", []):
            included.update(self.profile_attributes(include))
        own = {k: v for k, v in definition["attributes"].items() if k != "$include"}
        for source in (included, own):
            for key, value in source.items():
                entry = merged.setdefault(key, {})
                enum = {**entry.get("enum", {}), **value.get("enum", {})}
                entry.update(value)
                if enum:
                    entry["enum"] = enum
        constraints.update(definition.get("constraints", {}))
        self.cache[id(table), name] = merged, constraints
        return merged, constraints


class Checker:
    def __init__(self, schema):
        self.schema = schema
        self.problems = []

    def event(self, event):
        classes = {}
        for name, definition in self.schema.events.items():
            if definition.get("uid") is not None and definition.get("category", "findings"):
                classes[name] = definition
        self.problems = []
        if event.get("class_uid") != 2006:
            self.problems.append(f"class_uid {event.get('class_uid')}: not a Data Security Finding")
        name = "data_security_finding"
        definition = self.schema.events[name]
        category = json.loads((self.schema.root / "categories.json").read_text())["attributes"]["findings"]
        expected = {"category_uid": category["uid"], "category_name": category["caption"],
                    "class_uid": category["uid"] * 1000 + definition["uid"], "class_name": definition["caption"]}
        expected["type_uid"] = expected["class_uid"] * 100 + event.get("activity_id", 0)
        for key, value in expected.items():
            if event.get(key) != value:
                self.problems.append(f"{key}: {event.get(key)!r}, must be {value!r}")
        if event.get("metadata", {}).get("version") != self.schema.version:
            self.problems.append(f"metadata.version is not {self.schema.version}")
        profiles = set(event.get("metadata", {}).get("profiles", []))
        skip = {"category_uid", "class_uid"}  # their enumerations are made from the files, checked above
        self.attributes(event, *self.schema.resolve(self.schema.events, name), "", profiles, skip)
        return self.problems

    def attributes(self, value, defined, constraints, place, profiles, skip=frozenset()):
        for key, entry in defined.items():
            active = not entry.get("profile") or entry["profile"] in profiles
            if active and entry.get("requirement") == "required" and key not in value:
                self.problems.append(f"{place}{key}: required, absent")
        for key, item in value.items():
            entry = defined.get(key)
            if entry is None:
                self.problems.append(f"{place}{key}: unknown attribute")
            elif entry.get("profile") and entry["profile"] not in profiles:
                self.problems.append(f"{place}{key}: belongs to profile {entry['profile']}, which is not applied")
            elif "@deprecated" in {**self.schema.attributes.get(key, {}), **entry}:
                self.problems.append(f"{place}{key}: deprecated")
            else:
                self.attribute(key, item, entry, value, place, profiles, key in skip)
        for kind, keys in constraints.items():
            present = sum(k in value for k in keys)
            if (kind == "at_least_one" and present == 0) or (kind == "just_one" and present != 1):
                self.problems.append(f"{place.rstrip('.') or 'event'}: {kind} of {', '.join(keys)}")

    def attribute(self, key, item, entry, parent, place, profiles, skip_enum):
        general = self.schema.attributes.get(key, {})
        if general.get("is_array"):
            if not isinstance(item, list):
                self.problems.append(f"{place}{key}: must be an array")
                return
            for index, element in enumerate(item):
                self.one(key, element, entry, general, parent, f"{place}{key}[{index}]", profiles, skip_enum)
        else:
            self.one(key, item, entry, general, parent, f"{place}{key}", profiles, skip_enum)

    def one(self, key, item, entry, general, parent, place, profiles, skip_enum):
        kind = entry.get("type") or general.get("type")
        if kind in self.schema.types:
            self.scalar(kind, item, place)
        elif kind == "object":
            if not isinstance(item, dict):
                self.problems.append(f"{place}: must be an object")
        elif kind in self.schema.objects:
            if not isinstance(item, dict):
                self.problems.append(f"{place}: must be an object {kind}")
            else:
                self.attributes(item, *self.schema.resolve(self.schema.objects, kind), place + ".", profiles)
        else:
            self.problems.append(f"{place}: type {kind!r} is not defined")
        enum = {**general.get("enum", {}), **entry.get("enum", {})}
        if enum and not skip_enum:
            if str(item) not in enum:
                self.problems.append(f"{place}: {item!r} is not in the enumeration")
            sibling = entry.get("sibling") or general.get("sibling")
            caption = enum.get(str(item), {}).get("caption")
            if sibling in parent and item != 99 and parent[sibling] != caption:
                self.problems.append(f"{place}: {sibling} is {parent[sibling]!r}, the caption is {caption!r}")
            if item == 99 and sibling and sibling not in parent:
                self.problems.append(f"{place}: 99 needs {sibling}")

    def scalar(self, kind, item, place):
        definition = self.schema.types[kind]
        base = definition.get("type", kind)
        if base == "boolean_t":
            good = isinstance(item, bool)
        elif base in INTEGERS:
            good = isinstance(item, int) and not isinstance(item, bool) and abs(item) < INTEGERS[base]
        elif base == "float_t":
            good = isinstance(item, (int, float)) and not isinstance(item, bool)
        else:
            good = kind == "json_t" or isinstance(item, str)
        if good and "regex" in definition:
            good = re.search(definition["regex"], item) is not None
        if good and "max_len" in definition:
            good = len(item) <= definition["max_len"]
        if good and "range" in definition:
            good = definition["range"][0] <= item <= definition["range"][1]
        if not good:
            self.problems.append(f"{place}: {item!r} is no {kind}")


def self_check(checker, event):
    """A checker that cannot fail checks nothing."""
    broken = [("class_uid", 2004), ("severity_id", 42), ("colour", "red"), ("time", "now"), ("finding_info", None),
              ("severity", "Fatal"), ("comment", "old"), ("device", {})]
    for key, value in broken:
        copy = dict(event)
        if value is None:
            del copy[key]
        else:
            copy[key] = value
        if not checker.event(copy):
            return f"a broken event passed: {key}={value!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schema", type=pathlib.Path, required=True)
    parser.add_argument("--program", help="prints the events; default: read stdin")
    arguments = parser.parse_args()
    if not (arguments.schema / "dictionary.json").exists():
        print(f"skipped: no OCSF definitions in {arguments.schema}")
        return 77
    text = subprocess.run([arguments.program], check=True, capture_output=True).stdout if arguments.program else sys.stdin.buffer.read()
    events = [json.loads(line) for line in text.decode().splitlines()]
    checker = Checker(Schema(arguments.schema))
    failures = 0
    for number, event in enumerate(events, 1):
        for problem in checker.event(event):
            failures += 1
            print(f"event {number}: {problem}")
    fault = self_check(checker, events[0]) if events else "no events"
    if fault:
        print(fault)
    print(f"{len(events)} events, {failures} problems, schema {checker.schema.version}")
    return 1 if failures or fault else 0


sys.exit(main())
