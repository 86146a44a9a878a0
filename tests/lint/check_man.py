#!/usr/bin/env python3
"""Fails where man pages or shell completions differ from the programs: check_man.py SALLYPORT SALLYPORTD.

Each command and each long option that --help prints stands in its section of the man page and is offered by the completions, and
no other; each key and default of docs/config-reference.md stands in sallyport.yaml(5), and no other; mandoc -Tlint finds nothing.
Exits 77 without mandoc."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAN = ROOT / "deploy/man"
COMPLETIONS = ROOT / "deploy/completions"
# What depends on the host the linter runs on, not on the page.
OF_THE_HOST = ("referenced manual not found", "outdated mandoc.db")
GENERAL = {"--help", "--version"}  # --help belongs to every command and is documented once
TEXT_COMPLETIONS = ("_sallyport", "sallyport.fish")

# Offers what the function $2 of the completion file $1 offers for the words that follow; the last word is being typed.
DRIVE_BASH = r'''
compopt() { :; }
source "$1"; shift
function=$1; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
"$function"
printf '%s\n' "${COMPREPLY[@]}"
'''


def help_of(program, command):
    done = subprocess.run([program, *command, "--help"], capture_output=True, text=True, check=True)
    return done.stdout


def commands_of(program, command=()):
    """{("policy", "check"): {"--format", ...}, ...}, commands that only hold others included."""
    text = help_of(program, command)
    options = set(re.findall(r"^\s+(?:-\w,\s*)?(--[a-z-]+)", text, re.M))
    found = {command: options}
    below = re.search(r"^Subcommands:\n((?:[ \t]+.*\n?)+)", text, re.M | re.I)
    for name in re.findall(r"^  (\w+)(?:\s|$)", below.group(1), re.M) if below else []:
        found |= commands_of(program, (*command, name))
    return found


def sections(page):
    """Text of each .Ss and .Sh by its name."""
    parts = re.split(r"^\.S[sh] (.*)\n", (MAN / page).read_text(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def documented(text):
    return {"-" + name for name in re.findall(r"^\.It Fl (-[a-z-]+)", text, re.M)}


def differences(where, wanted, found):
    yield from (f"{where}: {name} is missing" for name in sorted(wanted - found))
    yield from (f"{where}: {name} does not exist" for name in sorted(found - wanted))


def check_lint():
    pages = sorted(map(str, MAN.iterdir()))
    done = subprocess.run(["mandoc", "-Tlint", *pages], capture_output=True, text=True)
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if not any(known in line for known in OF_THE_HOST)]


def check_sallyport_page(commands):
    page = sections("sallyport.1")
    headings = {" ".join(c): o for c, o in commands.items() if c and not any(d[:-1] == c for d in commands)}
    others = {"Worker options", "General options"}
    yield from differences("sallyport.1, commands", set(headings), {
        name for name in page if not name.isupper() and name not in others})
    for name, options in headings.items():
        text = page.get(name, "")
        found = documented(text)
        if ".Sx Worker options" in text:
            found |= documented(page["Worker options"])
        yield from differences(f"sallyport.1, {name}", options - GENERAL, found)
    yield from differences("sallyport.1, general", commands[()], documented(page["General options"]))


def bash_offers(function, words):
    done = subprocess.run(["bash", "-c", DRIVE_BASH, "bash", str(COMPLETIONS / "sallyport.bash"), function, *words],
                          capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def check_bash(commands, daemon):
    for command, options in commands.items():
        where = " ".join(["sallyport.bash: sallyport", *command])
        yield from differences(where, options, bash_offers("_sallyport", ["sallyport", *command, "--"]))
        below = {c[-1] for c in commands if c and c[:-1] == command}
        if below:
            yield from differences(where, below, bash_offers("_sallyport", ["sallyport", *command, ""]))
        words = re.search(r"--format\s.*?:\{(.*?)\}", help_of(sys.argv[1], command))
        if words:
            offered = bash_offers("_sallyport", ["sallyport", *command, "--format", "="])
            yield from differences(where + " --format", set(words.group(1).split(",")), offered)
    yield from differences("sallyport.bash: sallyportd", daemon, bash_offers("_sallyportd", ["sallyportd", "--"]))


def check_text_completions(commands, daemon):
    wanted = daemon.union(*commands.values())
    names = {word for command in commands for word in command}
    for file in TEXT_COMPLETIONS:
        text = (COMPLETIONS / file).read_text()
        found = {"--" + name for name in re.findall(r"^complete .* -l ([a-z-]+)|'\*?--([a-z-]+)\[", text, re.M) for name in name if name}
        yield from differences(file, wanted, found)
        yield from (f"{file}: {name} is missing" for name in sorted(names) if not re.search(rf"\b{name}\b", text))


def reference_keys():
    section, keys = None, set()
    for line in (ROOT / "docs/config-reference.md").read_text().splitlines():
        if heading := re.match(r"## `?([^`]+)`?$", line):
            section = heading.group(1)
        elif row := re.match(r"\| `([^`]+)` \| (.*) \| (.*) \| (.*) \|$", line):
            key, values, default, _ = (cell.replace("`", "") for cell in row.groups())
            keys.add(f"{section}: {key} ({values}; default {default})")
    return keys


def page_keys():
    keys = set()
    for section, text in sections("sallyport.yaml.5").items():
        for key, values, default in re.findall(r"^\.It Cm (\w+) : Ar (.*)\n(?:[^.].*\n)*?Default: (.*)\.$", text, re.M):
            keys.add(f"{section}: {key} ({values}; default {default})")
    return keys


def main():
    if not shutil.which("mandoc"):
        print("skipped: no mandoc")
        return 77
    commands = commands_of(sys.argv[1])
    daemon = commands_of(sys.argv[2])[()]
    worker = set(re.findall(r'== "(--[a-z-]+)"', (ROOT / "daemon/worker/worker_options.cpp").read_text()))
    problems = check_lint()
    problems += check_sallyport_page(commands)
    problems += differences("sallyportd.8", daemon, documented((MAN / "sallyportd.8").read_text()))
    problems += differences("sallyport-worker.8", worker, documented((MAN / "sallyport-worker.8").read_text()))
    problems += differences("sallyport.yaml.5", reference_keys(), page_keys())
    problems += check_bash(commands, daemon)
    problems += check_text_completions(commands, daemon)
    print(*problems, sep="\n")
    print(f"{len(commands) - 1} commands, {sum(map(len, commands.values()))} options, {len(reference_keys())} keys, {len(problems)} problems")
    return 1 if problems or len(commands) < 2 else 0


sys.exit(main())
