"""Draws the front of a licence plate: styles of many countries and US states, with border, band, screws and dirt."""
import functools
import math

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROAD = "/usr/share/fonts/truetype/roadgeek/RG2014%s.ttf"
LIBERATION = "/usr/share/fonts/truetype/liberation/LiberationSans%s.ttf"
# Those that look most like stamped characters; all are Debian packages (see packages.txt, use "train").
PLATE_FONTS = [ROAD % name for name in ("B", "C", "D", "E", "EM")] + [
    LIBERATION % "Narrow-Bold",
    LIBERATION % "-Bold",
    LIBERATION % "Narrow-Regular",
    "/usr/share/fonts/truetype/opendin/OSP-DIN.ttf",
    "/usr/share/fonts/truetype/routed-gothic/routed-gothic-narrow.ttf",
    "/usr/share/fonts/opentype/league-mono/LeagueMono-NarrowBold.otf",
    "/usr/share/fonts/opentype/league-spartan/LeagueSpartan-Bold.otf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
]
NAME_FONTS = [
    LIBERATION % "-Bold",
    LIBERATION % "-BoldItalic",
    ROAD % "C",
    "/usr/share/fonts/truetype/liberation/LiberationSerif-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSerif-BoldItalic.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSerifBoldItalic.ttf",
]
SCRIPT = "/usr/share/fonts/opentype/urw-base35/Z003-MediumItalic.otf"
LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
STATES = (
    (
        "ALABAMA ALASKA ARIZONA ARKANSAS CALIFORNIA COLORADO CONNECTICUT DELAWARE FLORIDA GEORGIA HAWAII IDAHO ILLINOIS INDIANA IOWA "
        "KANSAS KENTUCKY LOUISIANA MAINE MARYLAND MASSACHUSETTS MICHIGAN MINNESOTA MISSISSIPPI MISSOURI MONTANA NEBRASKA NEVADA "
        "NEW-HAMPSHIRE NEW-JERSEY NEW-MEXICO NEW-YORK NORTH-CAROLINA NORTH-DAKOTA OHIO OKLAHOMA OREGON PENNSYLVANIA RHODE-ISLAND "
        "SOUTH-CAROLINA SOUTH-DAKOTA TENNESSEE TEXAS UTAH VERMONT VIRGINIA WASHINGTON WEST-VIRGINIA WISCONSIN WYOMING ONTARIO QUEBEC "
        "ALBERTA MANITOBA BRITISH-COLUMBIA"
    )
    .replace("-", "~")
    .split()
)
SLOGANS = [
    "",
    "",
    "SUNSHINE STATE",
    "GARDEN STATE",
    "THE LONE STAR STATE",
    "EMPIRE STATE",
    "www.example.gov",
    "LIVE FREE",
    "GREAT LAKES",
    "10,000 lakes",
    "FIRST IN FLIGHT",
    "GRAND CANYON STATE",
    "YOURS TO DISCOVER",
    "COUNTY",
    "IN GOD WE TRUST",
    "SEP 24",
]


@functools.lru_cache(maxsize=256)
def font(path, size):
    return ImageFont.truetype(path, size)


