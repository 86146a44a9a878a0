"""The six transfers that show the main job, each with real clients and servers, and what became of it."""
import dataclasses
import hashlib
import os
import pathlib

from servers import smbclient

CLIENT_PATIENCE_SECONDS = "15"


@dataclasses.dataclass
class Row:
    number: int
    transfer: str
    expected: str
    happened: str = ""
    disk: str = ""
    good: bool = False
    event: dict = None


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def holds_copy(folder, wanted):
    """True when a file below `folder` holds all bytes of `wanted`, alone or inside a form."""
    content = pathlib.Path(wanted).read_bytes()
    return any(content in path.read_bytes() for path in pathlib.Path(folder).rglob("*") if path.is_file())


def curl(namespace, *arguments):
    return namespace.run("curl", "-sS", "--max-time", CLIENT_PATIENCE_SECONDS, *arguments, check=False)


def about(event, receiver, name):
    return event["dst_endpoint"]["ip"] == receiver and event.get("file", {}).get("name") == name


class Transfers:
    """Needs the lab's network, gateway, servers and the folder of drawn pictures."""

    def __init__(self, network, gateway, servers, pictures):
        self.network, self.gateway, self.pictures = network, gateway, pathlib.Path(pictures)
        self.partner_web, self.contractor_web, self.contractor_smb, self.agency_web = servers

    def all(self):
        return [self.photo_to_partner(), self.photo_to_contractor(), self.registered_by_smb(), self.pulled_from_inside(),
                self.ordinary_traffic(), self.inside_tls()]

    def _event(self, receiver, name, action):
        return self.gateway.wait_for_event(
            lambda event: about(event, receiver, name) and event["unmapped"]["action"] == action)

    def photo_to_partner(self):
        row = Row(1, "photo with a plate, multipart POST, to the partner", "delivered, recorded")
        photo = self.pictures / "lane-3.jpg"
        sent = curl(self.network.agency, "-F", f"photo=@{photo}", f"http://{self.network.PARTNER}/upload")
        row.event = self._event(self.network.PARTNER, "lane-3.jpg", "allow")
        whole = holds_copy(self.partner_web.bodies, photo)
        recorded = row.event and {"algorithm_id": 3, "algorithm": "SHA-256", "value": sha256(photo)} in row.event["file"]["hashes"]
        row.happened = f"curl exit {sent.returncode}, {'recorded with its SHA-256' if recorded else 'not recorded'}"
        row.disk = "whole photo" if whole else "no whole photo"
        row.good = bool(sent.returncode == 0 and whole and recorded)
        return row

    def photo_to_contractor(self):
        row = Row(2, "the same to the contractor", "blocked")
        photo = self.pictures / "lane-3.jpg"
        sent = curl(self.network.agency, "-F", f"photo=@{photo}", f"http://{self.network.CONTRACTOR}/upload")
        return self._blocked(row, sent, self.contractor_web.folder, photo, self.network.CONTRACTOR, "lane-3.jpg")

    def registered_by_smb(self):
        row = Row(3, "registered picture, re-encoded, as report.dat, SMB put", "blocked")
        copy = self.pictures / "report.dat"
        sent = smbclient(self.network.agency, self.network.CONTRACTOR, f"put {copy} report.dat", check=False)
        return self._blocked(row, sent, self.contractor_smb.files, copy, self.network.CONTRACTOR, "report.dat")

    def pulled_from_inside(self):
        row = Row(4, "the contractor GETs a picture from inside", "blocked")
        photo, stolen = self.pictures / "lane-4.jpg", self.contractor_web.folder / "pulled"
        stolen.mkdir()
        sent = curl(self.network.outside, "--interface", self.network.CONTRACTOR, "-o", stolen / "lane-4.jpg",
                    f"http://{self.network.AGENCY}/lane-4.jpg")
        return self._blocked(row, sent, stolen, photo, self.network.CONTRACTOR, "lane-4.jpg")

    def _blocked(self, row, sent, folder, wanted, receiver, name):
        row.event = self._event(receiver, name, "block")
        whole = holds_copy(folder, wanted)
        verdict = row.event["unmapped"]["disposition"] if row.event else "no block event"
        row.happened = f"{verdict}, client exit {sent.returncode}"
        row.disk = "WHOLE COPY" if whole else "no whole copy"
        row.good = bool(sent.returncode != 0 and not whole and verdict == "blocked")
        return row

    def ordinary_traffic(self):
        row = Row(5, "document to the contractor, 20 MB download from it", "untouched")
        document, blob = self.pictures / "minutes.txt", self.contractor_web.files / "blob.bin"
        blob.write_bytes(os.urandom(20_000_000))
        fetched = self.pictures / "fetched.bin"
        posted = curl(self.network.agency, "-F", f"file=@{document}", f"http://{self.network.CONTRACTOR}/upload")
        put = smbclient(self.network.agency, self.network.CONTRACTOR, f"put {document} minutes.txt", check=False)
        got = curl(self.network.agency, "-o", fetched, f"http://{self.network.CONTRACTOR}/blob.bin")
        same = fetched.exists() and sha256(fetched) == sha256(blob)
        stored = self.contractor_smb.files / "minutes.txt"
        whole = holds_copy(self.contractor_web.bodies, document) and stored.exists() and sha256(stored) == sha256(document)
        row.happened = f"exits {posted.returncode} {put.returncode} {got.returncode}, download {'identical' if same else 'DIFFERS'}"
        row.disk = "whole document by HTTP and SMB" if whole else "DOCUMENT MISSING"
        row.good = (posted.returncode, put.returncode, got.returncode) == (0, 0, 0) and same and whole
        return row

    def inside_tls(self):
        row = Row(6, "upload inside TLS to the contractor", "passes, not inspected")
        photo = self.pictures / "lane-3.jpg"
        sent = curl(self.network.agency, "-k", "-T", photo, f"https://{self.network.CONTRACTOR}/put/inside-tls.jpg")
        stored = self.contractor_web.uploads / "inside-tls.jpg"
        row.event = self.gateway.wait_for_event(
            lambda event: event["dst_endpoint"]["ip"] == self.network.CONTRACTOR
            and event["unmapped"].get("not_inspected") == "encrypted")
        whole = stored.exists() and sha256(stored) == sha256(photo)
        row.happened = f"curl exit {sent.returncode}, " + ("not inspected: encrypted" if row.event else "NOT REPORTED")
        row.disk = "whole upload" if whole else "no whole upload"
        row.good = bool(sent.returncode == 0 and whole and row.event)
        return row
