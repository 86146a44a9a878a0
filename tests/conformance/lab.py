"""Real clients and servers in network namespaces; the gateway between them records what passes.

Built on deploy/lab: agency (192.0.2.10) -- gateway -- outside (203.0.113.10, 198.51.100.10).
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

from namespaces import Network, end
from servers import Nginx, Samba, accepts, smbclient, wait_until

CAPTURE_BUFFER_KIB = "65536"


class Web(Nginx):
    """nginx at the contractor; url() names what is there."""

    def __init__(self, namespace, address, folder):
        super().__init__(namespace, address, folder)
        self.address = address

    def url(self, path=""):
        return f"http://{self.address}/{path}"


class Lab:
    """A context: namespaces come with it and go with it. Everything a server keeps is in a temporary folder.

    Without `offload` no packet is larger than the wire's: hosts and gateway do not put segments together.
    """

    def __init__(self, capture, work, offload=True):
        self.capture, self.work, self._offload = pathlib.Path(capture), pathlib.Path(work), offload

    def __enter__(self):
        self._stack = contextlib.ExitStack()
        # Not below a home that only root may enter: servers run as users of their own.
        self.folder = pathlib.Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sallyport-conformance-")))
        self.folder.chmod(0o777)
        self.network = self._stack.enter_context(Network())
        self.inside, self.outside = self.network.agency, self.network.outside
        if not self._offload:
            for namespace, link in ((self.inside, "lan0"), (self.network.gateway, "inside0"),
                                    (self.network.gateway, "outside0"), (self.outside, "wan0")):
                namespace.run("ethtool", "-K", link, "tso", "off", "gso", "off", "gro", "off")
        return self

    def __exit__(self, *error):
        self._stack.close()

    # --- servers, at the contractor's

    def nginx(self, address=Network.CONTRACTOR):
        return Web(self.outside, address, self.folder / f"web-{address}")

    def samba(self, address=Network.CONTRACTOR, **options):
        return Samba(self.outside, address, self.folder / f"smb-{address}", **options)

    def python_server(self, script, port, *arguments, address=Network.CONTRACTOR, namespace=None):
        """A server of our own, for what no server of Debian's does; it must listen on `address`:`port`."""
        where = namespace or self.outside
        log = open(self.folder / f"server-{port}.log", "w")
        process = where.start("/usr/bin/python3", script, address, port, *arguments, stdout=log, stderr=log)
        wait_until(lambda: accepts(where, address, port), f"{pathlib.Path(script).name} on {address}:{port}")
        return process

    # --- clients, at the agency

    def curl(self, *arguments, check=True):
        return self.inside.run("curl", "-sS", "--max-time", "60", "-o", "/dev/null", *arguments, check=check)

    def smbclient(self, *commands, address=Network.CONTRACTOR, **options):
        return smbclient(self.inside, address, *commands, **options)

    def python(self, script, *arguments, check=True):
        return self.inside.run("/usr/bin/python3", script, *arguments, check=check)

    # --- the sensor

    @contextlib.contextmanager
    def record(self, capture_filter="tcp"):
        """Records what the gateway forwards, whole packets, segmentation offload left as the hosts have it."""
        command = ["tcpdump", "-i", "inside0", "-U", "-s", "262144", "-B", CAPTURE_BUFFER_KIB, "--immediate-mode",
                   "-w", str(self.capture), capture_filter]
        process = self.network.gateway.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        for line in process.stderr:  # tcpdump says so once it listens
            if b"listening on" in line:
                break
        try:
            yield
        finally:
            self._settle()
            process.send_signal(signal.SIGINT)
            said = process.stderr.read().decode(errors="replace")
            process.wait()
            end(process)
        dropped = re.search(r"(\d+) packets dropped by kernel", said)
        if process.returncode != 0 or (dropped and int(dropped.group(1)) > 0):
            raise RuntimeError(f"the recording of {self.capture} is not whole: {said}")

    def _settle(self):
        """What clients sent has passed once the kernel's own counters stand still."""
        script = ("import pathlib,time\n"
                  "count=lambda: pathlib.Path('/sys/class/net/inside0/statistics/rx_packets').read_text()\n"
                  "last=None\n"
                  "while last!=(last:=count()): time.sleep(0.05)\n")
        self.network.gateway.run(sys.executable if os.path.exists(sys.executable) else "/usr/bin/python3", "-c", script)
