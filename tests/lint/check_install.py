#!/usr/bin/env python3
"""Fails where an installation lacks a file or would break one: check_install.py CMAKE BUILD_FOLDER SBIN_FOLDER."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CMAKE, BUILD, SBIN = sys.argv[1:]
PREFIX = str(pathlib.Path(SBIN).parent)
UNITS = ("lib/systemd/system/sallyportd-observe.service", "lib/systemd/system/sallyportd-inline.service",
         "lib/systemd/system/sallyportd-hold.service")
BELOW_PREFIX = (*UNITS, "lib/sysusers.d/sallyport.conf", "lib/tmpfiles.d/sallyport.conf",
                "share/bash-completion/completions/sallyport", "share/bash-completion/completions/sallyportd",
                "share/sallyport/nftables/nfqueue.nft", "share/sallyport/nftables/tproxy-steer", "share/doc/sallyport/policy-reference.md",
                "share/doc/sallyport/config-reference.md", "share/doc/sallyport/examples/observe-only.yaml",
                "share/doc/sallyport/policy.schema.json")
SETTINGS = ("etc/sallyport/sallyport.yaml", "etc/sallyport/policy.yaml", "etc/logrotate.d/sallyport")


def install(to, *options):
    return subprocess.run([CMAKE, "--install", BUILD, "--component", "deploy", *options], env={**os.environ, "DESTDIR": str(to)},
                          capture_output=True, text=True)


def check(to):
    done = install(to)
    if done.returncode != 0:
        yield f"cmake --install exits {done.returncode}: {done.stderr}"
        return
    prefix = to / PREFIX.lstrip("/")
    pages = [f"share/man/man{page.suffix[1:]}/{page.name}" for page in (ROOT / "deploy/man").iterdir()]
    yield from (f"{name} is not installed" for name in (*BELOW_PREFIX, *pages) if not (prefix / name).is_file())
    yield from (f"/{name} is not installed" for name in SETTINGS if not (to / name).is_file())
    for unit in UNITS:
        if f"ExecStart={SBIN}/sallyportd --config /etc/sallyport/sallyport.yaml" not in (prefix / unit).read_text().splitlines():
            yield f"{unit}: ExecStart is not {SBIN}/sallyportd"
    settings = to / SETTINGS[0]
    if settings.stat().st_mode & 0o007:
        yield f"{settings}: everybody may read it"
    settings.write_text("changed")
    if install(to).returncode != 0 or settings.read_text() != "changed":
        yield f"/{SETTINGS[0]}: a second installation does not keep it"


def main():
    with tempfile.TemporaryDirectory() as folder:
        problems = list(check(pathlib.Path(folder)))
        if install(folder, "--prefix", "/elsewhere").returncode == 0:
            problems.append("another prefix than the configured one is not refused")
    print(*problems, sep="\n")
    print(f"{len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
