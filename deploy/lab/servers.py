"""Real servers from Debian's packages, in the foreground, with all their files in one folder of ours."""
import pathlib
import subprocess
import time

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_max_body_size 0; default_type application/octet-stream;
  client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  gzip_types *; gzip_min_length 1;
  server {{
    listen {address}:80; {tls}
    root {files};
    location /upload {{ client_body_in_file_only on; proxy_pass http://unix:{folder}/sink.sock; }}
    location /put/ {{ alias {uploads}/; dav_methods PUT COPY MOVE; create_full_put_path on; }}
    location /gzip/ {{ alias {files}/; gzip on; }}
  }}
  server {{ listen unix:{folder}/sink.sock; location / {{ return 201 "stored\\n"; }} }}
}}
"""

SAMBA = """
[global]
  server role = standalone server
  interfaces = {address}
  bind interfaces only = yes
  disable netbios = yes
  smb ports = 445
  map to guest = Bad User
  guest account = root
  load printers = no
  server min protocol = {minimum}
  private dir = {folder}/private
  state directory = {folder}/state
  cache directory = {folder}/cache
  lock directory = {folder}/lock
  pid directory = {folder}/pid
  ncalrpc dir = {folder}/ncalrpc
  log file = {folder}/log
  server multi channel support = no
{lines}
[files]
  path = {files}
  read only = no
  guest ok = yes
{share_lines}
"""


def wait_until(ready, what, seconds=30):
    """Asks again until `ready` says yes: servers tell nobody when they listen."""
    last = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > last:
            raise RuntimeError(f"{what} did not come up in {seconds} s")
        time.sleep(0.02)


def accepts(namespace, address, port):
    """True when something listens there, asked of the namespace's own socket table."""
    listening = namespace.run("ss", "-Hltn", f"sport = :{port}").stdout
    return f"{address}:{port}" in listening or f"*:{port}" in listening or f"0.0.0.0:{port}" in listening


def certify(folder, name):
    """A key and a certificate that nobody else signed, for two days."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={name}"],
                   check=True, capture_output=True)
    return key, certificate


class Nginx:
    """nginx with uploads kept as files (POST /upload, PUT, COPY, MOVE /put/NAME) and `files` served, also compressed under /gzip/."""

    def __init__(self, namespace, address, folder, tls=False):
        self.folder = pathlib.Path(folder)
        self.files, self.uploads, self.bodies = (self.folder / name for name in ("files", "uploads", "bodies"))
        for path in (self.files, self.uploads, self.bodies):
            path.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(address=address, folder=self.folder, files=self.files, uploads=self.uploads,
                                       tls=self._tls(address) if tls else ""))
        for path in (self.folder, self.files, self.uploads, self.bodies):
            path.chmod(0o777)
        log = open(self.folder / "start.log", "w")
        namespace.start("nginx", "-c", config, "-e", self.folder / "error.log", "-p", self.folder, stdout=log, stderr=log)
        wait_until(lambda: accepts(namespace, address, 80), f"nginx on {address}")

    def _tls(self, address):
        key, certificate = certify(self.folder, address)
        return f"listen {address}:443 ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"


class Samba:
    """smbd with one share, `files`, open to guests. `lines` and `share_lines` are more of its smb.conf, and win over what is there.

    With `user`, a name and a password, it knows that user (who acts as root): guests can neither sign nor encrypt.
    """

    def __init__(self, namespace, address, folder, minimum="SMB2_02", lines=(), share_lines=(), user=None):
        self.folder = pathlib.Path(folder)
        self.files = self.folder / "files"
        for name in ("files", "private", "state", "cache", "lock", "pid", "ncalrpc"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.files.chmod(0o777)
        config = self.folder / "smb.conf"
        config.write_text(SAMBA.format(address=address, folder=self.folder, files=self.files, minimum=minimum,
                                       lines=self._indented(lines), share_lines=self._indented(share_lines)))
        if user:
            self._add_user(config, *user)
        log = open(self.folder / "start.log", "w")
        namespace.start("smbd", "--foreground", "--no-process-group", "-s", config, "-l", self.folder,
                        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(lambda: accepts(namespace, address, 445), f"smbd on {address}")

    @staticmethod
    def _indented(lines):
        return "\n".join(f"  {line}" for line in lines)

    @staticmethod
    def _add_user(config, name, password):
        subprocess.run(["smbpasswd", "-c", config, "-s", "-a", name], input=f"{password}\n{password}\n", text=True, check=True,
                       capture_output=True)


def smbclient(namespace, address, *commands, options=(), check=True, user=None):
    """smbclient as a guest, or as `user` with a password, on the share `files`, with the given commands."""
    who = ["-U", "%".join(user)] if user else ["-N"]
    return namespace.run("smbclient", "-s", "/dev/null", *who, f"//{address}/files", *options, "-c", "; ".join(commands),
                         check=check, timeout=120)


class QuicServer:
    """ngtcp2's HTTP/3 server, UDP port 443, which serves `files`."""

    def __init__(self, namespace, address, folder):
        self.address, self.folder = address, pathlib.Path(folder)
        self.files = self.folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        namespace.start("gtlsserver", "-q", "-d", self.files, address, "443", *certify(self.folder, address),
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: ":443" in namespace.run("ss", "-Hlun").stdout, f"gtlsserver on {address}")

    def download(self, namespace, name):
        """The file as ngtcp2's client gets it, or None. Given an address, that client asks for "localhost" (SNI)."""
        got = self.folder / "got"
        got.mkdir(exist_ok=True)
        (got / name).unlink(missing_ok=True)
        namespace.run("gtlsclient", "-q", "--exit-on-all-streams-close", "--handshake-timeout=5s", f"--download={got}",
                      self.address, "443", f"https://{self.address}/{name}", check=False)
        return (got / name).read_bytes() if (got / name).exists() else None
