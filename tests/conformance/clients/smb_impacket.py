#!/usr/bin/python3
"""Files over SMB by impacket. smb_impacket.py ADDRESS DIALECT STEP...

DIALECT is NT1, 2.0.2, 2.1 or 3.0. Steps are words joined by '|', done in order on one connection to the share `files`:

    put|NAME|LOCAL            create or empty, write, close
    get|NAME|LOCAL            read to the end
    parts|NAME|OFFSET,SIZE... read these parts, in this order
    patch|NAME|LOCAL|OFFSET   open, write LOCAL there, close
  and of SMB1 only, by the commands that they are called after (MS-CIFS 2.2.4, 2.2.6, 2.2.7):
    write|NAME|LOCAL  read|NAME|LOCAL  write_and_close|NAME|LOCAL  write_raw|NAME|LOCAL  read_raw|NAME|LOCAL
    open2|NAME|LOCAL  nt_transact_create|NAME|LOCAL  chain|NAME|LOCAL  replace|NAME|DECOY|LOCAL
"""
import pathlib
import struct
import sys

from impacket import smb
from impacket.smbconnection import SMBConnection

DIALECTS = {"NT1": smb.SMB_DIALECT, "2.0.2": 0x0202, "2.1": 0x0210, "3.0": 0x0300}
PIECE_BYTES = 16000  # of the commands with 16-bit lengths: below what smbd takes in one message
RAW_BYTES = 60000
NO_ANDX = b"\xff\0\0\0"


class Files:
    """What every dialect can."""

    def __init__(self, address, dialect):
        self.connection = SMBConnection(address, address, sess_port=445, preferredDialect=DIALECTS[dialect])
        self.connection.login("", "")
        self.tree = self.connection.connectTree("files")

    def put(self, name, local):
        with open(local, "rb") as source:
            self.connection.putFile("files", name, source.read)

    def get(self, name, local):
        with open(local, "wb") as target:
            self.connection.getFile("files", name, target.write)

    def parts(self, name, *ranges):
        file = self.connection.openFile(self.tree, name, desiredAccess=0x00120089)
        for offset, size in (map(int, part.split(",")) for part in ranges):
            self.connection.readFile(self.tree, file, offset, size, singleCall=False)
        self.connection.closeFile(self.tree, file)

    def patch(self, name, local, offset):
        file = self.connection.openFile(self.tree, name, desiredAccess=0x0012019f)
        self.connection.writeFile(self.tree, file, pathlib.Path(local).read_bytes(), int(offset))
        self.connection.closeFile(self.tree, file)


