"""Plain HTTP/1 uploads and downloads by real clients."""
from case import case


@case("http/form-50-images", "Fifty photos in one form: some engines stop at five parts.", lossy=True)
def form_50_images(case):
    photos = [case.photo() for _ in range(50)]
    with case.lab() as lab:
        web = lab.nginx()
        fields = [word for number, photo in enumerate(photos)
                  for word in ("-F", f"photo=@{case.file(f'lane-{number}.jpg', photo)}")]
        with lab.record():
            lab.curl(*fields, web.url("upload"))
    for number, photo in enumerate(photos):
        case.expect(photo, name=f"lane-{number}.jpg")


@case("http/put-as-text", "A raw PUT: name and type say text, the bytes say JPEG.", lossy=True)
def put_as_text(case):
    photo = case.photo()
    with case.lab() as lab:
        web = lab.nginx()
        with lab.record():
            lab.curl("-H", "Content-Type: text/plain", "-T", case.file("notes.txt", photo), web.url("put/notes.txt"))
    case.expect(photo, name="notes.txt", flags=["type_mismatch"])