def text_mask(text, path, width, height, size=64):
    """The text stretched into width x height pixels, 0..1. Stretching stands for the many condensed and wide plate fonts."""
    width, height = max(int(width), 2), max(int(height), 2)
    face = font(path, size)
    left, top, right, bottom = face.getbbox(text)
    sheet = Image.new("L", (max(right - left, 1), max(bottom - top, 1)))
    ImageDraw.Draw(sheet).text((-left, -top), text, 255, font=face)
    return cv2.resize(np.asarray(sheet), (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def blend(picture, mask, left, top, colour):
    """Paints `colour` through `mask` at (left, top), clipped to the picture."""
    left, top = int(left), int(top)
    height, width = picture.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + mask.shape[1], width), min(top + mask.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
    area = picture[y0:y1, x0:x1]
    area += (np.asarray(colour, np.float32) - area) * part


def pattern(rng, grammar):
    """A is a letter, 0 a digit, ? either; all else stands for itself."""
    out = []
    for sign in grammar:
        if sign == "?":
            sign = "A0"[rng.integers(2)]
        out.append(LETTERS[rng.integers(len(LETTERS))] if sign == "A" else str(rng.integers(10)) if sign == "0" else sign)
    return "".join(out)


def pick(rng, choices):
    return choices[rng.integers(len(choices))]


def vary(rng, colour, amount=18):
    return np.clip(np.asarray(colour, np.float32) + rng.normal(0, amount, 3), 0, 255)


def bgr(colour):
    """What OpenCV's drawing functions take."""
    return tuple(float(value) for value in colour)


WHITE, BLACK, YELLOW, BLUE = (238, 240, 240), (22, 20, 20), (40, 190, 235), (140, 60, 20)
GREEN, RED, GREY = (60, 110, 20), (40, 30, 190), (185, 188, 188)
# Name: weight, width over height, (ground, characters) pairs in BGR, grammars ("/" splits lines), band
STYLES = {
    "eu": (
        16,
        (4.4, 4.8),
        [(WHITE, BLACK)] * 5 + [(YELLOW, BLACK), (WHITE, GREEN), (WHITE, RED)],
        ["AA 000 AA", "A-AA 0000", "AA-00-00", "A 000 AA", "00-AA-00", "0AAA000", "AAA 000", "AA 00000", "0 AAA 00"],
        "left",
    ),
    "uk": (5, (4.4, 4.8), [(WHITE, BLACK), (YELLOW, BLACK)], ["AA00 AAA", "A000 AAA"], "maybe"),
    "ru": (4, (4.4, 4.7), [(WHITE, BLACK)], ["A000AA|000", "A000AA|00"], "right"),
    "eu_two": (4, (1.3, 1.8), [(WHITE, BLACK), (YELLOW, BLACK)], ["AA/000 A", "A 00/AA 00", "AA 00/AAA"], "left"),
    "us": (40, (1.95, 2.05), [], [], "us"),
    "br": (8, (2.9, 3.3), [(GREY, BLACK), ((200, 200, 200), BLACK), (RED, WHITE), (WHITE, BLACK)], ["AAA-0000", "AAA 0000"], "name"),
    "mercosul": (6, (2.9, 3.3), [(WHITE, BLACK), (WHITE, RED), (WHITE, BLUE)], ["AAA0A00", "AA 000 AA", "AAA 0000"], "blue_top"),
    "moto": (6, (1.05, 1.4), [(WHITE, BLACK), (GREY, BLACK), (YELLOW, BLACK)], ["AAA/0000", "AA 0/000", "AAA/0A00", "00/AA 00"], "maybe"),
    "in": (4, (4.0, 5.0), [(WHITE, BLACK), (YELLOW, BLACK), (BLACK, YELLOW), (GREEN, WHITE)], ["AA 00 AA 0000", "AA00A0000"], "maybe"),
    "cn": (4, (3.0, 3.3), [(BLUE, WHITE), ((150, 70, 10), WHITE), ((110, 190, 120), BLACK), (YELLOW, BLACK)], ["AA.?0000", "AA 00000"], ""),
    "jp": (3, (1.9, 2.1), [(WHITE, GREEN), (YELLOW, BLACK), (GREEN, WHITE)], ["AA 000/A 00-00"], ""),
    "asia": (4, (2.0, 3.0), [(WHITE, BLACK), (BLACK, WHITE), (WHITE, BLUE)], ["AAA 0000", "0AA 0000", "AA-0000", "AAA/0000"], "name"),
    "gulf": (3, (2.0, 4.6), [(WHITE, BLACK), (YELLOW, BLACK)], ["0 00000", "AAA 0000", "0000/AAA"], "right"),
    "au": (
        4,
        (2.6, 2.9),
        [(WHITE, BLACK), (YELLOW, BLACK), (WHITE, BLUE), (BLACK, WHITE), (GREEN, WHITE)],
        ["AAA.000", "AA 00 AA", "000 AAA"],
        "name",
    ),
    "black": (4, (4.2, 4.8), [(BLACK, WHITE), (BLACK, GREY), (BLACK, YELLOW)], ["AAA 000", "000 AAA", "AA 0000"], ""),
    "mx": (3, (1.95, 2.05), [(WHITE, BLACK), (WHITE, GREEN)], ["AAA-00-00", "AA-00-000"], "name"),
}
NAMES = list(STYLES)
WEIGHTS = np.array([STYLES[name][0] for name in NAMES], float)
WEIGHTS /= WEIGHTS.sum()


def artwork(rng, plate):
    """What US plates have behind the characters: a gradient, hills, a sun, a wash of colour."""
    height, width = plate.shape[:2]
    if rng.random() < 0.6:
        first, second = vary(rng, WHITE, 20), vary(rng, pick(rng, [(235, 200, 160), (160, 210, 245), (190, 230, 200), (200, 200, 235)]), 25)
        ramp = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** float(rng.uniform(0.5, 3))
        plate[:] = first + (second - first) * (ramp if rng.random() < 0.5 else ramp[::-1])
    for _ in range(rng.integers(0, 4)):
        colour = bgr(vary(rng, pick(rng, [(120, 170, 200), (190, 150, 100), (120, 180, 130), (140, 140, 220)]), 30))
        layer = plate.copy()
        if rng.random() < 0.5:
            points = [(0, height)] + [(int(width * i / 5), int(height * rng.uniform(0.4, 0.9))) for i in range(6)] + [(width, height)]
            cv2.fillPoly(layer, [np.array(points, np.int32)], colour)
        else:
            cv2.circle(layer, (int(rng.uniform(0, width)), int(rng.uniform(0, height))), int(rng.uniform(0.1, 0.5) * height), colour, -1)
        strength = rng.uniform(0.15, 0.7)
        plate[:] = plate * (1 - strength) + cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(0.5, 6))) * strength


