"""Request and response smuggling (RFC 9112 11.2): two readers see two messages; both readings are objects, and flagged."""
from case import case

POST = b"POST /upload HTTP/1.1\r\nHost: smuggling.example\r\n"
FLAGS = ["http_framing"]


def chunked(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def request(case, head, wire, next_request=b""):
    talk = case.conversation()
    talk.client(head + b"\r\n" + wire + next_request)
    talk.server(b"HTTP/1.1 204 No Content\r\n\r\n")
    talk.close()


@case("smuggling/cl-te", "Content-Length and Transfer-Encoding: the body is chunked, the length covers it.")
def cl_te(case):
    for order in (0, 1):
        photo = case.photo(size=(64, 48))
        wire = chunked(photo)
        fields = [b"Content-Length: %d\r\n" % len(wire), b"Transfer-Encoding: chunked\r\n"]
        request(case, POST + fields[order] + fields[1 - order], wire)
        case.expect(photo, flags=FLAGS)


@case("smuggling/cl-te-hidden-request", "A short Content-Length beside chunked: a request hides in what one reader takes for the body.")
def cl_te_hidden(case):
    photo, hidden = case.photo(size=(64, 48)), case.photo(size=(64, 48))
    second = b"PUT /hidden.jpg HTTP/1.1\r\nHost: smuggling.example\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden
    request(case, POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", chunked(photo), second)
    case.expect(photo, flags=FLAGS)
    case.expect(photo[:4], flags=FLAGS)
    case.expect(hidden, name="hidden.jpg")


@case("smuggling/te-te", "Two Transfer-Encoding fields, one of which only some readers believe.")
def te_te(case):
    for other in (b"Transfer-Encoding: x\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-encoding: cow\r\n", b"Transfer-Encoding : chunked\r\n",
                  b"Transfer-Encoding:\x0bchunked\r\n", b"X: y\nTransfer-Encoding: chunked\r\n"):
        photo = case.photo(size=(64, 48))
        wire = chunked(photo)
        request(case, POST + b"Transfer-Encoding: chunked\r\n" + other + b"Content-Length: %d\r\n" % len(wire), wire)
        case.expect(photo, flags=FLAGS)


@case("smuggling/cl-cl", "Two lengths: the long reading and the short one are objects.")
def cl_cl(case):
    for order in (0, 1):
        photo = case.photo(size=(64, 48))
        behind = b"bytes that only the other reader has"
        lengths = [len(photo), len(photo) + len(behind)]
        request(case, POST + b"Content-Length: %d\r\nContent-Length: %d\r\n" % (lengths[order], lengths[1 - order]), photo + behind)
        case.expect(photo, flags=FLAGS)
        case.expect(photo + behind, flags=FLAGS)
    photo = case.photo(size=(64, 48))
    request(case, POST + b"Content-Length: %d, %d\r\n" % (len(photo), len(photo)), photo)
    case.expect(photo, flags=FLAGS)


@case("smuggling/obs-fold", "The length or the coding stands in a folded line.")
def obs_fold(case):
    for head, wire in ((b"Content-Length:\r\n %d\r\n", lambda body: body), (b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: %d\r\n", lambda body: body),
                       (b"Transfer-Encoding:\r\n chunked\r\nX: %d\r\n", chunked)):
        photo = case.photo(size=(64, 48))
        request(case, POST + head % len(wire(photo)), wire(photo))
        case.expect(photo, flags=FLAGS)


@case("smuggling/space-before-colon", "A blank between a name and its colon.")
def space_before_colon(case):
    for head, wire in ((b"Content-Length : %d\r\n", lambda body: body), (b"Transfer-Encoding : chunked\r\nX: %d\r\n", chunked),
                       (b"Transfer-Encoding\t: chunked\r\nContent-Length: %d\r\n", chunked)):
        photo = case.photo(size=(64, 48))
        request(case, POST + head % len(wire(photo)), wire(photo))
        case.expect(photo, flags=FLAGS)


@case("smuggling/bare-line-ends", "A bare CR in front of a framing field; a bare CR or LF inside a value.")
def bare_line_ends(case):
    for head, wire in ((b"X: y\rContent-Length: %d\r\n", lambda body: body), (b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: %d\r\n", chunked),
                       (b"Transfer-Encoding: \rchunked\r\nContent-Length: %d\r\n", chunked)):
        photo = case.photo(size=(64, 48))
        request(case, POST + head % len(wire(photo)), wire(photo))
        case.expect(photo, flags=FLAGS)


@case("smuggling/chunk-extensions", "Line ends inside chunk extensions; junk around sizes.")
def chunk_extensions(case):
    for line in (b"%x;a\rb\r\n", b"%x;a=\"b\"\n", b"%x\n", b"%x;\r\r\n", b" %x\r\n", b"0x%x\r\n"):
        photo = case.photo(size=(64, 48))
        request(case, POST + b"Transfer-Encoding: chunked\r\n", line % len(photo) + photo + b"\r\n0\r\n\r\n")
        case.expect(photo, flags=FLAGS)


@case("smuggling/body-on-get", "GET, HEAD and DELETE with a body; a request behind it.")
def body_on_get(case):
    for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS"):
        photo, second = case.photo(size=(64, 48)), case.photo(size=(64, 48))
        request(case, method + b" /a HTTP/1.1\r\nHost: smuggling.example\r\nContent-Length: %d\r\n" % len(photo), photo,
                POST + b"Content-Length: %d\r\n\r\n" % len(second) + second)
        case.expect(photo)
        case.expect(second)


@case("smuggling/http10-chunked", "Transfer-Encoding under HTTP/1.0, which knows none.")
def http10_chunked(case):
    photo = case.photo(size=(64, 48))
    wire = chunked(photo)
    request(case, b"POST /upload HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n" % len(wire), wire)
    case.expect(photo, flags=FLAGS)
