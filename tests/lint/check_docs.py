#!/usr/bin/env python3
"""Fails on documentation that names what is not there: check_docs.py [ROOT].

Files and folders in docs/architecture.md, local links in Markdown, a README of at most a page in every module folder, short ADRs."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
README_LINES_MAX = 40
ADR_LINES_MAX = 60
# Paths in architecture.md may leave out the folder that all share.
PREFIXES = ("", "daemon/", "docs/", "tests/lint/")
LINKED = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs", "policy", "proto", "deploy", "daemon")
PATH = re.compile(r"[\w./-]+")


def line_count(path):
    return len(path.read_text().splitlines())


def exists(name):
    """A file or folder, or the pair of source files that a name without a suffix means (pipeline/inspector)."""
    for prefix in PREFIXES:
        path = ROOT / prefix / name
        if path.exists() or path.with_name(path.name + ".h").exists():
            return True
    return False


def section(text, title):
    found = re.search(rf"^## {title}[^\n]*\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def names_in(text):
    """Quoted names that are paths: with a slash, or ending like a file."""
    for name in re.findall(r"`([^`\n]+)`", text):
        if PATH.fullmatch(name) and ("/" in name or name.endswith((".cpp", ".h", ".md", ".txt", ".py"))) and not name.startswith("/"):
            yield name


def check_architecture():
    text = (ROOT / "docs/architecture.md").read_text()
    for title in ("Code map", "Where is"):
        if not section(text, title):
            yield f"docs/architecture.md: no section '{title}'"
    folders = set(re.findall(r"^\| `([\w/]+)` \|", section(text, "Code map"), re.M))
    yield from (f"docs/architecture.md: the code map lacks {folder}" for folder in sorted(stages() - folders))
    # A name may continue the one before it in its row: `daemon/frontends` | `tap/`, `nfqueue/`.
    for line in text.splitlines():
        base = ""
        for name in names_in(line):
            if exists(name):
                base = name
            elif not (base and (ROOT / base / name).exists()):
                yield f"docs/architecture.md: {name} does not exist"


def stages():
    return {str(path.parent.relative_to(ROOT)) for path in (ROOT / "daemon").glob("*/CMakeLists.txt")}


def check_readmes():
    for folder in [*sorted(stages()), "daemon", "policy", "proto", "deploy", "tests"]:
        readme = ROOT / folder / "README.md"
        if not readme.exists():
            yield f"{folder}: no README.md"
        elif line_count(readme) > README_LINES_MAX:
            yield f"{folder}/README.md: {line_count(readme)} lines, at most {README_LINES_MAX}"


def check_adrs():
    for path in sorted((ROOT / "docs/adr").glob("*.md")):
        if line_count(path) > ADR_LINES_MAX:
            yield f"docs/adr/{path.name}: {line_count(path)} lines, at most {ADR_LINES_MAX}"


def check_links():
    tops = (ROOT / top for top in LINKED)
    files = [file for top in tops if top.exists() for file in ([top] if top.is_file() else sorted(top.rglob("*.md")))]
    for file in files:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text()):
            if "://" not in target and not target.startswith("mailto:") and not (file.parent / target).exists():
                yield f"{file.relative_to(ROOT)}: link to {target}, which does not exist"


def check_all():
    for check in (check_architecture, check_readmes, check_adrs, check_links):
        yield from check()


def main():
    problems = list(check_all())
    print(*problems, sep="\n")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