class OldFiles(Files):
    """The commands of SMB1 that no client uses any more, but servers understand."""

    def command(self, code, words, data=b""):
        """Sends one command; gives words and data of the reply."""
        server = self.connection.getSMBServer()
        packet = smb.NewSMBPacket()
        packet["Tid"] = self.tree
        command = smb.SMBCommand(code)
        command["Parameters"], command["Data"] = words, data
        packet.addCommand(command)
        server.sendSMB(packet)
        reply = server.recvSMB()
        reply.isValidAnswer(code)
        answer = smb.SMBCommand(reply["Data"][0])
        return answer["Parameters"], answer["Data"]

    def is_unicode(self):
        return bool(self.connection.getSMBServer().get_flags()[1] & smb.SMB.FLAGS2_UNICODE)

    def text(self, name):
        return name.encode("utf-16le") + b"\0\0" if self.is_unicode() else name.encode() + b"\0"

    def name(self, name):
        """A string behind its format, which stands at an odd place: what follows is aligned."""
        return b"\x04" + self.text(name)

    def create(self, name):
        words, _ = self.command(smb.SMB.SMB_COM_CREATE, struct.pack("<HI", 0, 0), self.name(name))
        return struct.unpack("<H", words[:2])[0]

    def open(self, name):
        words, _ = self.command(smb.SMB.SMB_COM_OPEN, struct.pack("<HH", 0x42, 0x16), self.name(name))
        return struct.unpack("<H", words[:2])[0]

    def close(self, file):
        self.command(smb.SMB.SMB_COM_CLOSE, struct.pack("<HI", file, 0))

    @staticmethod
    def pieces(content, size):
        return [(at, content[at:at + size]) for at in range(0, len(content), size)]

    def write(self, name, local):
        file = self.create(name)
        for at, piece in self.pieces(pathlib.Path(local).read_bytes(), PIECE_BYTES):
            self.command(smb.SMB.SMB_COM_WRITE, struct.pack("<HHIH", file, len(piece), at, 0),
                         b"\x01" + struct.pack("<H", len(piece)) + piece)
        self.close(file)

    def read(self, name, local):
        file = self.open(name)
        with open(local, "wb") as target:
            while True:
                words = struct.pack("<HHIH", file, PIECE_BYTES, target.tell(), 0)
                _, data = self.command(smb.SMB.SMB_COM_READ, words)
                if len(data) <= 3:
                    break
                target.write(data[3:])
        self.close(file)

    def write_and_close(self, name, local):
        content = pathlib.Path(local).read_bytes()
        file = self.create(name)
        for at, piece in self.pieces(content[:-1000], PIECE_BYTES):
            self.command(smb.SMB.SMB_COM_WRITE, struct.pack("<HHIH", file, len(piece), at, 0),
                         b"\x01" + struct.pack("<H", len(piece)) + piece)
        self.command(smb.SMB.SMB_COM_WRITE_AND_CLOSE, struct.pack("<HHII", file, 1000, len(content) - 1000, 0),
                     b"\0" + content[-1000:])

    def write_raw(self, name, local):
        file = self.create(name)
        server = self.connection.getSMBServer()
        for at, piece in self.pieces(pathlib.Path(local).read_bytes(), RAW_BYTES):
            # Write-through, so that the server says when the data is there.
            words = struct.pack("<HHHIIHIHH", file, len(piece), 0, at, 0, 1, 0, 0, 0)
            self.command(smb.SMB.SMB_COM_WRITE_RAW, words)
            server.get_session().send_packet(piece)
            server.recvSMB()
        self.close(file)

    def read_raw(self, name, local):
        file = self.open(name)
        server = self.connection.getSMBServer()
        with open(local, "wb") as target:
            while True:
                packet = smb.NewSMBPacket()
                packet["Tid"] = self.tree
                command = smb.SMBCommand(smb.SMB.SMB_COM_READ_RAW)
                command["Parameters"] = struct.pack("<HIHHIH", file, target.tell(), RAW_BYTES, 0, 0, 0)
                packet.addCommand(command)
                server.sendSMB(packet)
                piece = server.get_session().recv_packet(60).get_trailer()
                if not piece:
                    break
                target.write(piece)
        self.close(file)

    def write_andx(self, file, local):
        server = self.connection.getSMBServer()
        for at, piece in self.pieces(pathlib.Path(local).read_bytes(), PIECE_BYTES):
            server.write_andx(self.tree, file, piece, at)

    def open2(self, name, local):
        parameters = struct.pack("<HHHHIHI", 0, 0x42, 0x16, 0, 0, 0x12, 0) + bytes(10) + self.text(name)
        server = self.connection.getSMBServer()
        server.send_trans2(self.tree, 0x0000, "\0", parameters, b"")
        reply = server.recvSMB()
        reply.isValidAnswer(smb.SMB.SMB_COM_TRANSACTION2)
        answer = smb.SMBCommand(reply["Data"][0])
        words, data = answer["Parameters"], answer["Data"]
        at = struct.unpack("<H", words[8:10])[0] - (32 + 1 + len(words) + 2)
        file = struct.unpack("<H", data[at:at + 2])[0]
        self.write_andx(file, local)
        self.close(file)

    def nt_transact_create(self, name, local):
        text = name.encode("utf-16le" if self.is_unicode() else "ascii")
        pad = b"\0" if self.is_unicode() else b""
        parameters = struct.pack("<IIIQIIIIIIIIB", 0, 0, 0x0012019f, 0, 0x80, 7, 5, 0x40, 0, 0, len(text), 2, 0) + pad + text
        words = struct.pack("<BHIIIIIIIIBH", 0, 0, len(parameters), 0, 200, 0, len(parameters), 76, 0, 76 + len(parameters), 0, 1)
        reply_words, reply_data = self.command(smb.SMB.SMB_COM_NT_TRANSACT, words, b"\0\0\0" + parameters)
        at = struct.unpack("<I", reply_words[15:19])[0] - (32 + 1 + len(reply_words) + 2)
        file = struct.unpack("<H", reply_data[at + 2:at + 4])[0]
        self.write_andx(file, local)
        self.close(file)

    def chain(self, name, local):
        """OPEN_ANDX and READ_ANDX in one message: the reply to it has the name's file and its bytes."""
        text = self.text(name)
        words = struct.pack("<BBHHHHHIHIIHH", 0x2e, 0, 0, 0, 0x40, 0x16, 0, 0, 1, 0, 0, 0, 0)
        first_at = 32 + 1 + len(words) + 2
        pad = b"\0" * (first_at % 2 if self.is_unicode() else 0)
        words = words[:2] + struct.pack("<H", first_at + len(pad) + len(text)) + words[4:]
        read = NO_ANDX + struct.pack("<HIHHIHI", 0xffff, 0, PIECE_BYTES, 0, 0, 0, 0)
        second = bytes([len(read) // 2]) + read + b"\0\0"
        server = self.connection.getSMBServer()
        packet = smb.NewSMBPacket()
        packet["Tid"] = self.tree
        command = smb.SMBCommand(smb.SMB.SMB_COM_OPEN_ANDX)
        command["Parameters"], command["Data"] = words, pad + text
        packet.addCommand(command)
        packet["Flags2"] = server.get_flags()[1]
        packet["Flags1"] |= server.get_flags()[0]
        packet["Uid"] = server.get_uid()
        packet["Mid"], packet["Pid"] = 4242, 4242
        server.get_session().send_packet(packet.getData() + second)
        reply = bytes(server.get_session().recv_packet(60).get_trailer())
        next_at = struct.unpack("<H", reply[35:37])[0]
        file = struct.unpack("<H", reply[37:39])[0]
        length, data_at = struct.unpack("<HH", reply[next_at + 11:next_at + 15])
        pathlib.Path(local).write_bytes(reply[data_at:data_at + length])
        self.close(file)

    def replace(self, name, decoy, local):
        """Writes one content, sets the end of the file to nothing, and writes the other."""
        file = self.create(name)
        self.write_andx(file, decoy)
        server = self.connection.getSMBServer()
        server.send_trans2(self.tree, 0x0008, "\0", struct.pack("<HHH", file, 0x0104, 0), struct.pack("<Q", 0))
        server.recvSMB().isValidAnswer(smb.SMB.SMB_COM_TRANSACTION2)
        self.write_andx(file, local)
        self.close(file)


def main():
    address, dialect, *steps = sys.argv[1:]
    files = (OldFiles if dialect == "NT1" else Files)(address, dialect)
    for step in steps:
        word, *arguments = step.split("|")
        getattr(files, word)(*arguments)


if __name__ == "__main__":
    main()
