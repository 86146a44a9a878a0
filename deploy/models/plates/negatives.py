"""Draws what looks like a plate and is none: text, tables, windows of programs, buttons, signs, labels, bar codes, vents, numbers."""
import math

import cv2
import numpy as np

from cars import paste
from plates import BLACK, NAME_FONTS, PLATE_FONTS, RED, WHITE, YELLOW, bgr, blend, pattern, pick, text_mask, vary

WORDS = (
    "open file edit view help cancel apply the of and to in a is that for on with as was he be at by this from which total amount date name "
    "address number invoice page figure section table value error warning system network server result please contact report"
).split()
TEXT_FONTS = NAME_FONTS + [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
]


def words(rng, count):
    text = " ".join(pick(rng, WORDS) for _ in range(max(count, 1)))
    kind = rng.random()
    return text.upper() if kind < 0.15 else text.title() if kind < 0.4 else text


def rectangle(picture, x, y, wide, tall, colour, thick=-1):
    cv2.rectangle(picture, (int(x), int(y)), (int(x + wide), int(y + tall)), bgr(colour), thick)


def write(rng, picture, text, x, y, tall, ink, face=None, wide_max=1e9):
    face = face or pick(rng, TEXT_FONTS)
    wide = min(len(text) * tall * rng.uniform(0.42, 0.62), wide_max)
    blend(picture, text_mask(text, face, wide, tall, 32), x, y, ink)
    return wide


def paper(rng, side):
    picture = np.empty((side, side, 3), np.float32)
    dark = rng.random() < 0.15
    picture[:] = (
        vary(rng, pick(rng, [(250, 250, 250), (250, 250, 250), (215, 232, 240), (235, 235, 235)]), 6)
        if not dark
        else vary(rng, (40, 35, 30), 15)
    )
    ink = vary(rng, (215, 215, 215) if dark else (25, 22, 20), 15)
    return picture, ink


def document(rng, side):
    """A page or a form: lines of text, headings, tables, boxes, stamps."""
    picture, ink = paper(rng, side)
    tall, face = rng.uniform(4, 22), pick(rng, TEXT_FONTS)
    left, y = rng.uniform(-40, 60), rng.uniform(-20, 40)
    while y < side:
        kind = rng.random()
        if kind < 0.62:
            for _ in range(rng.integers(2, 12)):
                write(rng, picture, words(rng, int(rng.integers(3, 11))), left + rng.choice([0, 0, tall * 2]), y, tall, ink, face)
                y += tall * 1.55
        elif kind < 0.74:
            big = tall * rng.uniform(1.3, 3.5)
            write(rng, picture, words(rng, int(rng.integers(1, 4))), left + rng.uniform(0, 100), y, big, vary(rng, ink, 40))
            y += big * 1.5
        elif kind < 0.86:
            y = table(rng, picture, left, y, tall, ink)
        else:
            y = boxes(rng, picture, left, y, tall, ink)
        y += tall * rng.uniform(0.5, 3)
    return turned(rng, picture) if rng.random() < 0.25 else picture


def table(rng, picture, left, y, tall, ink):
    columns, rows = int(rng.integers(2, 7)), int(rng.integers(2, 9))
    wide, step = rng.uniform(40, 130), tall * rng.uniform(1.6, 2.6)
    head = vary(rng, pick(rng, [(200, 200, 200), (200, 130, 60), (90, 90, 90), (180, 220, 190)]))
    for row in range(rows):
        for column in range(columns):
            x = left + column * wide
            if row == 0 or rng.random() < 0.05:
                rectangle(picture, x, y, wide, step, head)
            rectangle(picture, x, y, wide, step, ink, 1)
            text = (
                words(rng, 1) if rng.random() < 0.5 else pattern(rng, pick(rng, ["000", "0.00", "AA-000", "0000-00", "AAA 000", "$ 00.00"]))
            )
            write(rng, picture, text, x + 4, y + (step - tall) / 2, tall, ink, wide_max=wide - 8)
        y += step
    return y


def boxes(rng, picture, left, y, tall, ink):
    """Framed words, as in diagrams and forms: the nearest thing to a plate on paper."""
    for _ in range(rng.integers(1, 5)):
        x, big = left + rng.uniform(0, 300), tall * rng.uniform(1, 3)
        text = (
            words(rng, int(rng.integers(1, 3)))
            if rng.random() < 0.6
            else pattern(rng, pick(rng, ["AAA 000", "AA 0000", "A-000", "0000", "AAA-0000"]))
        )
        wide = len(text) * big * 0.55
        if rng.random() < 0.5:
            rectangle(
                picture,
                x - big * 0.5,
                y - big * 0.4,
                wide + big,
                big * 1.8,
                vary(rng, pick(rng, [WHITE, YELLOW, (200, 220, 250), (230, 200, 170), (60, 60, 60)])),
            )
        rectangle(picture, x - big * 0.5, y - big * 0.4, wide + big, big * 1.8, ink, int(rng.integers(1, 4)))
        write(rng, picture, text, x, y, big, ink, wide_max=wide)
        if rng.random() < 0.4:
            cv2.line(picture, (int(x), int(y + big * 1.4)), (int(x + rng.normal(0, 80)), int(y + big * rng.uniform(2, 6))), bgr(ink), 1)
        y += big * rng.uniform(0.3, 3)
    return y + tall * 2


