#!/usr/bin/python3
"""Public captures with known truth: what `sallyport extract` brings out of them, object by object."""
import collections
import csv
import json
import subprocess

from harness import expect, need_shared  # first: it says where the lab is
from gateway import programs

HTTP_EVADER_EXACT_MIN = 250


def extract(captures):
    """Index lines by capture name; fails on any exit status but 0."""
    done = subprocess.run([programs() / "sallyport", "extract", "--to", "none", *captures], capture_output=True, text=True)
    expect(done.returncode == 0, f"extract ended with {done.returncode}: {done.stderr[-2000:]}")
    objects = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        found = json.loads(line)
        objects[found["pcap"].rsplit("/", 1)[-1]].append(found)
    return objects


def truth(folder):
    with open(folder / "truth.tsv", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def check_http(folder):
    rows = truth(folder)
    objects = extract(sorted(folder.glob("*.pcap")))
    exact = [row for row in rows
             if any(found["sha256"] == row["expected_sha256"] for found in objects[row["case"] + ".pcap"])]
    missed = [f"{row['case']} ({row['description']})" for row in rows if row not in exact]
    print(f"http-evader: {len(exact)} of {len(rows)} byte-exact", *missed, sep="\n  missed: ")
    expect(len(exact) >= HTTP_EVADER_EXACT_MIN, "too few of http-evader are byte-exact")


def check_smb(folder):
    rows = [row for row in truth(folder) if row["content_state"] == "complete"]
    objects = extract(sorted(path for path in folder.iterdir() if "cap" in path.name))
    missed = [f"{row['pcap']} {row['name']} {row['direction']}" for row in rows
              if not any(found["sha256"] == row["sha256"] and found["complete"] for found in objects[row["pcap"]])]
    print(f"smb-zeek: {len(rows) - len(missed)} of {len(rows)} complete rows exact", *missed, sep="\n  missed: ")
    expect(rows and not missed, "a complete row of smb-zeek is not exact")


def main():
    check_http(need_shared("corpus/http-evader"))
    check_smb(need_shared("corpus/smb-zeek"))
    extract(sorted(path for path in need_shared("corpus/http-zeek").iterdir() if "pcap" in path.name))


main()
