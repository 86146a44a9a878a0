#!/usr/bin/python3
"""A registered set is replaced under a running daemon, with uploads on the way: each is judged by the set before or the one
after, the mapping of the old file is released, and a broken file leaves the set in force."""
import os
import pathlib
import sys
import tempfile
import threading
import time

from harness import TAP_CONFIG, expect, need_root  # first: it says where the lab is
from gateway import Gateway, programs, worker_in
from namespaces import Network
from servers import Nginx

POLICY = """
version: 1
name: swap
record: {what: images}
networks:
  agency: {cidrs: [192.0.2.0/24]}
fingerprints:
  lanes: {file: lanes.spf, copies: parts}
rules:
  - {name: registered, state: alert, severity: low, from: [agency], to: {not: [agency]}, deadline: 30s, when: {near: {set: lanes}}}
"""


class Uploads(threading.Thread):
    """One after the other, of two pictures in turn. Bytes behind the image make each another object: none is answered from a cache."""

    def __init__(self, network, folder, url):
        super().__init__(daemon=True)
        self.network, self.folder, self.url = network, folder, url
        self.names, self.failed, self.stopping = [], [], False

    def run(self):
        pictures = {name: (self.folder / f"{name}.jpg").read_bytes() for name in ("a", "b")}
        while not self.stopping:
            name = f"{'ab'[len(self.names) % 2]}-{len(self.names)}.jpg"
            (self.folder / "upload").write_bytes(pictures[name[0]] + name.encode())
            done = self.network.agency.run("curl", "-sS", "-o", "/dev/null", "--data-binary", f"@{self.folder}/upload", f"{self.url}/{name}", check=False)
            self.failed += [name] if done.returncode else []
            self.names.append(name)

    def stop(self):
        self.stopping = True
        self.join()

    def wait(self, more):
        """Until so many more are done; gives how many there are."""
        enough, last = len(self.names) + more, time.monotonic() + 60
        while len(self.names) < enough:
            expect(time.monotonic() < last, f"only {len(self.names)} uploads in a minute")
            time.sleep(0.05)
        return len(self.names)


def make_set(network, folder, name):
    made = network.agency.run(programs() / "sallyport", "fingerprint", "add", "--worker", programs() / "sallyport-worker",
                              "--set", folder / f"{name}.spf", folder / f"{name}.jpg", check=False)
    expect(made.returncode == 0, f"no set: {made.stdout}{made.stderr}")


def put(folder, content):
    (folder / "next").write_bytes(content)
    os.rename(folder / "next", folder / "lanes.spf")


def mappings(gateway):
    """Inodes of sets that the daemon has mapped."""
    maps = pathlib.Path(f"/proc/{gateway.process.pid}/maps").read_text()
    return {line.split()[4] for line in maps.splitlines() if "lanes.spf" in line}


def wait_for_one_mapping(gateway, folder):
    wanted, last = {str((folder / "lanes.spf").stat().st_ino)}, time.monotonic() + 20
    while mappings(gateway) != wanted:
        expect(time.monotonic() < last, f"mapped are {mappings(gateway)}, and not only {wanted}")
        time.sleep(0.05)


def metric(gateway, name):
    return next(float(line.split()[-1]) for line in gateway.metrics().splitlines() if line.startswith(name + " "))


def check_broken_set(gateway, folder):
    before = mappings(gateway)
    put(folder, (folder / "a.spf").read_bytes()[:-4096])
    refused = gateway.command("reload", "--socket", gateway.control, check=False)
    expect(refused.returncode == 1 and "lanes.spf: is cut short" in refused.stderr, f"reload of a broken set: {refused.returncode}\n{refused.stderr}")
    expect("stays in force" in gateway.log(), "the log does not say that the old policy stays in force")
    expect(metric(gateway, "sallyport_policy_reload_failures_total") == 1, "the failure is not counted")
    expect(metric(gateway, "sallyport_policy_last_reload_successful") == 0, "the gauge still says success")
    expect(mappings(gateway) == before, f"the set in force is no longer mapped: {mappings(gateway)}, {before}")


def check_verdicts(gateway, uploads, swapped, restored):
    """`swapped` and `restored`: the uploads between which the reload fell."""
    last = gateway.wait_for_event(lambda event: uploads.names[-1] in str(event.get("file", {})))
    expect(last is not None, f"no event of the last upload:\n{gateway.log()[-2000:]}")
    events = {}
    for event in gateway.events():
        events.setdefault(event["file"]["name"], []).append(event)
    for number, name in enumerate(uploads.names):
        expect(len(events.get(name, [])) == 1, f"{name}: {len(events.get(name, []))} events")
        unmapped = events[name][0]["unmapped"]
        expect("not_inspected" not in unmapped, f"{name}: {unmapped}")
        found = [rule["rule"] for rule in unmapped["rules"]] == ["registered"]
        if any(begin <= number <= end for begin, end in (swapped, restored)):
            continue  # by either set
        wanted = "b" if swapped[1] < number < restored[0] else "a"
        expect(found == (name[0] == wanted), f"{name}: rules {unmapped['rules']}, in force was the set of {wanted}")


def exercise(gateway, folder, uploads):
    uploads.wait(8)
    put(folder, (folder / "b.spf").read_bytes())
    begin = len(uploads.names)
    gateway.command("reload", "--socket", gateway.control)
    swapped = begin, uploads.wait(1)
    wait_for_one_mapping(gateway, folder)
    uploads.wait(8)
    check_broken_set(gateway, folder)
    uploads.wait(8)
    put(folder, (folder / "a.spf").read_bytes())
    begin = len(uploads.names)
    gateway.command("reload", "--socket", gateway.control)
    restored = begin, uploads.wait(1)
    uploads.wait(8)
    uploads.stop()
    expect(not uploads.failed, f"uploads failed: {uploads.failed}")
    check_verdicts(gateway, uploads, swapped, restored)
    wait_for_one_mapping(gateway, folder)
    print(f"{len(uploads.names)} uploads, judged by the set in force")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-swap-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        network.agency.run(programs() / "sallyport", "canary", "make", "--worker", programs() / "sallyport-worker",
                           "--set", folder / "unused.spf", folder / "a.jpg", folder / "b.jpg")
        for picture in ("a", "b"):
            make_set(network, folder, picture)
        put(folder, (folder / "a.spf").read_bytes())
        (folder / "policy.yaml").write_text(POLICY)
        Nginx(network.outside, network.CONTRACTOR, folder / "web")
        gateway = Gateway(network.gateway, folder, TAP_CONFIG.format(sensor="swap-test", folder=folder, worker=worker_in(folder)))
        gateway.start()
        uploads = Uploads(network, folder, f"http://{network.CONTRACTOR}/upload")
        uploads.start()
        try:
            exercise(gateway, folder, uploads)
        finally:
            uploads.stop()
        gateway.stop()


if __name__ == "__main__":
    sys.exit(main())
