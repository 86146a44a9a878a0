#!/usr/bin/python3
"""Some three hundred hostile images (tests/hostile) past a daemon, by a real curl to a real nginx, each once: every one has its event with a
right reason, no worker dies of one, and neither the workers nor the daemon grow beyond their bounds."""
import pathlib
import re
import sys
import tempfile

from harness import ROOT, expect, need_root  # first: it says where the lab is
from gateway import Gateway, queue_rules, worker_in
from namespaces import Network
from servers import Nginx

sys.path.insert(0, str(ROOT / "tests/hostile"))
import generate

AT_A_TIME = 32
WORKER_MEMORY = 1 << 30   # as configured by default: address space of one worker
DAEMON_MEMORY = 400 << 20  # resident; objects are kept in memory while they are looked at
CONFIG = """
sensor: hostile-test
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: nfqueue
  nfqueue: {{first_queue: 0, queues: 1}}
workers: {{program: {worker}, count: 2}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
"""
# Time is no reason here: a busy machine would make it one.
POLICY = """
version: 1
name: hostile
defaults: {deadline: 60s}
record: {what: all}
rules:
  - {name: faces-or-plates, state: alert, when: {any: [{faces: {}}, {plates: {}}]}}
"""


def resident_most(pid):
    """Bytes; the most it ever had."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


def worker_pids(gateway):
    tasks = pathlib.Path(f"/proc/{gateway.process.pid}/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def flat(name):
    return name.replace("/", "-")


def upload(network, folder, names):
    """One curl, one connection after the other where the daemon ends one."""
    files = ",".join(str(folder / name) for name in names)
    network.agency.run("curl", "-sS", "--max-time", "300", "-o", "/dev/null", "-T", f"{{{files}}}",
                       f"http://{network.CONTRACTOR}/put/", check=False)


def reason_of(gateway, case):
    event = gateway.wait_for_event(lambda event: event.get("file", {}).get("name") == flat(case.name), patience_seconds=120)
    expect(event is not None, f"{case.name}: no event\n{gateway.log()[-3000:]}")
    return event["unmapped"].get("findings", {}).get("not_inspected")


def check_reasons(network, gateway, folder, cases):
    """Some at a time: nothing is held for a rule that only alerts, and a full queue of images would be a reason of its own."""
    wrong = []
    for begin in range(0, len(cases), AT_A_TIME):
        some = cases[begin:begin + AT_A_TIME]
        upload(network, folder, [flat(case.name) for case in some])
        told = [(case, reason_of(gateway, case)) for case in some]
        wrong += [f"{case.name} ({case.why}): {reason}, not one of {case.reasons}" for case, reason in told if reason not in case.reasons]
    expect(not wrong, f"{len(wrong)} of {len(cases)}:\n" + "\n".join(wrong))


def check_health(gateway):
    status = gateway.command("status", "--socket", gateway.control).stdout
    expect(gateway.process.poll() is None, "the daemon is gone")
    log = gateway.log()
    lost = [line for line in log.splitlines() if "worker" in line and ("lost" in line or "replaced" in line)]
    expect(not lost, "workers died:\n" + "\n".join(lost[:10]) + "\n" + status)
    workers = [resident_most(pid) for pid in worker_pids(gateway)]
    daemon = resident_most(gateway.process.pid)
    print(f"most memory: workers {[size >> 20 for size in workers]} MiB, daemon {daemon >> 20} MiB")
    expect(len(workers) == 2 and max(workers) < WORKER_MEMORY, f"a worker took {max(workers)} bytes")
    expect(daemon < DAEMON_MEMORY, f"the daemon took {daemon} bytes")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-hostile-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        cases = generate.all_cases()
        expect(len(cases) >= 200, f"only {len(cases)} cases")
        (folder / "images").mkdir()
        for case in cases:
            (folder / "images" / flat(case.name)).write_bytes(case.content)
        (folder / "policy.yaml").write_text(POLICY)
        Nginx(network.outside, network.CONTRACTOR, folder / "web")
        gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder))).start()
        queue_rules(network.gateway, "up", "--queues", "1")
        check_reasons(network, gateway, folder / "images", cases)
        check_health(gateway)
        expect(gateway.stop() == 0, f"the daemon did not stop in order:\n{gateway.log()[-3000:]}")
        print(f"{len(cases)} images, each with its reason, no worker lost")


if __name__ == "__main__":
    sys.exit(main())
