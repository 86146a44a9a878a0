"""What every integration test needs: where things are, how to skip, how to say what differs."""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
sys.path.insert(0, str(ROOT / "deploy/lab"))

SKIPPED = 77
# sallyport.yaml of a daemon that watches the lab's inner link with one worker, for format(sensor=, folder=, worker=).
TAP_CONFIG = """
sensor: {sensor}
policy: {folder}/policy.yaml
user: nobody
front_end:
  kind: tap
  tap: {{interface: inside0, filter: tcp, threads: 1, ring_bytes: 64MiB}}
workers: {{program: {worker}, count: 1}}
events:
  sinks: [{{kind: file, path: {folder}/events.jsonl}}]
control: {{path: {folder}/control.sock}}
metrics: {{listen: "127.0.0.1:9464"}}
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need_root():
    if os.geteuid() != 0:
        skip("needs root: it makes network namespaces")


def need_shared(folder):
    path = SHARED / folder
    if not path.is_dir():
        skip(f"needs ../shared/{folder}, which is not part of the project")
    return path


def expect(condition, message):
    """Ends the test with `message` unless `condition` holds."""
    if not condition:
        print(f"FAILED: {message}")
        sys.exit(1)
