"""What happens on a connection around the messages: pipelining, 100-continue, HEAD, 304, CONNECT, Upgrade, cuts, one direction alone."""
from case import case

HOST = b"Host: connections.example\r\n"


def put(name, photo, fields=b""):
    return b"PUT /" + name + b" HTTP/1.1\r\n" + HOST + fields + b"Content-Length: %d\r\n\r\n" % len(photo) + photo


def ok(photo, fields=b""):
    return b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: %d\r\n\r\n" % len(photo) + photo


@case("http-connections/pipelined", "Twenty requests at once, answered in order; every fifth is a HEAD.")
def pipelined(case):
    talk = case.conversation()
    names = [b"lane-%d.jpg" % i for i in range(20)]
    talk.client(b"".join((b"HEAD" if i % 5 == 4 else b"GET") + b" /" + name + b" HTTP/1.1\r\n" + HOST + b"\r\n" for i, name in enumerate(names)))
    for i, name in enumerate(names):
        photo = case.photo(size=(64, 48))
        if i % 5 == 4:
            talk.server(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(photo))
        else:
            talk.server(ok(photo))
            case.expect(photo, name=name.decode())
    talk.close()


@case("http-connections/pipelined-uploads", "Uploads behind each other without waiting; responses come late, the last ones before their request ends.")
def pipelined_uploads(case):
    talk = case.conversation()
    photos = [case.photo(size=(64, 48)) for _ in range(6)]
    stream = b"".join(put(b"lane-%d.jpg" % i, photo) for i, photo in enumerate(photos))
    talk.client(stream[:len(stream) // 2])
    talk.server(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n" * 6)
    talk.client(stream[len(stream) // 2:])
    talk.close()
    for i, photo in enumerate(photos):
        case.expect(photo, name=f"lane-{i}.jpg")


@case("http-connections/expect-continue-curl", "curl waits for 100 Continue before it sends the photo.", lossy=True)
def expect_continue_curl(case):
    photo = case.photo(size=(1600, 1200), quality=95)
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            lab.curl("-H", "Expect: 100-continue", "-T", case.file("lane.jpg", photo), web.url("put/lane.jpg"))
    case.expect(photo, name="lane.jpg")


@case("http-connections/expect-continue", "The body is sent without waiting; 417 and a second try; 102 and 103 before the answer.")
def expect_continue(case):
    photos = [case.photo(size=(64, 48)) for _ in range(3)]
    talk = case.conversation()
    talk.client(put(b"a.jpg", photos[0], b"Expect: 100-continue\r\n"))
    talk.server(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
    talk.client(put(b"b.jpg", photos[1]))
    talk.server(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
    talk.client(b"GET /c.jpg HTTP/1.1\r\n" + HOST + b"\r\n")
    talk.server(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </c.css>\r\n\r\n" + ok(photos[2]))
    talk.close()
    for name, photo in zip("abc", photos):
        case.expect(photo, name=f"{name}.jpg")


@case("http-connections/no-body", "HEAD, 204 and 304 with a length and nothing behind it; the next response is read in its place.")
def no_body(case):
    photo = case.photo(size=(64, 48))
    talk = case.conversation()
    for method, status in ((b"HEAD", b"200 OK"), (b"GET", b"304 Not Modified"), (b"DELETE", b"204 No Content")):
        talk.client(method + b" /lane.jpg HTTP/1.1\r\n" + HOST + b"\r\n")
        talk.server(b"HTTP/1.1 " + status + b"\r\nContent-Length: 12345\r\n\r\n")
    talk.client(b"GET /lane.jpg HTTP/1.1\r\n" + HOST + b"\r\n")
    talk.server(ok(photo))
    talk.close()
    case.expect(photo, name="lane.jpg")


@case("http-connections/until-close", "A response without a length ends with the connection.")
def until_close(case):
    photo = case.photo()
    talk = case.conversation()
    talk.client(b"GET /lane.jpg HTTP/1.0\r\n\r\n")
    talk.server(b"HTTP/1.0 200 OK\r\n\r\n" + photo)
    talk.close()
    case.expect(photo, name="lane.jpg")


@case("http-connections/reset", "A reset in the middle of a body with length, in chunks, and until the close: none is whole.")
def reset(case):
    for framing in (b"Content-Length: 20000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n4000\r\n", b"\r\n"):
        photo = case.photo()
        talk = case.conversation()
        talk.client(b"GET /lane.jpg HTTP/1.1\r\n" + HOST + b"\r\n")
        talk.server(b"HTTP/1.1 200 OK\r\n" + framing + photo[:6000])
        talk.reset("server")
        case.expect_not_inspected("aborted", name="lane.jpg")


@case("http-connections/connect", "Behind CONNECT and its 200 is HTTP again: a proxy that is asked for a clear-text server.")
def connect(case):
    photo, second = case.photo(size=(64, 48)), case.photo(size=(64, 48))
    talk = case.conversation(port=3128)
    talk.client(b"CONNECT inner.example:80 HTTP/1.1\r\nHost: inner.example:80\r\n\r\n")
    talk.server(b"HTTP/1.1 200 Connection established\r\n\r\n")
    talk.client(put(b"lane.jpg", photo))
    talk.server(ok(second))
    talk.close()
    case.expect(photo, name="lane.jpg")
    case.expect(second)


@case("http-connections/connect-refused", "A CONNECT that is refused: the connection stays HTTP.")
def connect_refused(case):
    photo = case.photo(size=(64, 48))
    talk = case.conversation(port=3128)
    talk.client(b"CONNECT inner.example:443 HTTP/1.1\r\nHost: inner.example:443\r\n\r\n")
    talk.server(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    talk.client(put(b"lane.jpg", photo))
    talk.server(b"HTTP/1.1 204 No Content\r\n\r\n")
    talk.close()
    case.expect(photo, name="lane.jpg")


@case("http-connections/upgrade-refused", "An Upgrade that the server passes over: the request's body and the answer stay HTTP.")
def upgrade_refused(case):
    photo, second = case.photo(size=(64, 48)), case.photo(size=(64, 48))
    talk = case.conversation()
    talk.client(put(b"lane.jpg", photo, b"Connection: Upgrade\r\nUpgrade: foo/2\r\n"))
    talk.server(ok(second))
    talk.close()
    case.expect(photo, name="lane.jpg")
    case.expect(second)


@case("http-connections/one-direction", "Only one direction passed the sensor: uploads from requests alone, downloads from responses alone.")
def one_direction(case):
    up, down = case.photo(size=(64, 48)), case.photo(size=(64, 48))
    for side, content, photo in (("client", put(b"lane.jpg", up), up), ("server", ok(down), down)):
        talk = case.conversation(handshake=False)
        for at in range(0, len(content), 1460):
            talk.at(side, at, content[at:at + 1460])
        talk.raw(side, flags="FA")
        case.expect(photo)