def emblem(rng, plate, x, y, size, ink):
    """What stands between the groups of characters: a state's outline, a star, a bird, a flower."""
    count, points = int(rng.integers(4, 11)), []
    for i in range(count):
        angle, far = 2 * math.pi * i / count, size * rng.uniform(0.35, 1) / 2
        points.append((int(x + far * math.cos(angle)), int(y + far * math.sin(angle) * 1.4)))
    layer = plate.copy()
    cv2.fillPoly(layer, [np.array(points, np.int32)], bgr(vary(rng, pick(rng, [ink, RED, GREEN, BLUE, (60, 110, 170)]), 25)))
    strength = float(rng.uniform(0.25, 1))
    plate[:] = plate * (1 - strength) + layer * strength


def state_name(rng, width, height):
    name = pick(rng, STATES).replace("~", " ")
    if rng.random() < 0.25:
        return text_mask(name.title(), SCRIPT, width, height * 1.1)
    return text_mask(name.title() if rng.random() < 0.2 else name, pick(rng, NAME_FONTS), width, height)


def us_plate(rng, width, height):
    plate = np.empty((height, width, 3), np.float32)
    ground, ink = pick(
        rng,
        [
            (WHITE, BLACK),
            (WHITE, BLACK),
            (WHITE, BLUE),
            (WHITE, BLUE),
            (WHITE, (110, 50, 30)),
            (WHITE, (110, 50, 30)),
            (WHITE, (90, 90, 40)),
            ((215, 230, 235), (100, 60, 40)),
            (WHITE, RED),
            (WHITE, GREEN),
            (YELLOW, BLUE),
            (YELLOW, BLACK),
            (BLUE, WHITE),
            (BLUE, YELLOW),
            (BLACK, WHITE),
            (GREEN, WHITE),
            ((200, 225, 235), BLACK),
        ],
    )
    plate[:] = vary(rng, ground)
    dark = sum(ground) < 350
    if not dark and rng.random() < 0.7:
        artwork(rng, plate)
    top, bottom = height * rng.uniform(0.2, 0.3), height * rng.uniform(0.76, 0.88)
    if rng.random() < 0.25:  # a band of colour behind the name, often below too
        band = vary(rng, pick(rng, [BLUE, (120, 50, 20), RED, GREEN, YELLOW]), 20)
        plate[: int(top * 0.95)] = band
        if rng.random() < 0.6:
            plate[int(bottom * 1.02) :] = band
        name_ink = WHITE
    else:
        name_ink = pick(rng, [ink, ink, RED, BLUE]) if not dark else ink
    if rng.random() < 0.95:
        wide = rng.uniform(0.3, 0.66)
        blend(
            plate,
            state_name(rng, width * wide, top * 0.65),
            width * (1 - wide) / 2,
            top * 0.22,
            vary(rng, name_ink),
        )
    slogan = pick(rng, SLOGANS)
    if slogan:
        wide = rng.uniform(0.3, 0.6)
        blend(
            plate,
            text_mask(slogan, pick(rng, NAME_FONTS), width * wide, height * rng.uniform(0.07, 0.11)),
            width * (1 - wide) / 2,
            bottom + (height - bottom) * 0.2,
            vary(rng, name_ink),
        )
    text = pattern(
        rng,
        pick(
            rng,
            [
                "AAA 0000",
                "AAA-0000",
                "0AAA000",
                "AAA 000",
                "000 AAA",
                "AA0 00A",
                "A00 00A",
                "AA 00000",
                "000-000",
                "0000 AA",
                "??? ???",
                "??????",
            ],
        ),
    )
    if rng.random() < 0.35:
        emblem(rng, plate, width * rng.uniform(0.4, 0.6), (top + bottom) / 2, height * rng.uniform(0.2, 0.55), ink)
    characters(rng, plate, [text], (width * 0.05, top, width * 0.95, bottom), vary(rng, ink, 12))
    for _ in range(rng.integers(0, 4)):  # registration stickers
        x, y = pick(rng, [0.03, 0.84]) * width, pick(rng, [0.04, 0.74]) * height
        cv2.rectangle(
            plate,
            (int(x), int(y)),
            (int(x + width * 0.13), int(y + height * 0.2)),
            bgr(vary(rng, pick(rng, [RED, YELLOW, GREEN, BLUE, (60, 120, 250)]), 30)),
            -1,
        )
    return plate