def turned(rng, picture):
    side = picture.shape[0]
    matrix = cv2.getRotationMatrix2D(
        (side / 2, side / 2), float(rng.choice([90, -90, 180, rng.normal(0, 8)])), float(rng.uniform(0.6, 1.2))
    )
    return cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_CONSTANT, borderValue=bgr(rng.uniform(20, 200, 3)))


def screen(rng, side):
    """Windows with title bars, menus, buttons, fields, lists and icons."""
    picture = np.empty((side, side, 3), np.float32)
    picture[:] = vary(rng, pick(rng, [(120, 70, 30), (60, 50, 45), (200, 200, 200), (90, 40, 60), (110, 110, 60)]))
    if rng.random() < 0.5:
        picture += np.linspace(-40, 60, side, dtype=np.float32)[None, :, None] * rng.uniform(-1, 1)
    for _ in range(rng.integers(1, 4)):
        dark = rng.random() < 0.35
        ground, ink = (vary(rng, (50, 48, 46), 8), (225, 225, 225)) if dark else (vary(rng, (236, 236, 236), 8), (40, 40, 40))
        x, y, wide, tall = rng.uniform(-60, 200), rng.uniform(-40, 200), rng.uniform(150, 440), rng.uniform(120, 400)
        line = rng.uniform(6, 14)
        rectangle(picture, x, y, wide, tall, ground)
        rectangle(picture, x, y, wide, tall, vary(rng, (110, 110, 110)), 1)
        rectangle(picture, x, y, wide, line * 2, vary(rng, pick(rng, [(200, 120, 50), (70, 70, 70), (210, 210, 210)])))
        write(rng, picture, words(rng, 3), x + wide * 0.3, y + line * 0.5, line, WHITE if dark else BLACK)
        at = y + line * 3
        while at < y + tall - line * 2:
            widgets(rng, picture, x + line, at, wide - 2 * line, line, ground, ink)
            at += line * rng.uniform(1.8, 3.2)
    return picture


def widgets(rng, picture, x, y, wide, line, ground, ink):
    kind = rng.integers(6)
    if kind == 0:
        write(rng, picture, words(rng, int(rng.integers(1, 7))), x, y, line, ink, wide_max=wide)
    elif kind in (1, 2):  # buttons
        at = x
        while at < x + wide * rng.uniform(0.4, 1) - line * 6:
            text = words(rng, 1)
            size = line * rng.uniform(4, 9)
            rectangle(
                picture,
                at,
                y - line * 0.4,
                size,
                line * 1.8,
                vary(rng, pick(rng, [ground * 0.93, ground * 1.05, (200, 120, 50), (80, 160, 80), (60, 60, 210)]), 8),
            )
            rectangle(picture, at, y - line * 0.4, size, line * 1.8, ground * 0.65, 1)
            write(rng, picture, text, at + line, y, line, ink, wide_max=size - 2 * line)
            at += size + line
    elif kind == 3:  # a field with its name
        write(rng, picture, words(rng, 1), x, y, line, ink, wide_max=wide * 0.3)
        rectangle(picture, x + wide * 0.35, y - line * 0.4, wide * 0.6, line * 1.8, (252, 252, 252))
        rectangle(picture, x + wide * 0.35, y - line * 0.4, wide * 0.6, line * 1.8, (150, 150, 150), 1)
        write(
            rng,
            picture,
            pattern(rng, pick(rng, ["000", "AAA 000", "0000", "00.0"])) if rng.random() < 0.5 else words(rng, 2),
            x + wide * 0.37,
            y,
            line,
            BLACK,
            wide_max=wide * 0.5,
        )
    elif kind == 4:  # icons
        for i in range(int(wide / (line * 3))):
            rectangle(picture, x + i * line * 3, y - line * 0.5, line * 2, line * 2, rng.uniform(30, 240, 3))
    else:
        rectangle(picture, x, y - line * 0.3, wide, line * 1.5, pick(rng, [(200, 120, 50), (200, 200, 200), (90, 90, 90)]))
        write(rng, picture, words(rng, 4), x + line, y, line, ink, wide_max=wide * 0.8)


