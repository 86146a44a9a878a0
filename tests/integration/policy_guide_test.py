#!/usr/bin/python3
"""Every snippet of docs/policy-guide.md: files are written as they stand there, commands are run and have to print what stands there.

    policy_guide_test.py [--update]     --update writes what the commands print into the guide

A block "```yaml NAME" is a whole file, "```yaml NAME +" is added to the file, "```diff NAME" replaces its lines with "-" by those with
"+". In a block "```console" lines behind "$ " are commands of one shell; "..." stands for any lines.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from harness import ROOT, expect, need_root  # first: it says where the lab is
import images
from gateway import programs
from namespaces import Network, end
from servers import Nginx, wait_until

GUIDE = ROOT / "docs/policy-guide.md"
BLOCK = re.compile(r"^```(yaml|diff|console)(?: (\S+))?( \+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND_SECONDS = 60
# What differs from run to run: ports of clients, times of the capture, sizes of drawn pictures.
VARIES = (r":\d{5}\b", r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\b\d+ bytes")


def record_week(folder):
    """week.pcap: what leaves a gateway on which nothing is forbidden yet, by real clients and servers."""
    folder.chmod(0o777)  # the servers, which are nobody, keep their uploads here
    photo, scene = folder / "lane.jpg", folder / "scene.jpg"
    images.car_with_plate(1).save(photo, quality=90)
    images.checkpoint(11).save(scene, quality=85)
    capture, log = folder / "week.pcap", folder / "tcpdump.log"
    with Network() as network, open(log, "w") as output:
        for address, name in ((network.PARTNER, "partner"), (network.CONTRACTOR, "contractor")):
            Nginx(network.outside, address, folder / name)
        dump = network.gateway.start("tcpdump", "-i", "inside0", "--immediate-mode", "-U", "-s", "262144", "-w", capture, "tcp",
                                     stderr=output)
        wait_until(lambda: "listening on" in log.read_text(), "tcpdump")
        for address, picture in ((network.PARTNER, photo), (network.CONTRACTOR, photo), (network.CONTRACTOR, scene)):
            network.agency.run("curl", "-sSf", "-o", "/dev/null", "-F", f"photo=@{picture}", f"http://{address}/upload")
        wait_until(lambda: capture.stat().st_size > 2 * photo.stat().st_size + scene.stat().st_size, "the capture")
        end(dump)


def write(folder, kind, name, added, text):
    path = folder / name
    if kind == "yaml":
        path.write_text((path.read_text() if added else "") + text)
        return
    old = "".join(line[1:] for line in text.splitlines(True) if line[0] != "+")
    new = "".join(line[1:] for line in text.splitlines(True) if line[0] != "-")
    content = path.read_text()
    expect(content.count(old) == 1, f"the guide changes lines that {name} does not have once:\n{old}")
    path.write_text(content.replace(old, new))


def run(folder, command):
    done = subprocess.run(["bash", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=COMMAND_SECONDS, env={"PATH": f"{programs()}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    return done.stdout


def fits(wanted, printed):
    return re.fullmatch("".join(pattern_of(line) for line in wanted.splitlines(True)), printed, re.DOTALL) is not None


def pattern_of(line):
    if line == "...\n":
        return ".*"
    return "".join(next((varies for varies in VARIES if re.fullmatch(varies, piece)), re.escape(piece))
                   for piece in re.split(f"({'|'.join(VARIES)})", line))


def play(folder, block, faults):
    """The block as it should stand in the guide."""
    kind, name, added, text = block.groups()
    if kind != "console":
        write(folder, kind, name, added, text)
        return block.group(0)
    said = ""
    for command, wanted in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
        printed = run(folder, command)
        if not fits(wanted, printed):
            faults.append(f"$ {command}\n--- the guide says\n{wanted}--- it printed\n{printed}")
        said += f"$ {command}\n" + (wanted if fits(wanted, printed) else printed)
    return f"```console\n{said}```"


def main(update):
    need_root()
    guide, faults = GUIDE.read_text(), []
    with tempfile.TemporaryDirectory(prefix="sallyport-guide-") as name:
        folder = pathlib.Path(name)
        record_week(folder)
        written = BLOCK.sub(lambda block: play(folder, block, faults), guide)
    expect(len(BLOCK.findall(guide)) > 10, "the guide has hardly any snippets: are they still found?")
    if update:
        GUIDE.write_text(written)
        return
    expect(not faults, "\n".join(faults))


if __name__ == "__main__":
    sys.exit(main("--update" in sys.argv[1:]))
