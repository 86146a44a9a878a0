"""Pictures drawn by us: nobody's face, nobody's plate. The same seed draws the same picture.

`python3 images.py --to DIR` writes the set that the quickstart uses.
"""
import argparse
import pathlib

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
PLATE_LETTERS = "ABEKMHOPCTYX"


def _noise(random, size, scale, strength):
    """Soft blotches: the structure that asphalt, paint and sky have and that a perceptual hash needs."""
    small = random.integers(0, 256, (size[1] // scale + 1, size[0] // scale + 1), dtype=numpy.uint8)
    blotches = Image.fromarray(small, "L").resize(size, Image.BICUBIC)
    return blotches.point(lambda value: int((value - 128) * strength + 128))


def _scene(random, size):
    width, height = size
    sky, road = ((150, 175, 205), (90, 92, 96)) if random.random() < 0.7 else ((60, 66, 88), (46, 46, 50))
    picture = Image.new("RGB", size, sky)
    draw = ImageDraw.Draw(picture)
    horizon = int(height * random.uniform(0.3, 0.45))
    draw.rectangle([0, horizon, width, height], fill=road)
    for _ in range(int(random.integers(4, 9))):
        left, top = int(random.integers(0, width)), int(random.integers(0, horizon))
        shade = tuple(int(value) for value in random.integers(50, 200, 3))
        draw.rectangle([left, top, left + int(random.integers(40, width // 4)), horizon], fill=shade)
    grain = _noise(random, size, 12, 0.5)
    return Image.blend(picture, Image.merge("RGB", [grain] * 3), 0.18), horizon


def plate(random, width):
    """A white plate with dark letters in a dark frame, 520 x 112 mm as in many countries."""
    height = width * 112 // 520
    picture = Image.new("RGB", (width, height), (245, 245, 240))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle([0, 0, width - 1, height - 1], radius=height // 8, outline=(20, 20, 20), width=max(2, height // 14))
    letters = [PLATE_LETTERS[int(i)] for i in random.integers(0, len(PLATE_LETTERS), 3)]
    digits = "".join(str(int(i)) for i in random.integers(0, 10, 3))
    text = f"{letters[0]} {digits} {letters[1]}{letters[2]} {int(random.integers(10, 99))}"
    font = ImageFont.truetype(FONT, int(height * 0.66))
    box = draw.textbbox((0, 0), text, font=font)
    size = box[2] - box[0], box[3] - box[1]
    ink = Image.new("RGB", (size[0] + 4, size[1] + 4), (245, 245, 240))
    ImageDraw.Draw(ink).text((2 - box[0], 2 - box[1]), text, font=font, fill=(15, 15, 15))
    room = int(width * 0.9), int(height * 0.7)
    ink = ink.resize((min(ink.width, room[0]), min(ink.height, room[1])), Image.LANCZOS)
    picture.paste(ink, ((width - ink.width) // 2, (height - ink.height) // 2))
    return picture


def car_with_plate(seed, size=(1280, 960)):
    """The rear of a car before a gate camera, its plate readable."""
    random = numpy.random.default_rng(seed)
    picture, horizon = _scene(random, size)
    draw = ImageDraw.Draw(picture)
    width, height = size
    body = [int(width * 0.16), int(horizon * 0.9), int(width * 0.84), int(height * 0.86)]
    paint = tuple(int(value) for value in random.integers(40, 190, 3))
    draw.rounded_rectangle(body, radius=60, fill=paint)
    draw.rounded_rectangle([body[0] + 90, body[1] + 25, body[2] - 90, body[1] + 170], radius=40, fill=(35, 42, 52))
    for left in (body[0] + 30, body[2] - 130):
        draw.rounded_rectangle([left, body[1] + 215, left + 100, body[1] + 290], radius=18, fill=(150, 24, 24))
        draw.rectangle([left + 10, body[3] - 10, left + 90, body[3] + 60], fill=(18, 18, 18))
    draw.rectangle([body[0], body[3] - 120, body[2], body[3] - 60], fill=tuple(value // 2 for value in paint))
    sign = plate(random, 330)
    picture = picture.filter(ImageFilter.GaussianBlur(0.8))
    picture.paste(sign, ((width - sign.width) // 2, body[1] + 330))
    return picture.filter(ImageFilter.GaussianBlur(0.5))


def checkpoint(seed, size=(1024, 768)):
    """A lane at a checkpoint: buildings, a barrier, a booth. What an agency would register as its own picture."""
    random = numpy.random.default_rng(seed)
    picture, horizon = _scene(random, size)
    draw = ImageDraw.Draw(picture)
    width, height = size
    booth = int(random.integers(width // 10, width // 2))
    draw.rectangle([booth, horizon - 90, booth + 190, horizon + 150], fill=(210, 205, 190), outline=(60, 60, 60), width=5)
    draw.rectangle([booth + 25, horizon - 55, booth + 165, horizon + 30], fill=(70, 95, 120))
    for i in range(14):
        left = booth + 190 + i * 36
        draw.polygon([(left, horizon + 70), (left + 36, horizon + 70), (left + 36, horizon + 92), (left, horizon + 92)],
                     fill=(200, 30, 30) if i % 2 else (240, 240, 240))
    for _ in range(5):
        x, y = int(random.integers(0, width)), int(random.integers(horizon, height))
        draw.ellipse([x, y, x + int(random.integers(60, 220)), y + int(random.integers(30, 90))],
                     fill=tuple(int(value) for value in random.integers(40, 220, 3)))
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def write_set(folder):
    """The quickstart's pictures and documents."""
    folder.mkdir(parents=True, exist_ok=True)
    car_with_plate(1).save(folder / "lane-3.jpg", quality=90)
    car_with_plate(2).save(folder / "lane-4.jpg", quality=88)
    registered = checkpoint(3)
    registered.save(folder / "registered.png")
    registered.resize((700, 525), Image.LANCZOS).save(folder / "report.dat", "JPEG", quality=70)
    checkpoint(4).save(folder / "harmless.jpg", quality=85)
    (folder / "minutes.txt").write_text("Minutes of the quarterly meeting.\n" * 400)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=pathlib.Path, required=True, help="folder to write into")
    write_set(parser.parse_args().to)


if __name__ == "__main__":
    main()