def kerb(rng, picture, horizon):
    """Painted blocks along a road: kerb stones, wheel stops, reflectors; worn, ribbed, without any sign on them."""
    height, width = picture.shape[:2]
    paint = vary(rng, pick(rng, [(110, 200, 225), (90, 180, 215), (225, 225, 222), (50, 50, 190), (150, 150, 150)]), 18)
    wide = math.exp(rng.uniform(math.log(20), math.log(160)))
    y = rng.uniform(min(horizon + 4, height - 2), height)
    x, step = rng.uniform(-wide, wide), wide * rng.uniform(1.3, 4)
    while x < width:
        tall = wide * rng.uniform(0.2, 0.4)
        block = np.empty((max(int(tall), 4), max(int(wide), 8), 3), np.float32)
        block[:] = paint * rng.uniform(0.8, 1.1)
        block += cv2.resize(rng.random((3, 9), np.float32), block.shape[1::-1], interpolation=cv2.INTER_CUBIC)[..., None] * 70 - 45
        slant = wide * rng.uniform(0, 0.2)
        corners = np.array([[x + slant, y], [x + wide - slant, y], [x + wide, y + tall], [x, y + tall]]) + rng.normal(0, 1, (4, 2))
        paste(picture, block, corners.astype(np.float32))
        x += step


def sign(rng, picture, wide):
    """A board with letters: street name, shop, warning, poster; sometimes on a post."""
    height, width = picture.shape[:2]
    wide = max(wide, 12)
    tall = max(int(wide * rng.choice([0.18, 0.25, 0.35, 0.5, 0.75, 1.2])), 5)
    board = np.empty((tall * 2, wide * 2, 3), np.float32)
    ground = pick(rng, [WHITE, WHITE, (70, 120, 30), (140, 70, 20), RED, YELLOW, (30, 130, 240), BLACK, (70, 90, 120), (180, 180, 180)])
    board[:] = vary(rng, ground, 20)
    ink = vary(rng, WHITE if sum(ground) < 400 else pick(rng, [BLACK, RED, (140, 60, 20)]), 15)
    lines = 1 if tall < wide * 0.4 else int(rng.integers(1, 5))
    for i in range(lines):
        text = (
            words(rng, int(rng.integers(1, 3))).upper()
            if rng.random() < 0.7
            else pattern(rng, pick(rng, ["000", "A 00", "00 km", "AAA", "0-00", "AAA 000"]))
        )
        step = tall * 2 / lines
        size = min(wide * 1.8, step * 0.45 * len(text))
        blend(
            board,
            text_mask(text, pick(rng, NAME_FONTS + PLATE_FONTS), size, step * rng.uniform(0.4, 0.8), 32),
            wide - size / 2,
            step * (i + 0.15),
            ink,
        )
    if rng.random() < 0.6:
        cv2.rectangle(board, (2, 2), (wide * 2 - 3, tall * 2 - 3), bgr(ink), int(rng.integers(1, 5)))
    x, y = rng.uniform(0, max(width - wide, 1)), rng.uniform(0, max(height - tall, 1))
    if rng.random() < 0.35:
        rectangle(picture, x + wide * 0.47, y, max(wide * 0.04, 1), height, (90, 95, 100))
    put(rng, picture, board, x, y, wide, tall)


def put(rng, picture, board, x, y, wide, tall):
    """The board at (x, y), slightly turned and tilted."""
    lean = rng.normal(0, 0.06, (4, 2)) * (wide, tall)
    corners = np.array([[x, y], [x + wide, y], [x + wide, y + tall], [x, y + tall]]) + lean
    paste(picture, board, corners.astype(np.float32))


def thing(rng, picture):
    """Something that plates are mistaken for."""
    side = picture.shape[0]
    wide = int(math.exp(rng.uniform(math.log(18), math.log(220))))
    kind = rng.integers(7)
    if kind <= 2:
        return sign(rng, picture, wide)
    board = np.empty((max(wide // 2, 8), max(wide, 8), 3), np.float32)
    board[:] = vary(rng, pick(rng, [WHITE, BLACK, (160, 160, 160), RED, (150, 90, 40), (120, 140, 160)]), 25)
    height, width = board.shape[:2]
    ink = vary(rng, BLACK if board.mean() > 120 else WHITE, 20)
    if kind == 3:  # vents, grilles, keys, windows
        step = int(rng.integers(3, 14))
        for y in range(0, height, step):
            cv2.line(board, (0, y), (width, y), bgr(ink), max(step // 3, 1))
        for x in range(0, width, step * int(rng.integers(1, 4))) if rng.random() < 0.5 else ():
            cv2.line(board, (x, 0), (x, height), bgr(ink), max(step // 3, 1))
    elif kind == 4:  # bar code
        for x in range(4, width - 4):
            if rng.random() < 0.45:
                cv2.line(board, (x, 3), (x, int(height * 0.8)), bgr(ink), 1)
    elif kind == 5:  # numbers on shirts, doors, machines
        blend(
            board,
            text_mask(pattern(rng, pick(rng, ["0", "00", "000", "A0", "AAA"])), pick(rng, NAME_FONTS), width * 0.5, height * 0.8, 32),
            width * 0.25,
            height * 0.1,
            ink,
        )
    else:  # a plain panel with a frame, a phone, a lamp
        cv2.rectangle(board, (1, 1), (width - 2, height - 2), bgr(ink), int(rng.integers(1, 6)))
    put(rng, picture, board, rng.uniform(-0.1, 0.9) * side, rng.uniform(-0.1, 0.9) * side, wide, wide * rng.uniform(0.2, 1.1))
