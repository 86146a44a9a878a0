"""Images inside archives, documents, mails and other images, uploaded by curl."""
import email.message
import io
import subprocess
import tarfile
import zipfile

from PIL import Image

from case import case


def upload(case, name, content, form=False):
    """curl sends the file to nginx, as a form or as the body of a PUT."""
    with case.lab() as lab:
        web = lab.nginx()
        path = case.file(name, content)
        with lab.record():
            if form:
                lab.curl("-F", f"file=@{path}", web.url("upload"))
            else:
                lab.curl("-T", path, web.url(f"put/{name}"))


def zip_of(members, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


class Pipe(io.RawIOBase):
    """Where zipfile cannot seek it writes data descriptors."""

    def __init__(self):
        self.content = b""

    def writable(self):
        return True

    def write(self, data):
        self.content += bytes(data)
        return len(data)


def program(case, *command):
    subprocess.run(command, cwd=case.work, check=True, capture_output=True)


@case("containers/zip-in-form", "A photo in a zip in a form.", lossy=True)
def zip_in_form(case):
    photo = case.photo()
    content = zip_of([("notes.txt", b"nothing"), ("lane/photo.jpg", photo)], compression=zipfile.ZIP_DEFLATED)
    upload(case, "photos.zip", content, form=True)
    case.expect(content, name="photos.zip")
    case.expect(photo, name="photo.jpg", inside="zip:lane/photo.jpg")


@case("containers/zip-stored", "Members that are stored: a carver would do, a reader of names is better.")
def zip_stored(case):
    photos = [case.photo() for _ in range(3)]
    content = zip_of([(f"{number}.jpg", photo) for number, photo in enumerate(photos)])
    upload(case, "stored.zip", content)
    case.expect(content)
    for number, photo in enumerate(photos):
        case.expect(photo, inside=f"zip:{number}.jpg")


@case("containers/zip-by-zip", "Written by Info-ZIP, with a name beyond ASCII.")
def zip_by_zip(case):
    photo = case.photo()
    case.file("in/f\u00fcr.jpg", photo)
    program(case, "zip", "-r", "made.zip", "in")
    content = (case.work / "made.zip").read_bytes()
    upload(case, "made.zip", content)
    case.expect(content)
    case.expect(photo, inside="zip:in/*.jpg")


@case("containers/zip-data-descriptors", "Sizes stand behind the members, as a program writes them that sends while it packs.")
def zip_data_descriptors(case):
    photo, out = case.photo(), Pipe()
    with zipfile.ZipFile(out, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", photo)
    upload(case, "streamed.zip", out.content)
    case.expect(out.content)
    case.expect(photo, inside="zip:a.jpg")


@case("containers/zip64", "64-bit sizes where 32 would do.")
def zip64(case):
    photo, out = case.photo(), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        with archive.open("a.jpg", "w", force_zip64=True) as member:
            member.write(photo)
    upload(case, "big.zip", out.getvalue())
    case.expect(out.getvalue())
    case.expect(photo, inside="zip:a.jpg")


@case("containers/zip-bzip2-lzma", "Methods that most readers of captures do not know.")
def zip_bzip2_lzma(case):
    first, second = case.photo(), case.photo()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b.jpg", first, compress_type=zipfile.ZIP_BZIP2)
        archive.writestr("l.jpg", second, compress_type=zipfile.ZIP_LZMA)
    upload(case, "methods.zip", out.getvalue())
    case.expect(out.getvalue())
    case.expect(first, inside="zip:b.jpg")
    case.expect(second, inside="zip:l.jpg")


@case("containers/zip-behind-a-script", "A self-extracting archive: the zip begins behind other bytes.")
def zip_behind_a_script(case):
    photo = case.photo()
    archive = zip_of([("a.jpg", photo)])
    content = b"#!/bin/sh\nexec unzip \"$0\"\n" + archive
    upload(case, "setup.sh", content)
    case.expect(content)
    case.expect(photo, inside="zip:a.jpg")
    # On the wire the scan of unknown bytes finds the archive too.
    case.expect(archive, inside="carved")
    case.expect(photo, inside="carved/zip:a.jpg")


@case("containers/zip-hidden-member", "A member that the central directory does not name: a reader of streams shows it.")
def zip_hidden_member(case):
    shown, hidden = case.photo(), case.photo()
    with_hidden = zip_of([("hidden.jpg", hidden)])
    content = with_hidden[:with_hidden.index(b"PK\1\2")] + zip_of([("shown.jpg", shown)])
    upload(case, "two.zip", content)
    case.expect(content, flags=["container_framing"])
    case.expect(shown, inside="zip:shown.jpg")
    case.expect(hidden, inside="zip:hidden.jpg")


@case("containers/zip-names-disagree", "The two tables of a zip call its member differently.")
def zip_names_disagree(case):
    photo = case.photo()
    content = zip_of([("a.jpg", photo)])
    at = content.index(b"PK\1\2")
    content = content[:at] + content[at:].replace(b"a.jpg", b"b.txt")
    upload(case, "names.zip", content)
    case.expect(content, flags=["container_framing"])
    case.expect(photo, inside="zip:b.txt")


@case("containers/zip-encrypted", "A password opens the member; nobody here has it.")
def zip_encrypted(case):
    case.file("secret.jpg", case.photo())
    program(case, "zip", "-P", "secret", "locked.zip", "secret.jpg")
    content = (case.work / "locked.zip").read_bytes()
    upload(case, "locked.zip", content)
    case.expect(content)
    case.expect_not_inspected("encrypted_archive", name="secret.jpg")


@case("containers/seven-zip", "7-Zip with LZMA2.")
def seven_zip(case):
    photo = case.photo()
    case.file("a.jpg", photo)
    program(case, "7z", "a", "made.7z", "a.jpg")
    content = (case.work / "made.7z").read_bytes()
    upload(case, "made.7z", content)
    case.expect(content)
    case.expect(photo, inside="seven_zip:a.jpg")


@case("containers/seven-zip-encrypted", "7-Zip that hides even the names.")
def seven_zip_encrypted(case):
    case.file("a.jpg", case.photo())
    program(case, "7z", "a", "-psecret", "-mhe=on", "locked.7z", "a.jpg")
    content = (case.work / "locked.7z").read_bytes()
    upload(case, "locked.7z", content)
    case.expect(content)
    case.expect_not_inspected("encrypted_archive")


def tar_of(mode, members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@case("containers/tar-gz", "tar in gzip, bzip2 and xz.")
def tar_gz(case):
    packed = []
    for word in ("gz", "bz2", "xz"):
        photo = case.photo()
        packed.append((word, photo, tar_of(f"w:{word}", [("lane/a.jpg", photo)])))
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            for word, _, content in packed:
                lab.curl("-T", case.file(f"a.tar.{word}", content), web.url(f"put/a.tar.{word}"))
    for word, photo, content in packed:
        case.expect(content, name=f"a.tar.{word}")
        case.expect(photo, inside="*/tar:lane/a.jpg")


@case("containers/nested-three-deep", "A photo in a zip in a tar.gz in a zip.")
def nested_three_deep(case):
    photo = case.photo()
    content = zip_of([("b.tgz", tar_of("w:gz", [("c.zip", zip_of([("d.jpg", photo)]))]))])
    upload(case, "a.zip", content)
    case.expect(content)
    case.expect(photo, inside="zip:b.tgz/gzip/tar:c.zip/zip:d.jpg")


@case("containers/bomb", "Zeros that unpack to a thousand times their size, behind a photo.")
def bomb(case):
    photo = case.photo()
    content = zip_of([("a.jpg", photo)] + [(f"{n}.bin", bytes(48 << 20)) for n in range(3)], compression=zipfile.ZIP_DEFLATED)
    upload(case, "bomb.zip", content)
    case.expect(content)
    case.expect(photo, inside="zip:a.jpg")
    case.expect_not_inspected("expansion_limit")


@case("containers/pdf-img2pdf", "A PDF whose page is a JPEG, byte for byte.", lossy=True)
def pdf_img2pdf(case):
    photo = case.photo()
    path = case.file("a.jpg", photo)
    program(case, "img2pdf", path, "-o", "a.pdf")
    content = (case.work / "a.pdf").read_bytes()
    upload(case, "a.pdf", content)
    case.expect(content)
    case.expect(photo, inside="pdf:*")


@case("containers/pdf-reportlab", "A PDF with a JPEG in ASCII85 and a bitmap in Flate.")
def pdf_reportlab(case):
    from reportlab.pdfgen import canvas

    photo, drawing = case.photo(), case.photo(kind="PNG", size=(64, 48))
    page = canvas.Canvas(str(case.work / "a.pdf"))
    page.drawImage(str(case.file("a.jpg", photo)), 50, 500)
    page.drawImage(str(case.file("b.png", drawing)), 50, 100)
    page.save()
    content = (case.work / "a.pdf").read_bytes()
    upload(case, "a.pdf", content)
    case.expect(content)
    case.expect(photo, inside="pdf:*")
    case.expect(Image.open(io.BytesIO(drawing)).convert("RGB").tobytes(), inside="pdf:*")


@case("containers/pdf-encrypted", "A PDF that only a password opens.")
def pdf_encrypted(case):
    import pypdf

    path = case.file("a.jpg", case.photo())
    program(case, "img2pdf", path, "-o", "a.pdf")
    writer = pypdf.PdfWriter()
    writer.append_pages_from_reader(pypdf.PdfReader(str(case.work / "a.pdf")))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    upload(case, "a.pdf", out.getvalue())
    case.expect(out.getvalue())
    case.expect_not_inspected("encrypted_archive")


@case("containers/docx", "A photo in a Word document.", lossy=True)
def docx(case):
    import docx as word

    photo = case.photo()
    document = word.Document()
    document.add_picture(io.BytesIO(photo))
    out = io.BytesIO()
    document.save(out)
    upload(case, "a.docx", out.getvalue())
    case.expect(out.getvalue())
    case.expect(photo, inside="zip:word/media/*")
    with zipfile.ZipFile(io.BytesIO(out.getvalue())) as archive:  # the template brings a picture of its own
        for name in archive.namelist():
            if name.startswith("docProps/thumbnail"):
                case.expect(archive.read(name), inside="zip:docProps/*")


@case("containers/mail", "A mail with a photo, and a forwarded mail with another.")
def mail(case):
    first, second = case.photo(), case.photo()

    def message(photo, name):
        made = email.message.EmailMessage()
        made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "lane 4"
        made.set_content("see the picture")
        made.add_attachment(photo, maintype="image", subtype="jpeg", filename=name)
        return made

    outer = message(first, "one.jpg")
    outer.add_attachment(message(second, "two.jpg"))
    content = outer.as_bytes()
    upload(case, "a.eml", content)
    case.expect(content)
    # The scan for base64 finds them on the wire; the worker, which opens the mail too, does not tell of them again.
    case.expect(first, inside="base64")
    case.expect(second, inside="base64")


@case("containers/exif-thumbnail", "The thumbnail in a photo shows another picture than the photo.")
def exif_thumbnail(case):
    photo, thumbnail = case.photo(), case.photo(size=(80, 60))
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + thumbnail
    content = photo[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + photo[2:]
    upload(case, "a.jpg", content)
    case.expect(content)
    case.expect(thumbnail, inside="jpeg:segment@*")


@case("containers/two-pictures", "A camera's file of several pictures (MPO), written by Pillow.")
def two_pictures(case):
    first = Image.open(io.BytesIO(case.photo()))
    second = Image.open(io.BytesIO(case.photo(size=(160, 120))))
    out = io.BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[second])
    content = out.getvalue()
    upload(case, "a.mpo", content)
    case.expect(content)
    case.expect(content[content.index(b"\xff\xd9\xff\xd8") + 2:], inside="jpeg:trailing@*")


@case("containers/jpeg-behind-jpeg", "A second photo behind the end of the first.")
def jpeg_behind_jpeg(case):
    shown, hidden = case.photo(), case.photo()
    upload(case, "a.jpg", shown + hidden)
    case.expect(shown + hidden, flags=["trailing_data"])
    case.expect(hidden, inside="jpeg:trailing@*")


@case("containers/zip-behind-jpeg", "A photo that is a zip as well.")
def zip_behind_jpeg(case):
    shown, hidden = case.photo(), case.photo()
    content = shown + zip_of([("h.jpg", hidden)])
    upload(case, "a.jpg", content)
    case.expect(content, flags=["trailing_data"])
    case.expect(hidden, inside="*zip:h.jpg")