def characters(rng, plate, lines, area, ink):
    """Writes the lines into area (x0, y0, x1, y1), with the light edge and the dark one of stamped metal."""
    left, top, right, bottom = area
    face = pick(rng, PLATE_FONTS)
    step = (bottom - top) / len(lines)
    emboss = rng.uniform(0, 0.5) if rng.random() < 0.7 else 0
    for i, line in enumerate(lines):
        tall = step * rng.uniform(0.78, 0.95)
        wide = min(right - left, tall * len(line) * rng.uniform(0.52, 0.72))
        wide = (right - left) * rng.uniform(0.8, 1.0) if rng.random() < 0.5 else wide
        x, y = left + (right - left - wide) / 2, top + step * i + (step - tall) / 2
        mask = text_mask(line, face, wide, tall)
        if emboss:
            blend(plate, mask * emboss, x + 1, y + 1.5, BLACK)
            blend(plate, mask * emboss, x - 1, y - 1.5, (255, 255, 255))
        blend(plate, mask * float(rng.uniform(0.85, 1)), x, y, ink)


def band_of(rng, plate, kind, ink):
    """The strip beside or above the characters. Returns the area that is left for them, as parts of the plate."""
    height, width = plate.shape[:2]
    area = [0.03, 0.1, 0.97, 0.9]
    if kind == "maybe":
        kind = pick(rng, ["left", "", ""])
    if kind == "left":
        wide = int(max(0.09 * width, 0.11 * height)) if rng.random() < 0.85 else 0
        plate[:, :wide] = vary(rng, (150, 60, 10), 15)
        if wide:
            cv2.circle(plate, (wide // 2, height // 3), max(wide // 3, 1), (40.0, 200.0, 230.0), 1)
            blend(
                plate,
                text_mask(pick(rng, ["D", "F", "I", "NL", "PL", "E", "GB", "CZ"]), LIBERATION % "-Bold", wide * 0.5, height * 0.2),
                wide * 0.25,
                height * 0.65,
                WHITE,
            )
        area[0] = wide / width + 0.03
    elif kind == "right":
        wide = int(width * rng.uniform(0.15, 0.26))
        cv2.line(plate, (width - wide, 0), (width - wide, height), bgr(ink), 1)
        blend(
            plate, text_mask(pattern(rng, "00"), pick(rng, PLATE_FONTS), wide * 0.7, height * 0.42), width - wide * 0.85, height * 0.12, ink
        )
        blend(plate, text_mask("RUS", LIBERATION % "-Bold", wide * 0.6, height * 0.15), width - wide * 0.8, height * 0.7, ink)
        area[2] = 1 - wide / width - 0.03
    elif kind == "blue_top":
        tall = int(height * rng.uniform(0.2, 0.28))
        plate[:tall] = vary(rng, (150, 60, 10), 15)
        blend(
            plate,
            text_mask(pick(rng, ["BRASIL", "ARGENTINA", "URUGUAY"]), LIBERATION % "-Bold", width * 0.25, tall * 0.6),
            width * 0.37,
            tall * 0.2,
            WHITE,
        )
        area[1] = tall / height + 0.04
    elif kind == "name":
        if rng.random() < 0.85:
            wide = rng.uniform(0.3, 0.6)
            blend(
                plate,
                text_mask(
                    pick(rng, ["SP - SAO PAULO", "RJ-RIO", "MG - BELO", "VICTORIA", "NSW", "JALISCO", "PR CURITIBA"]),
                    LIBERATION % "-Bold",
                    width * wide,
                    height * 0.14,
                ),
                width * (1 - wide) / 2,
                height * 0.08,
                ink,
            )
            area[1] = 0.26
    return area


def draw_plate(rng, width=240, style=None):
    """One plate as float BGR pixels and its style's name."""
    style = style or NAMES[rng.choice(len(NAMES), p=WEIGHTS)]
    _, aspects, colours, grammars, band = STYLES[style]
    height = int(width / rng.uniform(*aspects))
    if style == "us":
        plate, ink = us_plate(rng, width, height), (90, 80, 80)
    else:
        ground, ink = pick(rng, colours)
        ink = vary(rng, ink, 10)
        plate = np.empty((height, width, 3), np.float32)
        plate[:] = vary(rng, ground)
        left, top, right, bottom = band_of(rng, plate, band, ink)
        text = pattern(rng, pick(rng, grammars)).split("|")[0]
        characters(rng, plate, text.split("/"), (left * width, top * height, right * width, bottom * height), ink)
    if rng.random() < 0.6:
        cv2.rectangle(plate, (2, 2), (width - 3, height - 3), bgr(vary(rng, ink, 30)), int(rng.integers(1, 4)))
    for _ in range(rng.integers(0, 3)):
        x = pick(rng, [0.12, 0.25, 0.5, 0.75, 0.88])
        for y in [0.07, 0.93] if rng.random() < 0.5 else [0.07]:
            cv2.circle(plate, (int(x * width), int(y * height)), max(2, height // 28), bgr(vary(rng, (90, 95, 100), 40)), -1)
    return wear(rng, frame(rng, plate)), style


def frame(rng, plate):
    """Covers the edge with a dealer's frame, sometimes with his name."""
    if rng.random() > 0.3:
        return plate
    height, width = plate.shape[:2]
    colour = bgr(vary(rng, pick(rng, [BLACK, BLACK, GREY, (150, 150, 155), BLUE]), 15))
    side, top, bottom = (int(height * rng.uniform(low, high)) for low, high in ((0.02, 0.06), (0.03, 0.14), (0.03, 0.16)))
    cv2.rectangle(plate, (0, 0), (width, top), colour, -1)
    cv2.rectangle(plate, (0, height - bottom), (width, height), colour, -1)
    cv2.rectangle(plate, (0, 0), (side, height), colour, -1)
    cv2.rectangle(plate, (width - side, 0), (width, height), colour, -1)
    if bottom > 12:
        words = pick(rng, ["AUTOHAUS SCHMID", "Miller Motors", "UNIVERSITY", "ALUMNI", "www.cars.example", "CITY FORD", "COUNTY TOYOTA"])
        blend(
            plate,
            text_mask(words, pick(rng, NAME_FONTS), width * rng.uniform(0.4, 0.8), bottom * 0.6),
            width * 0.15,
            height - bottom * 0.8,
            vary(rng, WHITE if sum(colour) < 350 else BLACK),
        )
    return plate


def shade(rng, plate):
    """The shadow of the lid or of the recess's edge falls on the upper part, or everything but a corner lies in it."""
    height, width = plate.shape[:2]
    edge = height * rng.uniform(0.1, 0.8)
    lean = height * rng.normal(0, 0.25)
    points = np.array([(-1, -1), (width, -1), (width, edge + lean), (-1, edge - lean)], np.int32)
    mask = np.zeros((height, width), np.float32)
    cv2.fillPoly(mask, [points], 1.0)
    if rng.random() < 0.2:
        mask = 1 - mask
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.6, 8)))
    plate *= 1 - mask[..., None] * np.float32(rng.uniform(0.2, 0.65))


def wear(rng, plate):
    """Dirt, scratches, dents' shading, fading."""
    height, width = plate.shape[:2]
    if rng.random() < 0.4:
        blotches = cv2.resize(
            rng.random((rng.integers(2, 7), rng.integers(3, 10)), np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        amount = np.clip(blotches - rng.uniform(0.3, 0.8), 0, 1)[..., None] * rng.uniform(0.3, 1.2)
        plate += (vary(rng, (90, 105, 120), 25) - plate) * np.clip(amount, 0, 1)
    if rng.random() < 0.3:
        fade = rng.uniform(0.3, 0.9)
        plate[:] = plate * fade + plate.mean(axis=(0, 1)) * (1 - fade)
    if rng.random() < 0.35:
        shade(rng, plate)
    return np.clip(plate, 0, 255)
