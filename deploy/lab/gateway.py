"""sallyportd on the lab's gateway: configuration, start, readiness, events, metrics, stop."""
import json
import os
import pathlib
import select
import shutil
import socket
import time

from namespaces import end

ROOT = pathlib.Path(__file__).resolve().parents[2]


def programs():
    """The folder with the built programs: SALLYPORT_BIN, else the release build."""
    return pathlib.Path(os.environ.get("SALLYPORT_BIN", ROOT / "build/release/bin"))


def worker_in(folder):
    """A copy of the worker, and of the models beside it, that the daemon's user can use: the build may lie below a home that only root may enter."""
    if (programs() / "models").is_dir():
        shutil.copytree(programs() / "models", pathlib.Path(folder) / "models", dirs_exist_ok=True)
    return shutil.copy(programs() / "sallyport-worker", folder)


class Gateway:
    """One sallyportd in a namespace. All its files are in one folder."""

    def __init__(self, namespace, folder, config):
        self.namespace, self.folder = namespace, pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.events_path, self.control = self.folder / "events.jsonl", self.folder / "control.sock"
        self.log_path, self.config_path = self.folder / "log", self.folder / "sallyport.yaml"
        self.config_path.write_text(config)
        self.process = None

    def start(self, *arguments, patience_seconds=60):
        """Starts the daemon and returns when it has told that it is ready (sd_notify)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            path = self.folder / "notify.sock"
            path.unlink(missing_ok=True)
            ready.bind(str(path))
            path.chmod(0o777)  # the daemon tells it as the user that it has become
            environment = dict(os.environ, NOTIFY_SOCKET=str(path))
            with open(self.log_path, "a") as log:
                self.process = self.namespace.start(programs() / "sallyportd", "--config", self.config_path, *arguments,
                                                    stdout=log, stderr=log, env=environment)
            self._wait_ready(ready, patience_seconds)
        return self

    def _wait_ready(self, ready, patience_seconds):
        last = time.monotonic() + patience_seconds
        while time.monotonic() < last:
            if self.process.poll() is not None:
                raise RuntimeError(f"sallyportd ended with {self.process.returncode}:\n{self.log()}")
            if select.select([ready], [], [], 0.1)[0] and b"READY=1" in ready.recv(4096):
                return
        raise RuntimeError(f"sallyportd was not ready in {patience_seconds} s:\n{self.log()}")

    def stop(self):
        """Asks the daemon to end; gives its exit status."""
        end(self.process)
        return self.process.returncode

    def log(self):
        return self.log_path.read_text(errors="replace")

    def events(self):
        """All whole lines written so far."""
        if not self.events_path.exists():
            return []
        return [json.loads(line) for line in self.events_path.read_text().split("\n")[:-1]]

    def wait_for_event(self, wanted, patience_seconds=15):
        """The first event that `wanted` accepts, or None when none came in time."""
        last = time.monotonic() + patience_seconds
        while True:
            found = next(filter(wanted, self.events()), None)
            if found or time.monotonic() > last:
                return found
            time.sleep(0.05)

    def command(self, *arguments, check=True):
        """`sallyport ARGUMENTS` in the gateway's namespace."""
        return self.namespace.run(programs() / "sallyport", *arguments, check=check)

    def metrics(self, port=9464):
        script = f"import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:{port}/metrics').read().decode())"
        return self.namespace.run("/usr/bin/python3", "-c", script).stdout


def queue_rules(namespace, action, *options):
    """Steers forwarded packets to the daemon's queues, or stops doing so."""
    namespace.run(ROOT / "deploy/nftables/iptables-nfqueue", action, *options)


def steer_to_relay(namespace, policy, ruleset):
    """What the policy may match goes to the tproxy front end, by the rules that it is compiled into; they are left in `ruleset`."""
    ruleset.write_text(namespace.run(programs() / "sallyport", "policy", "nft", policy).stdout)
    namespace.run(ROOT / "deploy/nftables/tproxy-steer", "up", ruleset)
