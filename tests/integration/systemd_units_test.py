#!/usr/bin/env python3
"""The units in deploy/systemd are valid, as locked up as promised, and let the worker build its sandbox. Exits 77 without systemd."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

UNITS = pathlib.Path(__file__).resolve().parents[2] / "deploy/systemd"
EXPOSURE_MAX = {"sallyportd-observe.service": 1.7, "sallyportd-inline.service": 2.0, "sallyportd-hold.service": 2.0}
CAPABILITIES = {"sallyportd-observe.service": "CAP_NET_RAW", "sallyportd-inline.service": "CAP_NET_ADMIN CAP_NET_RAW",
                "sallyportd-hold.service": "CAP_NET_ADMIN"}
WORKER_NEEDS = ["seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]


def verify(folder):
    """systemd-analyze verify wants the program to exist: /bin/true stands in for it."""
    copies = []
    for name in EXPOSURE_MAX:
        copy = folder / name
        copy.write_text((UNITS / name).read_text().replace("/usr/sbin/sallyportd", "/bin/true"))
        copies.append(str(copy))
    done = subprocess.run(["systemd-analyze", "verify", *copies], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "sallyport" in line]
    return said or ([f"verify exits {done.returncode}: {done.stderr}"] if done.returncode else [])


def exposure(name):
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNITS / name)],
                          capture_output=True, text=True)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    return float(found.group(1)) if found else None


def main():
    if not shutil.which("systemd-analyze"):
        print("skipped: no systemd-analyze")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        problems = verify(pathlib.Path(folder))
    for name, most in EXPOSURE_MAX.items():
        measured = exposure(name)
        print(f"{name}: exposure {measured}, at most {most}")
        if measured is None or measured > most:
            problems.append(f"{name}: exposure {measured} is over {most}")
        lines = (UNITS / name).read_text().splitlines()
        if f"CapabilityBoundingSet={CAPABILITIES[name]}" not in lines:
            problems.append(f"{name}: capabilities are not exactly {CAPABILITIES[name]}")
        allowed = " ".join(line for line in lines if line.startswith("SystemCallFilter=") and "~" not in line).split("=")
        problems += [f"{name}: the worker may not call {call}" for call in WORKER_NEEDS if call not in " ".join(allowed).split()]
    print(*problems, sep="\n")
    return 1 if problems else 0


sys.exit(main())
