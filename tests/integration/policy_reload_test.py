#!/usr/bin/python3
"""A bad policy never replaces a good one, and a running daemon says so in its log, metrics and status; no start without a good one."""
import pathlib
import signal
import sys
import tempfile
import time

from harness import ROOT, expect, need_root  # first: it says where the lab is
from gateway import Gateway, programs, worker_in
from namespaces import Network

CONFIG = """
sensor: reload-test
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: tap
  tap: {{interface: inside0, ring_bytes: 1MiB}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
"""
GOOD = "version: 1\nname: {name}\nrecord: {{what: images}}\n"
TWENTY_FAULTS = ROOT / "tests/golden/policy/fault-twenty-at-once/policy.yaml"


def metric(gateway, name):
    return next((float(line.split()[-1]) for line in gateway.metrics().splitlines() if line.startswith(name + " ")), None)


def digest(gateway):
    return next(line for line in gateway.command("status", "--socket", gateway.control).stdout.splitlines() if line.startswith("policy"))


def check_bad_reload(gateway, folder):
    before = digest(gateway)
    (folder / "policy.yaml").write_text(TWENTY_FAULTS.read_text())
    refused = gateway.command("reload", "--socket", gateway.control, check=False)
    print(refused.stderr)
    expect(refused.returncode == 1, f"reload of a bad policy ended with {refused.returncode}")
    expect(refused.stderr.count("error:") >= 20, "not all twenty faults are told")
    expect(digest(gateway) == before, "the policy in force changed")
    status = gateway.command("status", "--socket", gateway.control).stdout
    expect("FAILED" in status and "stays in force" in status, f"status does not tell of the failure:\n{status}")
    expect("stays in force" in gateway.log(), "the log does not say that the old policy stays in force")
    expect(metric(gateway, "sallyport_policy_reload_failures_total") == 1, "the failure is not counted")
    expect(metric(gateway, "sallyport_policy_last_reload_successful") == 0, "the gauge still says success")


def check_good_reload_by_signal(gateway, folder):
    before = digest(gateway).split("sha256 ")[1].split(")")[0]
    (folder / "policy.yaml").write_text(GOOD.format(name="second"))
    gateway.process.send_signal(signal.SIGHUP)
    last = time.monotonic() + 20
    while "second" not in digest(gateway) and time.monotonic() < last:
        pass
    expect("second" in digest(gateway), "SIGHUP did not bring the new policy into force")
    status = gateway.command("status", "--socket", gateway.control).stdout
    expect(f"replaced    sha256 {before}" in status, f"status does not name the digest that was replaced:\n{status}")
    expect(metric(gateway, "sallyport_policy_last_reload_successful") == 1, "the gauge still says failure")


def check_bad_start(network, folder):
    (folder / "policy.yaml").write_text(TWENTY_FAULTS.read_text())
    ended = network.gateway.run(programs() / "sallyportd", "--config", folder / "sallyport.yaml", check=False, timeout=60)
    expect(ended.returncode == 78, f"start with a bad policy ended with {ended.returncode}, not 78 (EX_CONFIG)")


def main():
    need_root()
    with tempfile.TemporaryDirectory(prefix="sallyport-reload-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)
        (folder / "policy.yaml").write_text(GOOD.format(name="first"))
        gateway = Gateway(network.gateway, folder, CONFIG.format(folder=folder, worker=worker_in(folder)))
        gateway.start()
        check_bad_reload(gateway, folder)
        check_good_reload_by_signal(gateway, folder)
        gateway.stop()
        check_bad_start(network, folder)


if __name__ == "__main__":
    sys.exit(main())
