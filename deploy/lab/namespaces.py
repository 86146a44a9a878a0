"""Network namespaces with veth links, made and removed by the program that uses them.

Names carry the process id, so several labs can stand side by side and none touches what it did not make.
"""
import os
import subprocess


class Namespace:
    """One network namespace; commands run in it with run() and start()."""

    def __init__(self, name):
        self.name = name
        self.processes = []
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *args):
        return ["ip", "netns", "exec", self.name, *map(str, args)]

    def run(self, *args, check=True, **options):
        """Runs a command to its end; output is captured as text unless told otherwise."""
        options.setdefault("capture_output", "stdout" not in options)
        options.setdefault("text", True)
        done = subprocess.run(self.command(*args), **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, args))} in {self.name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, *args, **options):
        """Starts a command that goes on; close() ends it by its process id."""
        # A process group of its own: smbd signals its whole process group when it ends.
        process = subprocess.Popen(self.command(*args), process_group=0, **options)
        self.processes.append(process)
        return process

    def close(self):
        for process in reversed(self.processes):
            end(process)
        # What a server left behind in the namespace (forked children) goes with it.
        pids = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True).stdout.split()
        for pid in pids:
            try:
                os.kill(int(pid), 9)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "delete", self.name], check=False)


def end(process, patience_seconds=10):
    """Asks a process to end, and insists when it does not."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Network:
    """agency LAN -- gateway -- outside. The outside holds the partner, the contractor and any other address a test wants."""

    AGENCY = "192.0.2.10"
    PARTNER = "203.0.113.10"
    CONTRACTOR = "198.51.100.10"

    def __init__(self):
        self.namespaces = []
        tag = f"sallyport-{os.getpid()}"
        try:
            self.agency = self._add(f"{tag}-agency")
            self.gateway = self._add(f"{tag}-gateway")
            self.outside = self._add(f"{tag}-outside")
            self._link(self.agency, "lan0", [f"{self.AGENCY}/24", "2001:db8:a::10/64"],
                       self.gateway, "inside0", ["192.0.2.1/24", "2001:db8:a::1/64"])
            self._link(self.gateway, "outside0", ["203.0.113.1/24", "198.51.100.1/24", "2001:db8:c::1/64"],
                       self.outside, "wan0", [f"{self.PARTNER}/24", f"{self.CONTRACTOR}/24", "2001:db8:c::10/64"])
            for end_host, gateway, gateway6 in ((self.agency, "192.0.2.1", "2001:db8:a::1"),
                                                (self.outside, "203.0.113.1", "2001:db8:c::1")):
                end_host.run("ip", "route", "add", "default", "via", gateway)
                end_host.run("ip", "-6", "route", "add", "default", "via", gateway6)
            self.gateway.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        except BaseException:
            self.close()
            raise

    def _add(self, name):
        namespace = Namespace(name)
        self.namespaces.append(namespace)
        return namespace

    @staticmethod
    def _link(left, left_name, left_addresses, right, right_name, right_addresses):
        left.run("ip", "link", "add", left_name, "type", "veth", "peer", "name", right_name, "netns", right.name)
        for namespace, name, addresses in ((left, left_name, left_addresses), (right, right_name, right_addresses)):
            for address in addresses:
                namespace.run("ip", "address", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
            namespace.run("ip", "link", "set", name, "up")

    def close(self):
        for namespace in reversed(self.namespaces):
            namespace.close()
        self.namespaces = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
