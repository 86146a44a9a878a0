"""An SMB2 client that does what ordinary ones do rarely: smb_objects_client.py SERVER WAY FILE. Built on impacket."""
import pathlib
import random
import struct
import sys

from impacket.smb3structs import (FILE_CREATE, FILE_NON_DIRECTORY_FILE, FILE_SHARE_READ, GENERIC_READ, GENERIC_WRITE,
                                  SMB2_FILE_END_OF_FILE_INFO, SMB2_SET_INFO, SMB2_WRITE, SMB2SetInfo, SMB2Write)
from impacket.smbconnection import SMBConnection

PIECE_BYTES = 1500
FSCTL_REQUEST_RESUME_KEY, FSCTL_COPYCHUNK_WRITE = 0x140078, 0x1480F2
FILE_RENAME_INFORMATION = 10
DELETE = 0x00010000


class Share:
    """The share `files` of a server, as a guest."""

    def __init__(self, address):
        connection = SMBConnection(address, address)
        connection.login("", "")
        self.smb = connection.getSMBServer()
        self.tree = self.smb.connect_tree(f"\\\\{address}\\files")

    def create(self, name):
        return self.smb.create(self.tree, name, GENERIC_READ | GENERIC_WRITE | DELETE, FILE_SHARE_READ,
                               FILE_NON_DIRECTORY_FILE, FILE_CREATE, 0)

    def ask_write(self, file, offset, data):
        """Sends a WRITE and does not wait; gives its message id."""
        write = SMB2Write()
        write["FileID"], write["Length"], write["Offset"], write["WriteChannelInfoOffset"] = file, len(data), offset, 0
        write["Buffer"] = data
        return self._send(SMB2_WRITE, write)

    def set_info(self, file, information, data):
        change = SMB2SetInfo()
        change["InfoType"], change["FileInfoClass"], change["BufferLength"] = 1, information, len(data)
        change["AdditionalInformation"], change["FileID"], change["Buffer"] = 0, file, data
        self.wait(self._send(SMB2_SET_INFO, change))

    def _send(self, command, data):
        packet = self.smb.SMB_PACKET()
        packet["Command"], packet["TreeID"], packet["Data"] = command, self.tree, data
        return self.smb.sendSMB(packet)

    def wait(self, message):
        answer = self.smb.recvSMB(message)
        if not answer.isValidAnswer(0):
            raise RuntimeError(f"status {answer['Status']:#x}")

    def write(self, file, offset, data):
        self.wait(self.ask_write(file, offset, data))

    def write_all(self, file, content):
        for begin in range(0, len(content), PIECE_BYTES):
            self.write(file, begin, content[begin:begin + PIECE_BYTES])

    def close(self, file):
        self.smb.close(self.tree, file)


def in_flight(share, name, content):
    """Eight WRITEs at once, at offsets in any order."""
    file = share.create(name)
    offsets = list(range(0, len(content), PIECE_BYTES))
    random.Random(1).shuffle(offsets)
    for first in range(0, len(offsets), 8):
        sent = [share.ask_write(file, offset, content[offset:offset + PIECE_BYTES]) for offset in offsets[first:first + 8]]
        for message in sent:
            share.wait(message)
    share.close(file)


def overlapping(share, name, content):
    """Each WRITE begins inside what the one before wrote, and the later one wins."""
    file = share.create(name)
    for begin in range(0, len(content), PIECE_BYTES):
        piece = content[begin:begin + PIECE_BYTES]
        share.write(file, begin, piece + b"\xff" * 500)
    share.set_info(file, SMB2_FILE_END_OF_FILE_INFO, struct.pack("<Q", len(content)))
    share.close(file)


def sparse(share, name, content):
    """A hole of 64 KiB, which nobody wrote, before the content."""
    file = share.create(name)
    for begin in range(0, len(content), PIECE_BYTES):
        share.write(file, 65536 + begin, content[begin:begin + PIECE_BYTES])
    share.close(file)


def rename(share, name, content):
    file = share.create("upload.tmp")
    share.write_all(file, content)
    target = name.encode("utf-16-le")
    share.set_info(file, FILE_RENAME_INFORMATION, struct.pack("<B7xQI", 0, 0, len(target)) + target)
    share.close(file)


def copychunk(share, name, content):
    """An upload, and a copy of it that the server makes itself."""
    source = share.create("source-" + name)
    share.write_all(source, content)
    key = share.smb.ioctl(share.tree, source, FSCTL_REQUEST_RESUME_KEY, 1, b"", maxOutputResponse=32)[:24]
    copy = share.create("copy-" + name)
    chunks = key + struct.pack("<II", 1, 0) + struct.pack("<QQII", 0, 0, len(content), 0)
    share.smb.ioctl(share.tree, copy, FSCTL_COPYCHUNK_WRITE, 1, chunks, maxOutputResponse=12)
    share.close(copy)
    share.close(source)


WAYS = {way.__name__: way for way in (in_flight, overlapping, sparse, rename, copychunk)}
if __name__ == "__main__":
    server, chosen, path = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    WAYS[chosen](Share(server), path.name, path.read_bytes())
