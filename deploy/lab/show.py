#!/usr/bin/python3
"""Shows the main job: builds the lab, runs the six transfers, prints what became of them, removes everything.

Exit status 0 when every row is as expected, 1 when one differs."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import images
from gateway import Gateway, programs, queue_rules, worker_in
from namespaces import Network
from servers import Nginx, Samba
from transfers import Transfers

LAB = pathlib.Path(__file__).resolve().parent
CONFIG = """
sensor: lab-gateway
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: nfqueue
  nfqueue: {{first_queue: 0, queues: 2, fail_open: false, bypass_mark: 0x40000000}}
workers: {{program: {worker}, count: 2}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
"""
SHOWN_METRICS = ("sallyport_verdicts_total", "sallyport_not_inspected_total", "sallyport_dispositions_total",
                 "sallyport_worker_starts_total")


def register(folder, pictures):
    """The picture to protect becomes a fingerprint; the copy that is sent later is another file."""
    subprocess.run([programs() / "sallyport", "fingerprint", "add", "--set", folder / "registered.spf",
                    pictures / "registered.png"], check=True, capture_output=True)


def start_gateway(network, folder):
    config = CONFIG.format(folder=folder, worker=worker_in(folder))
    gateway = Gateway(network.gateway, folder, config).start()
    queue_rules(network.gateway, "up", "--queues", "2")
    return gateway


def start_servers(network, folder):
    servers = (Nginx(network.outside, network.PARTNER, folder / "partner"),
               Nginx(network.outside, network.CONTRACTOR, folder / "contractor", tls=True),
               Samba(network.outside, network.CONTRACTOR, folder / "contractor-smb"),
               Nginx(network.agency, network.AGENCY, folder / "agency"))
    Samba(network.outside, network.PARTNER, folder / "partner-smb")
    return servers


def print_table(rows):
    cells = [("#", "transfer", "expected", "what happened", "receiver's disk", "")]
    cells += [(str(row.number), row.transfer, row.expected, row.happened, row.disk, "ok" if row.good else "DIFFERS") for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    for line in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def print_event(rows):
    event = next((row.event for row in rows if row.number == 3 and row.event), None)
    if event:
        print("\nOne event (OCSF Data Security Finding), as it is written to the file:\n")
        print(json.dumps(event, indent=1, ensure_ascii=False))


def print_policy_error(folder):
    wrong = folder / "wrong.yaml"
    wrong.write_text((LAB / "policy.yaml").read_text().replace("state: block", "state: blok", 1).replace("[agency, partner]", "[agency, partnr]"))
    checked = subprocess.run([programs() / "sallyport", "policy", "check", "wrong.yaml"], cwd=folder, capture_output=True, text=True)
    print("\nA policy with two mistakes, as security staff see it:\n")
    print(checked.stdout + checked.stderr, end="")


def print_metrics(gateway):
    print("\nSome metrics:\n")
    for line in gateway.metrics().splitlines():
        if line.startswith(SHOWN_METRICS) and not line.endswith(" 0"):
            print(line)


def main():
    with tempfile.TemporaryDirectory(prefix="sallyport-lab-") as name, Network() as network:
        folder = pathlib.Path(name)
        folder.chmod(0o777)  # the daemon, which is nobody, writes its events and its socket here
        pictures = folder / "pictures"
        images.write_set(pictures)
        register(folder, pictures)
        (folder / "policy.yaml").write_text((LAB / "policy.yaml").read_text())
        servers = start_servers(network, folder)
        (servers[3].files / "lane-4.jpg").write_bytes((pictures / "lane-4.jpg").read_bytes())
        gateway = start_gateway(network, folder)
        rows = Transfers(network, gateway, servers, pictures).all()
        print_table(rows)
        print_event(rows)
        print_policy_error(folder)
        print_metrics(gateway)
        if not all(row.good for row in rows):
            print("\nThe daemon's log:\n" + gateway.log(), file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
