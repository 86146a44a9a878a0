"""How each engine is asked what is in a capture. An answer is a list of objects: dictionaries with what the engine knows of

    sha256, size, complete, content, name, inside, not_inspected, evasions (list), missing (list of [begin, end)).
"""
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sallyport(capture):
    programs = pathlib.Path(os.environ.get("SALLYPORT_BIN", ROOT / "build/release/bin"))
    with tempfile.TemporaryDirectory() as folder:  # to a folder: second readings are made of kept bytes
        done = subprocess.run([programs / "sallyport", "extract", "--to", folder, capture], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"sallyport ended with {done.returncode}: {done.stderr[-2000:]}")
        return [json.loads(line) for line in open(pathlib.Path(folder) / "index.jsonl")]


def suricata(capture):
    """Suricata with its file store on: forced, as its digests are wrong for forms without it."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["suricata", "-r", capture, "-l", folder, "-k", "none", "--runmode", "single",
                   "--set", "outputs.1.eve-log.types.0.files.force-hash.0=sha256", "--set", "file-store.version=2",
                   "--set", "file-store.enabled=yes", "--set", "file-store.force-filestore=yes", "--set", "file-store.force-hash.0=sha256",
                   "--set", "stream.reassembly.depth=0", "--set", "app-layer.protocols.smb.stream-depth=0"]
        subprocess.run(command, check=True, capture_output=True)
        found = []
        for line in open(pathlib.Path(folder) / "eve.json"):
            event = json.loads(line)
            if event.get("event_type") == "fileinfo":
                told = event["fileinfo"]
                found.append({"sha256": told.get("sha256"), "size": told["size"], "complete": told["state"] == "CLOSED",
                              "name": told.get("filename", ""), "content": "unknown"})
        return found


ENGINES = {"sallyport": sallyport, "suricata": suricata}
