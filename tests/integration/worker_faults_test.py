#!/usr/bin/python3
"""Images that hang or crash the decoder, and a worker killed in mid-image: one verdict "not inspected" with the outcome the policy names;
the daemon lives and the next image is fine."""
import os
import pathlib
import signal
import sys
import tempfile
import time

from harness import expect, need_root  # first: it says where the lab is
import images
from gateway import Gateway, queue_rules, worker_in
from namespaces import Network
from servers import Nginx
from transfers import holds_copy

CONFIG = """
sensor: fault-test
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: nfqueue
  nfqueue: {{first_queue: 0, queues: 1}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
"""
POLICY = """
version: 1
name: faults
networks:
  agency: {{cidrs: [192.0.2.0/24]}}
rules:
  - name: plates-stay
    state: block
    from: [agency]
    to: {{not: [agency]}}
    when: {{plates: {{at_least: 1}}}}
    deadline: 5s
    on_worker_crash: {crash}
    on_deadline: {deadline}
"""
COMMENT = b"\xff\xfe"  # JPEG marker COM (ITU-T T.81 B.2.4.5)


def with_comment(photo, text):
    """The same JPEG with a comment as its first segment."""
    content = photo.read_bytes()
    return content[:2] + COMMENT + (len(text) + 2).to_bytes(2, "big") + text + content[2:]


class Bench:
    def __init__(self, network, folder):
        self.network, self.folder = network, folder
        self.web = Nginx(network.outside, network.CONTRACTOR, folder / "web")
        self.harmless = folder / "harmless.jpg"
        images.checkpoint(11).save(self.harmless, quality=85)
        # The hooks exist only in a worker that is told so: a wrapper tells it.
        wrapper = folder / "worker"
        wrapper.write_text(f"#!/bin/sh\nexec {worker_in(folder)} \"$@\" --fault-injection\n")
        wrapper.chmod(0o755)
        self.policy("block", "block")
        self.gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=wrapper)).start()
        queue_rules(network.gateway, "up", "--queues", "1")

    def policy(self, crash, deadline):
        (self.folder / "policy.yaml").write_text(POLICY.format(crash=crash, deadline=deadline))

    def photo(self, name, fault=None):
        path = self.folder / name
        text = f"sallyport-fault:{fault};" if fault else f"nothing {name}"
        path.write_bytes(with_comment(self.harmless, text.encode()))
        return path

    def upload(self, path):
        return self.network.agency.start("curl", "-sS", "--max-time", "20", "-o", "/dev/null", "-F", f"photo=@{path}",
                                         f"http://{self.network.CONTRACTOR}/upload")

    def event(self, path):
        return self.gateway.wait_for_event(lambda event: event.get("file", {}).get("name") == path.name)

    def check_not_inspected(self, path, reason, action):
        uploaded = self.upload(path)
        self.check_outcome(path, uploaded, reason, action)

    def check_outcome(self, path, uploaded, reason, action):
        exit_status = uploaded.wait(30)
        event = self.event(path)
        expect(event is not None, f"{path.name}: no event\n{self.gateway.log()}")
        told = event["unmapped"]
        print(f"{path.name}: curl exit {exit_status}, {told['action']}, not inspected: {told.get('not_inspected')}")
        expect(told.get("not_inspected") == reason, f"{path.name}: not inspected because {told.get('not_inspected')}, not {reason}")
        expect(told["action"] == action, f"{path.name}: {told['action']} instead of {action}")
        expect(holds_copy(self.web.bodies, path) == (action != "block"), f"{path.name}: the receiver's disk says otherwise")

    def wait_for_worker(self):
        """A busy machine may take longer to start one than a verdict may take."""
        last = time.monotonic() + 60
        while " 1 up, " not in self.gateway.command("status", "--socket", self.gateway.control).stdout:
            expect(time.monotonic() < last, f"no worker came up\n{self.gateway.log()}")

    def check_fine(self, name):
        self.wait_for_worker()
        path = self.photo(name)
        uploaded = self.upload(path).wait(30)
        expect(uploaded == 0 and holds_copy(self.web.bodies, path), f"{name}: the next image was not fine (curl exit {uploaded})")
        expect(self.gateway.process.poll() is None, "the daemon is gone")

    def worker_pids(self):
        children = pathlib.Path(f"/proc/{self.gateway.process.pid}/task")
        return [int(pid) for task in children.iterdir() for pid in (task / "children").read_text().split()]

    def kill_in_mid_image(self, path):
        """Kills the worker once it holds the image: it hangs in it, so it stays there until killed."""
        before = self.classifying()
        uploaded = self.upload(path)
        last = time.monotonic() + 10
        while self.classifying() == before and time.monotonic() < last:
            pass
        for pid in self.worker_pids():
            os.kill(pid, signal.SIGKILL)
        return uploaded

    def classifying(self):
        """CPU ticks of the worker: they rise when it has something to do (the hook hangs by spinning or sleeping after that)."""
        ticks = 0
        for pid in self.worker_pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-faults-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        bench = Bench(network, folder)
        bench.check_fine("first.jpg")
        bench.check_not_inspected(bench.photo("crash.jpg", "crash"), "worker_crash", "block")
        bench.check_fine("after-crash.jpg")
        bench.check_not_inspected(bench.photo("hang.jpg", "hang"), "deadline", "block")
        bench.check_fine("after-hang.jpg")
        killed = bench.photo("killed.jpg", "hang")
        bench.check_outcome(killed, bench.kill_in_mid_image(killed), "worker_crash", "block")
        bench.check_fine("after-kill.jpg")
        bench.policy("alert", "alert")
        bench.gateway.command("reload", "--socket", bench.gateway.control)
        bench.check_not_inspected(bench.photo("crash-alert.jpg", "crash"), "worker_crash", "alert")
        bench.check_not_inspected(bench.photo("socket.jpg", "socket"), "worker_crash", "alert")
        bench.check_fine("last.jpg")
        expect(bench.gateway.stop() == 0, f"the daemon did not stop in order:\n{bench.gateway.log()}")


if __name__ == "__main__":
    sys.exit(main())
