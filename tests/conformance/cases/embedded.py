"""Photos inside text and unknown bytes: JSON, XML, HTML, forms, mail, protobuf. What carries them is no photo itself."""
import base64
import json
import urllib.parse
import zlib

from case import case


def encoded(photo):
    return base64.b64encode(photo).decode()


def wrapped(text, width=76, end="\n"):
    return end.join(text[i:i + width] for i in range(0, len(text), width))


def post(case, body, media_type, chunks=None, path="/api/upload"):
    """A POST by hand: with a length, or in so many chunks."""
    body = body if isinstance(body, bytes) else body.encode()
    head = f"POST {path} HTTP/1.1\r\nHost: api.example\r\nContent-Type: {media_type}\r\n"
    talk = case.conversation()
    if chunks:
        size = -(-len(body) // chunks)
        pieces = [body[i:i + size] for i in range(0, len(body), size)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        head += "Transfer-Encoding: chunked\r\n\r\n"
    else:
        head += f"Content-Length: {len(body)}\r\n\r\n"
    talk.client(head.encode() + body)
    talk.server(b"HTTP/1.1 204 No Content\r\n\r\n")
    talk.close()


@case("embedded/json-real-clients", "curl posts JSON with a photo in base64 to nginx, which serves it again.", lossy=True)
def json_real_clients(case):
    photo = case.photo()
    body = json.dumps({"id": 7, "photo": encoded(photo), "next": None}).encode()
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            lab.curl("-T", case.file("record.json", body), web.url("put/record.json"))
            lab.curl("-H", "Content-Type: application/json", "--data-binary", f"@{case.file('post.json', body)}", web.url("upload"))
    for _ in range(2):
        case.expect(photo, inside="base64", name="photo")


@case("embedded/json-1000-chunks", "A photo in base64 in JSON, sent in a thousand tiny chunks.")
def json_1000_chunks(case):
    photo = case.photo()
    post(case, json.dumps({"photo": encoded(photo)}), "application/json", chunks=1000)
    case.expect(photo, inside="base64", name="photo")


@case("embedded/json-escapes", "JSON escapes: slashes, line feeds, \\u002f, JSON inside JSON.")
def json_escapes(case):
    for escape in (lambda text: text.replace("/", "\\/"), lambda text: text.replace("/", "\\u002f").replace("+", "\\u002B"),
                   lambda text: wrapped(text, 76, "\\n"), lambda text: wrapped(text, 64, "\\r\\n") + "\\r\\n",
                   lambda text: text.replace("/", "\\\\/")):
        photo = case.photo()
        post(case, '{"a":1,"photo":"' + escape(encoded(photo)) + '","b":2}', "application/json")
        case.expect(photo, inside="base64", name="photo")
    photo = case.photo()
    post(case, json.dumps({"payload": json.dumps({"photo": encoded(photo)})}), "application/json")
    case.expect(photo, inside="base64", name="photo")


@case("embedded/base64url", "The alphabet of URLs, with and without padding.")
def base64url(case):
    for kind in ("JPEG", "PNG", "WEBP"):
        photo = case.photo(kind=kind)
        text = base64.urlsafe_b64encode(photo).decode().rstrip("=" if kind == "PNG" else "")
        post(case, json.dumps({"photo": text}), "application/json")
        case.expect(photo, inside="base64")


@case("embedded/types", "Each image type that Pillow writes, and archives, in base64.")
def types(case):
    for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000"):
        photo = case.photo(kind=kind, size=(96, 64))
        post(case, json.dumps({"data": encoded(photo)}), "application/json")
        case.expect(photo, inside="base64")


@case("embedded/xml-html-css", "SOAP, CDATA, character references, data: URIs in HTML and CSS.")
def xml_html_css(case):
    for form, media_type in (('<e:Body xmlns:e="urn:e"><Photo>{}</Photo></e:Body>', "text/xml"),
                             ("<r><Photo><![CDATA[{}]]></Photo></r>", "application/xml"),
                             ('<html><img alt="lane" src="data:image/jpeg;base64,{}"></html>', "text/html"),
                             (".lane {{ background: url(data:image/jpeg;base64,{}) }}", "text/css")):
        photo = case.photo()
        post(case, form.format(encoded(photo)), media_type)
        case.expect(photo, inside="base64")
    photo = case.photo()
    post(case, "<r><Photo>" + wrapped(encoded(photo), 76, "&#10;").replace("+", "&#x2B;") + "</Photo></r>", "application/xml")
    case.expect(photo, inside="base64", name="Photo")
    photo = case.photo()
    post(case, "<img src='data:image/jpeg," + urllib.parse.quote_from_bytes(photo) + "'>", "text/html")
    case.expect(photo, inside="percent", name="src")


@case("embedded/forms", "URL-encoded forms: escaped, escaped twice, not escaped at all, blanks as plus.")
def forms(case):
    for quote in (urllib.parse.quote_plus, lambda text: urllib.parse.quote(text, safe=""), lambda text: text,
                  lambda text: urllib.parse.quote_plus(wrapped(text, 76, " ")), lambda text: urllib.parse.quote_plus(wrapped(text, 76, "\r\n"))):
        photo = case.photo()
        post(case, "id=7&photo=" + quote(encoded(photo)) + "&ok=1", "application/x-www-form-urlencoded")
        case.expect(photo, inside="base64", name="photo")


@case("embedded/forms-real-clients", "curl sends base64 as a text field of a multipart form, and URL-encoded.", lossy=True)
def forms_real_clients(case):
    photos = [case.photo() for _ in range(2)]
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            lab.curl("-F", f"photo=<{case.file('field.b64', encoded(photos[0]).encode())}", "-F", "id=7", web.url("upload"))
            lab.curl("--data-urlencode", f"photo@{case.file('photo.b64', encoded(photos[1]).encode())}", web.url("upload"))
    for photo in photos:
        case.expect(photo, inside="base64")


@case("embedded/mail", "An .eml as an upload: two photos as MIME parts in base64, and a vCard.")
def mail(case):
    photos = [case.photo() for _ in range(2)]
    parts = "".join(f'--b1\r\nContent-Type: image/jpeg; name="{i}.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
                    + wrapped(encoded(photo), 76, "\r\n") + "\r\n" for i, photo in enumerate(photos))
    letter = ('Subject: lane\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n'
               "--b1\r\nContent-Type: text/plain\r\n\r\nTwo photos of the lane.\r\n" + parts + "--b1--\r\n").encode()
    post(case, letter, "message/rfc822")
    case.expect(letter)
    face = case.photo()
    post(case, "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Nobody\r\nPHOTO;ENCODING=b;TYPE=JPEG:" + wrapped(encoded(face), 74, "\r\n ")
         + "\r\nEND:VCARD\r\n", "text/vcard")
    for photo in photos + [face]:
        case.expect(photo, inside="base64")


@case("embedded/hex", "Hexadecimal, lower and upper case, as databases print it.")
def hexadecimal(case):
    for form, make in (('{{"photo":"\\\\x{}"}}', bytes.hex), ("X'{}'", lambda photo: photo.hex().upper())):
        photo = case.photo()
        post(case, form.format(make(photo)), "application/json")
        case.expect(photo, inside="hex")


@case("embedded/any-alignment", "The photo begins at any byte of a longer blob that is sent as base64.")
def any_alignment(case):
    for before in range(1, 8):
        photo = case.photo()
        blob = bytes(range(before)) + photo + b"\x00tail"
        post(case, json.dumps({"blob": encoded(blob)}), "application/json")
        case.expect(photo, inside="base64", name="blob")


@case("embedded/nested", "Base64 of JSON with base64; base64 of base64.")
def nested(case):
    photo = case.photo()
    post(case, json.dumps({"payload": encoded(json.dumps({"photo": encoded(photo)}).encode())}), "application/json")
    case.expect(photo, inside="base64/base64", name="photo")
    photo = case.photo()
    post(case, json.dumps({"payload": encoded(encoded(photo).encode())}), "application/json")
    case.expect(photo, inside="base64/base64")


@case("embedded/gzipped-json", "JSON with a photo in base64 under Content-Encoding: gzip.")
def gzipped_json(case):
    photo = case.photo()
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(json.dumps({"photo": encoded(photo)}).encode()) + packer.flush()
    post(case, body, "application/json\r\nContent-Encoding: gzip", chunks=50)
    case.expect(photo, inside="base64", name="photo")


@case("embedded/many", "A page of sixty thumbnails as data: URIs.")
def many(case):
    photos = [case.photo(size=(48, 32)) for _ in range(60)]
    post(case, "<html>" + "".join(f'<p>Lane {i}: <img src="data:image/jpeg;base64,{encoded(photo)}">' for i, photo in enumerate(photos)),
         "text/html")
    for photo in photos:
        case.expect(photo, inside="base64", name="src")


@case("embedded/protobuf", "Raw photos in length-prefixed fields: of a body whose type says protobuf, and of one whose type says nothing.")
def protobuf(case):
    photos = [case.photo(kind=kind, size=(96, 64)) for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP")]
    body = b"\x08\x07\x12\x04lane"
    for photo in photos:
        size, prefix = len(photo), b""
        while size:
            prefix += bytes([size & 127 | (128 if size > 127 else 0)])
            size >>= 7
        body += b"\x1a" + prefix + photo
    for media_type, inside in (("application/x-protobuf", "protobuf"), ("application/octet-stream", "carved")):
        post(case, body + b"\x20\x01", media_type)
        case.expect(body + b"\x20\x01")
        for photo in photos:
            case.expect(photo, inside=inside)


@case("embedded/truncated", "The connection is reset in the middle of a photo in base64.")
def truncated(case):
    photo = case.photo()
    body = json.dumps({"photo": encoded(photo)}).encode()
    talk = case.conversation()
    talk.client(b"POST /api HTTP/1.1\r\nHost: api.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:len(body) // 2])
    talk.reset()
    case.expect_not_inspected("aborted", name="photo")


@case("embedded/smb-files", "smbclient puts and gets a page with a photo in a data: URI, and a photo one byte inside unknown bytes.", lossy=True)
def smb_files(case):
    shown, carved = case.photo(), case.photo(size=(640, 480))
    page = f'<p>Lane 3 <img src="data:image/jpeg;base64,{encoded(shown)}">\n'.encode() + b"<p>more\n" * 9000
    shifted = b"\x01" + carved
    with case.lab() as lab:
        lab.samba()
        with lab.record():
            lab.smbclient(f"put {case.file('page.html', page)} page.html", f"put {case.file('data.bin', shifted)} data.bin",
                          f"get page.html {case.work}/there.html")
    case.expect(page, name="page.html")
    case.expect(shifted, name="data.bin")
    for _ in range(2):
        case.expect(shown, inside="base64", name="src")
    case.expect(carved, inside="carved")
