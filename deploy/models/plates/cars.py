"""Draws rears and fronts of cars, vans, pickups and lorries as textured boxes in perspective, with or without a plate.

Coordinates of a car in metres: x to the right, y up from the road, z away from its visible end. Every part is a flat four-sided
panel with a drawn texture; panels that face away are left out, the others are painted from back to front.
"""
import math

import cv2
import numpy as np

from plates import BLACK, NAME_FONTS, RED, WHITE, bgr, blend, pick, text_mask, vary

PAINTS = [
    (235, 235, 232),
    (235, 235, 232),
    (228, 228, 225),
    (205, 205, 202),
    (190, 190, 188),
    (175, 172, 165),
    (120, 118, 115),
    (70, 68, 66),
    (35, 33, 32),
    (30, 28, 28),
    (40, 30, 130),
    (35, 30, 165),
    (110, 60, 30),
    (90, 50, 40),
    (150, 110, 70),
    (60, 80, 50),
    (120, 150, 165),
    (60, 90, 120),
    (40, 150, 210),
    (40, 110, 220),
]
PLATE_METRES = {
    "us": 0.305,
    "jp": 0.33,
    "mx": 0.3,
    "moto": 0.2,
    "eu_two": 0.3,
    "br": 0.4,
    "mercosul": 0.4,
    "au": 0.372,
    "cn": 0.44,
    "asia": 0.34,
    "gulf": 0.42,
}


class Camera:
    def __init__(self, focal, centre, height, pitch, roll):
        self.focal, self.centre, self.height = focal, centre, height
        self.pitch, self.roll = pitch, roll

    def project(self, points):
        """World points (n, 3) to pixels (n, 2)."""
        points = np.asarray(points, np.float64) - (0, self.height, 0)
        cos, sin = math.cos(self.pitch), math.sin(self.pitch)
        y, z = points[:, 1] * cos + points[:, 2] * sin, -points[:, 1] * sin + points[:, 2] * cos
        z = np.maximum(z, 0.05)
        u, v = self.focal * points[:, 0] / z, -self.focal * y / z
        cos, sin = math.cos(self.roll), math.sin(self.roll)
        return np.stack([self.centre[0] + u * cos - v * sin, self.centre[1] + u * sin + v * cos], 1).astype(np.float32)


def paste(picture, texture, corners, alpha=None):
    """Warps the texture onto the quadrilateral (top left, top right, bottom right, bottom left)."""
    height, width = picture.shape[:2]
    low = np.floor(corners.min(0)).astype(int) - 1
    high = np.ceil(corners.max(0)).astype(int) + 2
    x0, y0, x1, y1 = max(low[0], 0), max(low[1], 0), min(high[0], width), min(high[1], height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    tall, wide = texture.shape[:2]
    # A texture much finer than its place would alias.
    shrink = max(wide / max(np.linalg.norm(corners[1] - corners[0]), 1), 1)
    if shrink > 1.6:
        size = (max(int(wide / shrink * 1.3), 4), max(int(tall / shrink * 1.3), 4))
        texture = cv2.resize(texture, size, interpolation=cv2.INTER_AREA)
        alpha = None if alpha is None else cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        tall, wide = texture.shape[:2]
    source = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, (corners - (x0, y0)).astype(np.float32))
    size = (x1 - x0, y1 - y0)
    warped = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.ones((tall, wide), np.float32) if alpha is None else alpha.astype(np.float32)
    mask = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR)[..., None]
    area = picture[y0:y1, x0:x1]
    area += (warped - area) * mask


def faces_us(corners):
    a, b, c = corners[0], corners[1], corners[2]
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0


