"""What nobody can look into: the server's name is told, and that nothing was inspected."""
from case import case
from servers import Nginx, QuicServer


@case("encrypted/https", "A photo uploaded over HTTPS by curl to nginx: what is known is the name that the client asks for.")
def https(case):
    photo = case.file("lane-1.jpg", case.photo())
    with case.lab() as lab:
        Nginx(lab.outside, lab.network.CONTRACTOR, lab.folder / "web", tls=True)
        with lab.record():
            lab.curl("--insecure", "--resolve", f"photos.example:443:{lab.network.CONTRACTOR}", "-F", f"photo=@{photo}",
                     "https://photos.example/upload")
    case.expect_not_inspected("encrypted", host="photos.example")


@case("encrypted/quic", "A photo served over HTTP/3 by ngtcp2: its client's first packets, of QUIC version 1, hold the name.")
def quic(case):
    photo = case.photo()
    with case.lab() as lab:
        server = QuicServer(lab.outside, lab.network.CONTRACTOR, lab.folder / "site")
        (server.files / "lane-2.jpg").write_bytes(photo)
        with lab.record("udp"):
            if server.download(lab.inside, "lane-2.jpg") != photo:
                raise RuntimeError("the client did not get the photo")
    case.expect_not_inspected("encrypted", host="localhost")
