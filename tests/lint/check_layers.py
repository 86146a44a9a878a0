#!/usr/bin/env python3
"""Fails on an #include that layers.txt does not allow, on a cycle in layers.txt, and on an uncaged third-party header."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_table(path):
    allowed, cages = {}, {}
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        left, _, right = line.partition(":")
        if left.startswith("cage "):
            cages[left.removeprefix("cage ").strip()] = right.split()
        else:
            allowed[left.strip()] = right.split()
    return allowed, cages


def find_cycle(allowed):
    done, path = set(), []

    def visit(folder):
        if folder in path:
            return path[path.index(folder):] + [folder]
        if folder in done:
            return None
        path.append(folder)
        for below in allowed.get(folder, []):
            cycle = visit(below)
            if cycle:
                return cycle
        path.pop()
        done.add(folder)
        return None

    return next(filter(None, map(visit, allowed)), None)


def folder_of(name, allowed):
    return next((f for f in [*allowed, "proto"] if name == f or name.startswith(f + "/")), None)


def is_caged_out(header, source, cages):
    for library, places in cages.items():
        if header == library or header.startswith((library + "/", library + ".")):
            stem = source.rsplit(".", 1)[0]
            if not any(source.startswith(p) if p.endswith("/") else stem.startswith(p) for p in places):
                return library
    return None


def check_file(source, lines, allowed, cages):
    own = folder_of(source, allowed)
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match.group(2)
        target = folder_of(header, allowed)
        if target and own and target != own and target not in allowed[own]:
            yield f"{source}:{number}: {own} may not include {target} ({header})"
        library = is_caged_out(header, source, cages)
        if library and own:
            yield f"{source}:{number}: <{library}> is caged in {' '.join(cages[library])}"
        if match.group(1) == '"' and not target and not header.startswith("tests/"):
            yield f'{source}:{number}: include ours by full path from the root, theirs with <>: "{header}"'


def main():
    allowed, cages = read_table(ROOT / "tests/lint/layers.txt")
    cycle = find_cycle(allowed)
    problems = [f"layers.txt: cycle {' -> '.join(cycle)}"] if cycle else []
    count = 0
    for top in ("daemon", "policy", "tests"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                count += 1
                source = str(path.relative_to(ROOT))
                problems += check_file(source, path.read_text(errors="replace").splitlines(), allowed, cages)
    print(*problems, sep="\n")
    print(f"{count} files, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