def shaded(rng, colour, width, height, light=None):
    """A painted panel: lighter above, creases, reflections of what stands around."""
    panel = np.empty((height, width, 3), np.float32)
    light = light if light is not None else rng.uniform(0.75, 1.1)
    ramp = np.interp(np.linspace(0, 1, height), np.sort(rng.random(4)), light * rng.uniform(0.75, 1.2, 4)).astype(np.float32)
    panel[:] = np.asarray(colour, np.float32) * ramp[:, None, None]
    gloss = cv2.resize(rng.random((rng.integers(2, 8), rng.integers(2, 6)), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    panel += ((gloss - 0.5) * rng.uniform(0, 50))[..., None]
    for _ in range(rng.integers(0, 5)):
        y = int(rng.uniform(0, height))
        cv2.line(
            panel,
            (0, y),
            (width, int(y + rng.normal(0, 3))),
            bgr(panel[min(y, height - 1), 0] * rng.uniform(0.5, 1.3)),
            int(rng.integers(1, 4)),
        )
    return panel


def glass(rng, width, height):
    pane = np.empty((height, width, 3), np.float32)
    top, bottom = rng.uniform(20, 190), rng.uniform(10, 90)
    pane[:] = np.linspace(top, bottom, height, dtype=np.float32)[:, None, None] * np.array([1.05, 1.0, 0.95], np.float32)
    gloss = cv2.resize(rng.random((3, 4), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    pane += ((gloss - 0.5) * rng.uniform(0, 90))[..., None]
    if rng.random() < 0.4:  # heads and head rests
        for _ in range(2):
            cv2.ellipse(
                pane,
                (int(rng.uniform(0.15, 0.85) * width), int(height * 0.9)),
                (width // 12, height // 3),
                0,
                0,
                360,
                (15.0, 15.0, 18.0),
                -1,
            )
    cv2.rectangle(pane, (0, 0), (width - 1, height - 1), (12.0, 12.0, 12.0), int(rng.integers(2, 8)))
    return pane


def lamp_colours(rng, lit):
    red = (30, 20, 235) if lit else (25, 20, rng.uniform(90, 190))
    return [red, red, (60, 150, 245), (225, 228, 230)]


def rear_lights(rng, panel, lit, glow):
    """Tail lamps in mirrored pairs, made of several coloured fields."""
    height, width = panel.shape[:2]
    wide, tall = rng.uniform(0.07, 0.26), rng.uniform(0.12, 0.42)
    if rng.random() < 0.3:
        wide, tall = rng.uniform(0.05, 0.09), rng.uniform(0.4, 0.8)
    top = rng.uniform(0.02, 0.3)
    cells, sideways = rng.integers(1, 4), rng.random() < 0.5
    colours = [vary(rng, pick(rng, lamp_colours(rng, lit)), 10) for _ in range(cells)]
    colours[0] = vary(rng, lamp_colours(rng, lit)[0], 10)
    slant = rng.uniform(-0.04, 0.08) * width
    for mirror in (False, True):
        for i, colour in enumerate(colours):
            x0, x1, y0, y1 = 0.0, wide, top, top + tall
            if sideways:
                x0, x1 = wide * i / cells, wide * (i + 1) / cells
            else:
                y0, y1 = top + tall * i / cells, top + tall * (i + 1) / cells
            points = np.array(
                [
                    [x0 * width, y0 * height],
                    [x1 * width, y0 * height],
                    [x1 * width + slant * (i + 1 == cells), y1 * height],
                    [x0 * width, y1 * height],
                ]
            )
            if mirror:
                points[:, 0] = width - points[:, 0]
            cv2.fillPoly(panel, [points.astype(np.int32)], bgr(colour))
            cv2.polylines(panel, [points.astype(np.int32)], True, (20.0, 20.0, 30.0), 1)
            if lit and i == 0:
                cv2.fillPoly(glow, [points.astype(np.int32)], (60.0, 50.0, 255.0))


def lamp_glass(rng, panel, x, y, wide):
    """A clear or coloured lamp in the bumper: ribs or facets behind glass, as bright as a plate and as wide."""
    tall = max(int(wide * rng.uniform(0.3, 0.7)), 4)
    wide = max(int(wide), 8)
    glassy = np.empty((tall, wide, 3), np.float32)
    glassy[:] = vary(rng, pick(rng, [(205, 208, 208), (170, 172, 170), (120, 190, 235), (60, 50, 190)]), 20)
    glassy += cv2.resize(rng.random((3, 5), np.float32), (wide, tall), interpolation=cv2.INTER_CUBIC)[..., None] * 80 - 40
    step = int(rng.integers(2, 7))
    glassy[:, ::step] *= np.float32(rng.uniform(0.5, 1))
    if rng.random() < 0.4:
        glassy[::step] *= np.float32(rng.uniform(0.5, 1))
    mask = np.zeros((tall, wide), np.float32)
    slant = rng.uniform(0, 0.35) * wide
    cv2.fillPoly(mask, [np.array([(slant, 0), (wide - 1, 0), (wide - 1 - slant * rng.uniform(0, 1), tall - 1), (0, tall - 1)], np.int32)], 1.0)
    mask = cv2.GaussianBlur(mask, (0, 0), 0.8)
    x, y = int(np.clip(x, 0, panel.shape[1] - wide)), int(np.clip(y, 0, panel.shape[0] - tall))
    cv2.rectangle(panel, (x - 2, y - 2), (x + wide + 1, y + tall + 1), bgr(vary(rng, (28, 28, 28), 10)), 2)
    area = panel[y : y + tall, x : x + wide]
    area += (glassy - area) * mask[: area.shape[0], : area.shape[1], None]


def rear_texture(rng, paint, width, height, lit):
    panel, glow = shaded(rng, paint, width, height), np.zeros((height, width, 3), np.float32)
    ink = bgr(paint * 0.45)
    bumper = int(height * rng.uniform(0.55, 0.8))
    style = rng.random()
    if style < 0.35:
        panel[bumper:] = vary(rng, (45, 45, 45), 12)
    elif style < 0.45:
        panel[bumper : int(height * 0.9)] = np.linspace(210, 110, int(height * 0.9) - bumper)[:, None, None]
    cv2.line(panel, (0, bumper), (width, bumper), ink, int(rng.integers(1, 5)))
    seam = int(width * rng.uniform(0.08, 0.28))
    for x in (seam, width - seam):
        cv2.line(panel, (x, 0), (x, bumper), ink, 1)
    rear_lights(rng, panel, lit, glow)
    if rng.random() < 0.35:  # a strip of chrome or a third of the lights across the lid
        y, colour = int(height * rng.uniform(0.05, 0.4)), vary(rng, pick(rng, [(190, 190, 190), (30, 25, 140), (40, 40, 40)]))
        cv2.rectangle(panel, (int(width * 0.2), y), (int(width * 0.8), y + int(rng.integers(4, 16))), bgr(colour), -1)
    badges(rng, panel, int(height * 0.5))
    for x in (0.06, 0.86):
        if rng.random() < 0.4:
            cv2.rectangle(
                panel, (int(x * width), int(height * 0.86)), (int((x + 0.09) * width), int(height * 0.9)), bgr(vary(rng, (30, 25, 170))), -1
            )
        elif rng.random() < 0.3:
            lamp_glass(rng, panel, x * width, height * rng.uniform(0.6, 0.85), width * rng.uniform(0.07, 0.14))
    if rng.random() < 0.3:
        panel[int(height * 0.92) :] = (18, 18, 18)
    return panel, glow


def badges(rng, panel, bottom):
    """Emblem, model names, stickers: small things with letters that are no plates."""
    height, width = panel.shape[:2]
    chrome = vary(rng, pick(rng, [(200, 200, 200), (150, 150, 150), (40, 40, 40)]))
    if rng.random() < 0.7:
        cv2.ellipse(
            panel,
            (width // 2, int(bottom * rng.uniform(0.15, 0.6))),
            (int(width * rng.uniform(0.02, 0.05)), int(width * rng.uniform(0.015, 0.04))),
            0,
            0,
            360,
            bgr(chrome),
            -1,
        )
    for _ in range(rng.integers(0, 4)):
        words = pick(rng, ["TURBO", "GL", "4x4", "XLT", "Limited", "320d", "V6", "HYBRID", "LX", "GRAND", "TDI", "Sport", "Ranger", "PIONEER", "CARAVEL"])
        blend(
            panel,
            text_mask(words, pick(rng, NAME_FONTS), width * rng.uniform(0.06, 0.2), width * rng.uniform(0.018, 0.05)),
            width * pick(rng, [0.12, 0.72, 0.3, 0.42, 0.6]),
            bottom * rng.uniform(0.1, 0.9),
            chrome,
        )
    for _ in range(rng.integers(0, 3) * (rng.random() < 0.4)):  # bumper stickers
        x, y, wide = rng.uniform(0.1, 0.8) * width, rng.uniform(0.1, 0.9) * height, rng.uniform(0.06, 0.18) * width
        tall = wide * rng.uniform(0.2, 0.8)
        cv2.rectangle(
            panel,
            (int(x), int(y)),
            (int(x + wide), int(y + tall)),
            bgr(vary(rng, pick(rng, [WHITE, (40, 190, 235), RED, (150, 70, 20), BLACK]), 30)),
            -1,
        )
        if rng.random() < 0.7:
            blend(
                panel,
                text_mask(
                    pick(rng, ["BABY ON BOARD", "PEACE", "COEXIST", "Vote", "I love NY", "26.2", "GO TEAM"]),
                    pick(rng, NAME_FONTS),
                    wide * 0.8,
                    tall * 0.5,
                ),
                x + wide * 0.1,
                y + tall * 0.25,
                vary(rng, pick(rng, [BLACK, RED, WHITE])),
            )


def front_texture(rng, paint, width, height, lit):
    panel, glow = shaded(rng, paint, width, height), np.zeros((height, width, 3), np.float32)
    top, tall, wide = rng.uniform(0.05, 0.25), rng.uniform(0.12, 0.28), rng.uniform(0.12, 0.24)
    lens = (250, 252, 255) if lit else vary(rng, (185, 185, 180), 25)
    for mirror in (False, True):
        points = np.array([[0.01, top], [wide, top + rng.uniform(0, 0.06)], [wide - 0.02, top + tall], [0.02, top + tall * 0.9]]) * (
            width,
            height,
        )
        if mirror:
            points[:, 0] = width - points[:, 0]
        cv2.fillPoly(panel, [points.astype(np.int32)], bgr(lens))
        cv2.polylines(panel, [points.astype(np.int32)], True, (30.0, 30.0, 30.0), 2)
        middle = points.mean(0).astype(int)
        cv2.circle(panel, tuple(int(v) for v in middle), int(height * tall * 0.3), (240.0, 240.0, 240.0) if lit else (90.0, 90.0, 90.0), -1)
        if lit:
            cv2.circle(glow, tuple(int(v) for v in middle), int(height * tall * 0.5), (255.0, 255.0, 255.0), -1)
    grille(rng, panel, (0.5 - rng.uniform(0.12, 0.28), rng.uniform(0.1, 0.2), rng.uniform(0.3, 0.6)))
    if rng.random() < 0.8:
        grille(rng, panel, (0.5 - rng.uniform(0.15, 0.38), rng.uniform(0.62, 0.72), rng.uniform(0.8, 0.95)))
    badges(rng, panel, int(height * 0.5))
    for x in (0.08, 0.92):
        if rng.random() < 0.5:
            cv2.circle(
                panel, (int(x * width), int(height * 0.8)), int(height * rng.uniform(0.03, 0.06)), bgr(vary(rng, (190, 190, 190))), -1
            )
        elif rng.random() < 0.4:
            lamp_glass(rng, panel, (x - 0.05) * width, height * rng.uniform(0.55, 0.8), width * rng.uniform(0.07, 0.14))
    return panel, glow


def grille(rng, panel, place):
    """(left, top, bottom) as parts of the panel; symmetric."""
    height, width = panel.shape[:2]
    x0, x1, y0, y1 = int(place[0] * width), int((1 - place[0]) * width), int(place[1] * height), int(place[2] * height)
    cv2.rectangle(panel, (x0, y0), (x1, y1), bgr(vary(rng, (25, 25, 25), 10)), -1)
    bar = bgr(vary(rng, pick(rng, [(60, 60, 60), (170, 170, 170), (90, 90, 90)])))
    kind, step = rng.integers(4), int(rng.integers(8, 26))
    if kind != 1:
        for y in range(y0, y1, step):
            cv2.line(panel, (x0, y), (x1, y), bar, int(rng.integers(1, 4)))
    if kind != 0:
        for x in range(x0, x1, step):
            cv2.line(panel, (x, y0), (x, y1), bar, int(rng.integers(1, 4)))
    if rng.random() < 0.6:
        cv2.rectangle(panel, (x0, y0), (x1, y1), bgr(vary(rng, (190, 190, 190))), int(rng.integers(1, 6)))


def side_texture(rng, paint, width, height, wheels):
    panel = shaded(rng, paint, width, height)
    alpha = np.ones((height, width), np.float32)
    sill = int(height * 0.83)
    alpha[sill:] = 0
    for x in (0.36, 0.6):
        cv2.line(panel, (int(x * width), 0), (int((x + 0.02) * width), sill), bgr(paint * 0.4), 2)
    cv2.line(panel, (0, int(height * 0.3)), (width, int(height * 0.25)), bgr(paint * rng.uniform(0.6, 1.2)), 2)
    radius = int(height * 0.33)
    for x in wheels:
        centre = (int(x * width), height - radius)
        cv2.circle(panel, centre, int(radius * 1.12), (14.0, 14.0, 14.0), -1)
        cv2.circle(panel, centre, int(radius * 0.62), bgr(vary(rng, pick(rng, [(150, 150, 150), (60, 60, 60), (190, 190, 190)]))), -1)
        for angle in range(0, 360, 60):
            tip = (
                int(centre[0] + radius * 0.6 * math.cos(math.radians(angle))),
                int(centre[1] + radius * 0.6 * math.sin(math.radians(angle))),
            )
            cv2.line(panel, centre, tip, (50.0, 50.0, 50.0), 2)
        cv2.circle(alpha, centre, radius, 1.0, -1)
    return panel, alpha


class Car:
    """Dimensions by chance; `place(x, z, yaw)` moves it, `draw` paints it."""

    def __init__(self, rng, rear=True):
        self.rng, self.rear = rng, rear
        kind = rng.choice(["sedan", "hatch", "suv", "van", "pickup", "lorry"], p=[0.34, 0.2, 0.22, 0.1, 0.09, 0.05])
        self.kind = kind
        self.width = rng.uniform(1.65, 2.0) + 0.3 * (kind == "lorry")
        self.length = rng.uniform(3.8, 5.2)
        self.low = rng.uniform(0.13, 0.25) + 0.15 * (kind in ("suv", "pickup", "lorry"))
        self.belt = {
            "sedan": rng.uniform(0.9, 1.05),
            "hatch": rng.uniform(0.88, 1.05),
            "suv": rng.uniform(1.0, 1.25),
            "van": rng.uniform(1.0, 1.35),
            "pickup": rng.uniform(1.0, 1.3),
            "lorry": rng.uniform(2.4, 3.2),
        }[kind]
        self.roof = self.belt + {"sedan": 0.45, "hatch": 0.48, "suv": 0.62, "van": 0.85, "pickup": 0.6, "lorry": 0.05}[kind] * rng.uniform(
            0.85, 1.15
        )
        deck = {"sedan": rng.uniform(0.35, 0.9), "hatch": 0.02, "suv": 0.02, "van": 0.01, "pickup": rng.uniform(1.2, 1.9), "lorry": 0.0}[
            kind
        ]
        hood = rng.uniform(0.8, 1.3) if kind != "van" else rng.uniform(0.3, 0.8)
        self.near, self.far = (deck, hood) if rear else (hood, deck)
        self.slant = rng.uniform(0.05, 0.25) if rear and kind not in ("sedan",) else rng.uniform(0.35, 0.75)
        self.tumble = rng.uniform(0.08, 0.22) if kind != "lorry" else 0.0
        self.paint = vary(rng, pick(rng, PAINTS), 14)
        self.place(0, 5, 0)

    def place(self, x, z, yaw):
        self.origin, self.yaw = np.array([x, 0, z], float), yaw
        return self

    def world(self, points):
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        points = np.asarray(points, float)
        return np.stack([points[:, 0] * cos + points[:, 2] * sin, points[:, 1], -points[:, 0] * sin + points[:, 2] * cos], 1) + self.origin

    def put(self, picture, camera, points, texture, alpha=None, always=False):
        corners = camera.project(self.world(points))
        if always or faces_us(corners):
            paste(picture, texture, corners, alpha)

    def draw(self, picture, camera, plate, lit=False):
        """Paints the car. `plate` is None or (pixels, style); returns the plate's corners and the panel of glowing lamps with its corners."""
        rng, half, belt, roof, low, length = self.rng, self.width / 2, self.belt, self.roof, self.low, self.length
        top = half - self.tumble
        back = min(self.near + self.slant, length * 0.6)
        front = max(length - self.far - 0.4, back + 0.3)
        self.shadow(picture, camera)
        under = np.full((8, 8, 3), 16, np.float32)
        self.put(
            picture, camera, [(-half, low + 0.1, 0.15), (half, low + 0.1, 0.15), (half, 0, 0.15), (-half, 0, 0.15)], under, always=True
        )
        for x in (-half + 0.03, half - 0.28):
            self.put(
                picture, camera, [(x, 0.55, 0.12), (x + 0.25, 0.55, 0.12), (x + 0.25, 0, 0.12), (x, 0, 0.12)], under * 1.6, always=True
            )
        side, alpha = side_texture(rng, self.paint * rng.uniform(0.6, 1), 480, int(480 * belt / length), (0.19, 0.81))
        pane = glass(rng, 200, 80)
        for x, tops in ((-half, -top), (half, top)):
            lower = [(x, belt, 0), (x, belt, length), (x, 0, length), (x, 0, 0)]
            upper = [(tops, roof, back), (tops, roof, front), (x, belt, length - self.far), (x, belt, self.near)]
            if x < 0:
                lower, upper = [lower[i] for i in (1, 0, 3, 2)], [upper[i] for i in (1, 0, 3, 2)]
                side, alpha = side[:, ::-1], alpha[:, ::-1]
            self.put(picture, camera, lower, np.ascontiguousarray(side), np.ascontiguousarray(alpha))
            self.put(picture, camera, upper, np.ascontiguousarray(pane))
        lid = shaded(rng, np.minimum(self.paint * rng.uniform(0.95, 1.3) + 15, 255), 60, 40)
        self.put(picture, camera, [(-top, roof, front), (top, roof, front), (top, roof, back), (-top, roof, back)], lid)
        if self.kind != "lorry":
            self.put(picture, camera, [(-half, belt, self.near), (half, belt, self.near), (half, belt, 0), (-half, belt, 0)], lid)
            window = glass(rng, 220, 90)
            edge = int(rng.integers(3, 16))
            window[:, :edge] = window[:, -edge:] = self.paint
            window[: edge // 2 + 1] = self.paint
            self.put(picture, camera, [(-top, roof, back), (top, roof, back), (half, belt, self.near), (-half, belt, self.near)], window)
        return self.draw_end(picture, camera, plate, lit)

    def draw_end(self, picture, camera, plate, lit):
        rng, half = self.rng, self.width / 2
        tall = max(int(360 * (self.belt - self.low) / self.width), 40)
        face, glow = (rear_texture if self.rear else front_texture)(rng, self.paint, 360, tall, lit)
        end = [(-half, self.belt, 0), (half, self.belt, 0), (half, self.low, 0), (-half, self.low, 0)]
        plate_quad = None
        if plate is not None or rng.random() < 0.5:
            pixels, style = plate or (np.zeros((50, 100, 3), np.float32), "us")
            wide = PLATE_METRES.get(style, 0.52)
            plate_quad = self.mount(face, wide, wide * pixels.shape[0] / pixels.shape[1])
        self.put(picture, camera, end, face, rounded(rng, face.shape), always=True)
        lamps = (glow, camera.project(self.world(end))) if lit else None
        if plate is None:
            return None, lamps
        corners = camera.project(self.world(plate_quad))
        paste(picture, plate[0], corners)
        return corners, lamps

    def mount(self, face, wide, tall):
        """Chooses where the plate is and paints its recess, lamp and shadow into the end panel. Returns the plate's corners in metres."""
        rng = self.rng
        scale = face.shape[1] / self.width
        space = self.belt - self.low
        x = pick(rng, [0] * 8 + [-0.3, 0.3]) * (self.kind in ("van", "lorry", "suv", "pickup") or rng.random() < 0.3)
        y = self.low + space * (rng.uniform(0.35, 0.75) if self.rear and rng.random() < 0.65 else rng.uniform(0.12, 0.35))
        if self.kind == "lorry":
            y = self.low + rng.uniform(0.15, 0.4)
        y = np.clip(y, self.low + tall / 2 + 0.02, self.belt - tall / 2 - 0.02)
        grow_x, grow_y = rng.uniform(1.05, 2.0), rng.uniform(1.1, 1.9)
        middle = ((x + self.width / 2) * scale, (self.belt - y) * scale)
        box = [
            int(v)
            for v in (
                middle[0] - wide * grow_x / 2 * scale,
                middle[1] - tall * grow_y / 2 * scale,
                middle[0] + wide * grow_x / 2 * scale,
                middle[1] + tall * grow_y / 2 * scale,
            )
        ]
        if rng.random() < 0.6:
            cv2.rectangle(
                face, box[:2], box[2:], bgr(self.paint * rng.uniform(0.35, 0.9) if rng.random() < 0.6 else vary(rng, (30, 30, 30), 10)), -1
            )
            if rng.random() < 0.5:
                cv2.rectangle(face, (box[0], box[1]), (box[2], box[1] + 4), bgr(vary(rng, pick(rng, [(200, 200, 200), (25, 25, 25)]))), -1)
        z = -0.02
        tilt = rng.uniform(-0.02, 0.02)
        turn = rng.normal(0, 0.006)
        return [
            (x - wide / 2, y + tall / 2 + turn, z + tilt),
            (x + wide / 2, y + tall / 2 - turn, z + tilt),
            (x + wide / 2, y - tall / 2 - turn, z - tilt),
            (x - wide / 2, y - tall / 2 + turn, z - tilt),
        ]

    def shadow(self, picture, camera):
        half, grow = self.width / 2 + 0.15, self.rng.uniform(0.1, 0.9)
        shift = self.rng.uniform(-0.8, 0.8)
        points = camera.project(
            self.world(
                [
                    (-half + min(shift, 0), 0, -grow * 0.5),
                    (half + max(shift, 0), 0, -grow * 0.5),
                    (half + max(shift, 0), 0, self.length),
                    (-half + min(shift, 0), 0, self.length),
                ]
            )
        )
        mask = np.zeros(picture.shape[:2], np.float32)
        cv2.fillPoly(mask, [np.clip(points, -4000, 4000).astype(np.int32)], 1.0)
        mask = cv2.blur(mask, (9, 9)) * float(self.rng.uniform(0.3, 0.8))
        picture *= (1 - mask)[..., None]


def rounded(rng, shape):
    """The outline of an end panel: round corners, narrower below."""
    mask = np.zeros(shape[:2], np.float32)
    edge = int(rng.uniform(0.02, 0.12) * shape[0])
    cv2.rectangle(mask, (edge, edge // 2), (shape[1] - edge - 1, shape[0] - edge - 1), 1.0, -1)
    return np.minimum(cv2.blur(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * edge + 1, edge + 1 | 1))), (3, 3)), 1)


def random_car(rng):
    return Car(rng, rear=rng.random() < 0.7)
