#!/usr/bin/python3
"""kill -9 of the daemon at random points under real traffic: the ledger opens, holds every transfer whose event was written, and rules
that count go on with exactly what is in it.

    ledger_kill_test.py [--rounds 20] [--seed N]
"""
import argparse
import json
import os
import pathlib
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time

from harness import expect, need_root  # first: it says where the lab is
from gateway import Gateway, programs, worker_in
from namespaces import Network
from servers import Nginx

FILES = 40
EVENTS_MOST = 60  # of one round, before the daemon is killed
CONFIG = """
sensor: ledger-test
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: tap
  tap: {{interface: inside0, filter: tcp, ring_bytes: 4MiB}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
ledger: {{path: {folder}/ledger/ledger.db, age_max: 10d, size_max: 1GiB}}
control: {{path: {folder}/control.sock}}
metrics: {{listen: "off"}}
"""
# Every other transfer is told of; the others are for the ledger alone.
POLICY = """
version: 1
name: ledger
rules:
  - {name: even, state: alert, when: {file_names: ["even-*"]}}
  - {name: odd, state: alert, when: {file_names: ["odd-*"], size: {at_least: 1GiB}}}
"""
# Rules that count files with even numbers, over all lives of the daemon: each has to begin to match at one transfer.
THRESHOLDS = [2 ** power for power in range(3, 13)]
POLICY += "".join(f"  - {{name: more-than-{number}, state: shadow, when: {{file_names: [\"even-*\"]}}, "
                  f"count: {{what: transfers, more_than: {number}, within: 7d}}}}\n" for number in THRESHOLDS)


class Traffic:
    """curl that uploads and uploads, two at a time, until it is told to stop."""

    def __init__(self, network, folder):
        self.network, self.folder, self.stopping = network, folder, threading.Event()
        self.names = [f"{'even' if i % 2 == 0 else 'odd'}-{i}.bin" for i in range(FILES)]
        for name in self.names:
            (folder / name).write_bytes(random.randbytes(random.randrange(200, 20_000)))
        self.threads = [threading.Thread(target=self._upload) for _ in range(2)]

    def _upload(self):
        files = ",".join(str(self.folder / name) for name in self.names)
        while not self.stopping.is_set():
            self.network.agency.run("curl", "-sS", "-o", "/dev/null", "-T", f"{{{files}}}",
                                    f"http://{self.network.CONTRACTOR}/put/", check=False)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def event_ids(path):
    """Ids of the events that were wholly written; a line that the end of the daemon tore is none."""
    ids = []
    for line in path.read_text(errors="replace").split("\n")[:-1] if path.exists() else []:
        try:
            ids.append(json.loads(line)["metadata"]["uid"])
        except json.JSONDecodeError:
            continue
    return ids


def wait_for_events(gateway, count, patience_seconds=60):
    last = time.monotonic() + patience_seconds
    while gateway.events_path.read_bytes().count(b"\n") < count:
        expect(gateway.process.poll() is None, f"the daemon ended by itself:\n{gateway.log()[-3000:]}")
        expect(time.monotonic() < last, f"{count} events did not come:\n{gateway.log()[-3000:]}")


def ledger_rows(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        found = database.execute("PRAGMA integrity_check").fetchall()
        expect(found == [("ok",)], f"the ledger is damaged: {found[:5]}")
        return database.execute("SELECT lower(hex(event)), told FROM transfer").fetchall()


def check_counts(path):
    """Each rule matches from the transfer on that is one too many, counted over all rows; gives how many rules that were."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT shadow_rules FROM transfer WHERE file_name LIKE 'even-%' ORDER BY id").fetchall()
    for number, (rules,) in enumerate(rows, 1):
        found = {name for name in json.loads(rules or "[]")}
        expected = {f"more-than-{threshold}" for threshold in THRESHOLDS if number > threshold}
        expect(found == expected, f"row {number} of {len(rows)} that count: {sorted(found ^ expected)} should not differ")
    return sum(len(rows) > threshold for threshold in THRESHOLDS)


def check(gateway, ledger):
    rows = ledger_rows(ledger)
    told = {event for event, was_told in rows if was_told}
    events = event_ids(gateway.events_path)
    missing = [event for event in events if event not in told]
    expect(not missing, f"{len(missing)} of {len(events)} events have no row: {missing[:3]}")
    return len(events), len(rows)


def kill_once(gateway, chance):
    """Kills the daemon some events, and some moments, after it has come up."""
    gateway.start()
    before = len(event_ids(gateway.events_path))
    wait_for_events(gateway, before + chance.randrange(1, EVENTS_MOST))
    moment = time.monotonic() + chance.random() * 0.02
    while time.monotonic() < moment:
        pass
    os.kill(gateway.process.pid, signal.SIGKILL)
    gateway.process.wait()


def check_command(gateway, ledger, rows):
    """`ledger show` sees the same, beside a daemon that writes."""
    gateway.start()
    shown = gateway.command("ledger", "show", "--ledger", ledger, "--limit", "0", "--json").stdout.splitlines()
    expect(len(shown) >= rows, f"ledger show tells of {len(shown)} rows, not of {rows}")
    fields = json.loads(shown[-1])
    expect(fields["sender"]["ip"] == Network.AGENCY and fields["path"].startswith("/put/"), f"not a row of ours: {fields}")
    status = gateway.command("status", "--socket", gateway.control).stdout
    expect("transfers written, 0 lost" in status, f"status does not tell of the ledger:\n{status}")
    expect(gateway.stop() == 0, f"the daemon did not end well:\n{gateway.log()[-3000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    chosen = parser.parse_args()
    need_root()
    print(f"seed {chosen.seed}, {programs()}")
    chance = random.Random(chosen.seed)
    with tempfile.TemporaryDirectory(prefix="sallyport-ledger-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        (folder / "ledger").mkdir()
        (folder / "ledger").chmod(0o777)
        (folder / "policy.yaml").write_text(POLICY)
        Nginx(network.outside, network.CONTRACTOR, folder / "web")
        gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder)))
        ledger = folder / "ledger/ledger.db"
        events = rows = 0
        with Traffic(network, folder):
            for number in range(1, chosen.rounds + 1):
                kill_once(gateway, chance)
                events, rows = check(gateway, ledger)
                check_counts(ledger)
                print(f"round {number}: {events} events, {rows} rows", flush=True)
            check_command(gateway, ledger, rows)
        expect(rows > events, "transfers of which nobody is told are not in the ledger")
        crossed = check_counts(ledger)
        expect(crossed >= 4, f"only {crossed} thresholds were crossed: nothing was tested")
        print(f"{crossed} rules that count began to match at the transfer that they had to")
        print(f"killed {chosen.rounds} times: all of {events} events are among the {rows} rows of the ledger")


if __name__ == "__main__":
    sys.exit(main())
