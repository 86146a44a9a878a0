"""Composes pictures: cars with plates on roads, and pictures without any plate (the hard negatives). See `scene`."""
import math

import cv2
import numpy as np

import negatives
from cars import Camera, paste, random_car
from plates import BLACK, NAME_FONTS, WHITE, bgr, blend, draw_plate, pick, text_mask, vary

SIDE = 448  # pixels of a scene; the network is trained on crops of it


class Art:
    """The file that art.py made; without one everything is drawn."""

    def __init__(self, path=None):
        stored = np.load(path) if path else {}
        self.bytes = {kind: stored[kind] for kind in ("photo", "page", "clip") if kind in stored}
        self.ends = {kind: stored[kind + "_ends"] for kind in self.bytes}

    def picture(self, rng, kind):
        """A picture of this kind, or None when there is none. Clips have four channels."""
        if not len(self.ends.get(kind, ())):
            return None
        i = rng.integers(len(self.ends[kind]))
        first = self.ends[kind][i - 1] if i else 0
        return cv2.imdecode(self.bytes[kind][first : self.ends[kind][i]], cv2.IMREAD_UNCHANGED if kind == "clip" else cv2.IMREAD_COLOR)


def noise(rng, height, width, cells, low=0.0, high=1.0):
    """Smooth random values: `cells` across."""
    small = rng.random((max(int(cells * height / width), 2), max(int(cells), 2)), np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) * (high - low) + low


def cropped(rng, source, side=SIDE, zoom=(0.7, 2.2)):
    """A square part of the picture, resized so that its longer side is zoom times `side`."""
    scale = side * rng.uniform(*zoom) / max(source.shape[:2])
    scale = max(scale, side / min(source.shape[:2]))
    source = cv2.resize(source, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    y, x = (int(rng.integers(0, max(length - side, 0) + 1)) for length in source.shape[:2])
    part = source[y : y + side, x : x + side].astype(np.float32)
    if part.shape[:2] != (side, side):
        part = cv2.resize(part, (side, side))
    return part[:, ::-1].copy() if rng.random() < 0.5 else part


def ground(rng, picture, camera, horizon):
    """Asphalt, concrete or grass with marks, cracks and shadows, seen in perspective."""
    tile_side = 512
    tile = np.empty((tile_side, tile_side, 3), np.float32)
    tile[:] = vary(rng, pick(rng, [(120, 118, 116), (85, 84, 82), (155, 155, 152), (175, 180, 182), (100, 112, 118), (60, 105, 85)]), 10)
    tile += ((noise(rng, tile_side, tile_side, 12) - 0.5) * rng.uniform(5, 50) + rng.normal(0, rng.uniform(2, 16), (tile_side, tile_side)))[
        ..., None
    ]
    for _ in range(rng.integers(0, 6)):  # cracks and joints
        points = np.cumsum(rng.normal(0, 40, (6, 2)), 0) + rng.uniform(0, tile_side, 2)
        cv2.polylines(tile, [points.astype(np.int32)], False, (50.0, 50.0, 50.0), 1)
    paint = bgr(vary(rng, pick(rng, [(225, 225, 225), (60, 190, 230)]), 15))
    for _ in range(rng.integers(0, 5)):
        x, thick = int(rng.uniform(0, tile_side)), int(rng.integers(2, 6))
        cv2.line(tile, (x, 0), (x, tile_side), paint, thick) if rng.random() < 0.6 else cv2.line(tile, (0, x), (tile_side, x), paint, thick)
    if rng.random() < 0.4:  # shadows of trees
        tile *= np.where(noise(rng, tile_side, tile_side, rng.uniform(8, 40)) > rng.uniform(0.4, 0.7), 1, rng.uniform(0.4, 0.8))[..., None]
    turn = rng.uniform(-0.6, 0.6)
    cos, sin = math.cos(turn) * 14, math.sin(turn) * 14
    centre = np.array([0, 0, 9.0])
    far = np.array([[-30, 0, 60.0], [30, 0, 60.0], [3, 0, 1.5], [-3, 0, 1.5]])
    picture[horizon:] = tile.mean((0, 1))
    # The homography of the road's plane, from four points of it that lie before the camera.
    world = camera.project(far)
    plane = np.array([[(p - centre) @ (cos, 0, -sin) / 196, (p - centre) @ (sin, 0, cos) / 196] for p in far])
    texture = ((plane * (1, -1) + 1) / 2 * tile_side).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(texture, world)
    warped = cv2.warpPerspective(tile, matrix, picture.shape[1::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    picture[horizon:] = warped[horizon:]


def skyline(rng, picture, horizon):
    """Sky, trees, houses, fences, walls and shop fronts above the horizon, all drawn."""
    height, width = max(horizon, 4), picture.shape[1]
    sky = vary(rng, pick(rng, [(235, 215, 190), (225, 225, 225), (200, 170, 130), (160, 160, 160)]))
    picture[:height] = sky * np.linspace(rng.uniform(0.7, 1), 1, height, dtype=np.float32)[:, None, None]
    for _ in range(rng.integers(1, 6)):
        x, wide, tall = int(rng.uniform(-0.2, 1) * width), int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.2, 1.2) * height)
        top = max(height - tall, 0)
        x0, x1 = max(x, 0), min(x + wide, width)
        if x1 - x0 < 6 or height - top < 6:
            continue
        area = picture[top:height, x0:x1]
        kind = rng.random()
        if kind < 0.45:  # foliage
            leaves = noise(rng, *area.shape[:2], max((x1 - x0) / rng.uniform(3, 12), 2))
            shape = noise(rng, *area.shape[:2], 5) + np.linspace(-0.6, 0.6, area.shape[0])[:, None] > 0.3
            colour = vary(rng, pick(rng, [(40, 80, 55), (45, 95, 70), (35, 55, 45), (60, 110, 130)]))
            area[shape] = (colour * (0.3 + 1.2 * leaves[..., None]))[shape]
        elif kind < 0.8:
            house(rng, area)
        else:  # a fence
            for at in range(0, area.shape[1], int(rng.integers(5, 20))):
                cv2.line(area, (at, 0), (at, area.shape[0]), (30.0, 32.0, 34.0), 1)


def house(rng, area):
    area[:] = vary(rng, pick(rng, [(90, 105, 150), (170, 190, 205), (200, 200, 200), (110, 120, 130), (140, 160, 190)]))
    area += (rng.normal(0, rng.uniform(1, 10), area.shape[:2]))[..., None]
    if rng.random() < 0.4:
        for y in range(0, area.shape[0], int(rng.integers(4, 10))):
            cv2.line(area, (0, y), (area.shape[1], y), bgr(area[0, 0] * 0.8), 1)
    step, pane = int(rng.integers(20, 60)), vary(rng, (70, 60, 50), 20)
    for y in range(step // 3, area.shape[0] - step // 2, step):
        for x in range(step // 3, area.shape[1] - step // 2, step):
            cv2.rectangle(area, (x, y), (x + step // 2, y + step // 2), bgr(pane * rng.uniform(0.6, 1.6)), -1)
    if rng.random() < 0.5:
        negatives.sign(rng, area, int(rng.uniform(0.15, 0.6) * area.shape[1]))


def surroundings(rng, art, camera):
    """What is behind the cars."""
    picture = np.full((SIDE, SIDE, 3), 120, np.float32)
    horizon = int(np.clip(camera.project([[0, 0, 200.0]])[0, 1], 2, SIDE - 40))
    photo = art.picture(rng, "photo")
    if photo is not None and rng.random() < 0.45:
        picture[:] = cropped(rng, photo, zoom=(1.0, 1.8))
        if rng.random() < 0.3:
            picture[:] = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(1, 6)))
    else:
        skyline(rng, picture, horizon)
        if rng.random() < 0.5:
            picture[:horizon] = cv2.GaussianBlur(picture[:horizon], (0, 0), float(rng.uniform(0.5, 3)))
    if rng.random() < 0.9:
        ground(rng, picture, camera, horizon)
    for _ in range(rng.integers(0, 3)):
        if rng.random() < 0.5:
            negatives.sign(rng, picture, int(np.exp(rng.uniform(np.log(20), np.log(110)))))
    if rng.random() < 0.3:
        negatives.kerb(rng, picture, horizon)
    return picture


def box_of(corners):
    low, high = corners.min(0), corners.max(0)
    inside_low, inside_high = np.clip(low, 0, SIDE), np.clip(high, 0, SIDE)
    area = np.prod(high - low)
    visible = np.prod(np.maximum(inside_high - inside_low, 0)) / max(area, 1e-3)
    return [*inside_low, *(inside_high - inside_low)], visible


def occlude(rng, picture, corners):
    """Something thin before the plate: a tow ball, a bar, a leaf."""
    low, high = corners.min(0), corners.max(0)
    wide, tall = high - low
    x, y = rng.uniform(low[0], high[0]), rng.uniform(low[1] + tall * 0.6, high[1] + tall * 0.2)
    if rng.random() < 0.5:
        cv2.circle(picture, (int(x), int(y)), max(int(tall * rng.uniform(0.1, 0.3)), 1), (30.0, 30.0, 30.0), -1)
    else:
        cv2.line(
            picture,
            (int(x), int(low[1] - tall)),
            (int(x + rng.normal(0, wide * 0.2)), int(high[1] + tall)),
            bgr(vary(rng, (70, 70, 70), 40)),
            max(int(wide * rng.uniform(0.01, 0.06)), 1),
        )


def light_plate(rng, picture, corners):
    """What a headlight or an infrared lamp does to a reflecting plate."""
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.fillPoly(mask, [corners.astype(np.int32)], 1.0)
    spread = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(1, 8)))
    picture *= (1 + mask * rng.uniform(0.5, 3))[..., None]
    picture += (spread * rng.uniform(0, 40))[..., None]


def shine(picture, lamps, strength):
    glow, corners = lamps
    layer = np.zeros_like(picture)
    paste(layer, glow, corners)
    picture += cv2.GaussianBlur(layer, (0, 0), 9) * strength + layer * 0.3


def car_scene(rng, art, near=False):
    """Returns the picture and [x, y, width, height, visible part] of each plate; `near` shows plates that could be read."""
    focal = SIDE * rng.uniform(0.8, 2.6)
    camera = Camera(focal, (SIDE / 2, SIDE / 2), rng.uniform(0.7, 3.5), 0, rng.normal(0, 0.035))
    night = rng.random() < (0.06 if near else 0.15)
    boxes, cars = [], []
    target = math.exp(rng.uniform(math.log(55 if near else 15), math.log(230 if near else 190)))  # pixels of the first plate's width
    for i in range(rng.choice([1, 2, 3, 4], p=[0.5, 0.25, 0.15, 0.1])):
        car, plate = random_car(rng), draw_plate(rng)
        metres = 0.3 if plate[0].shape[1] / plate[0].shape[0] < 2.6 else 0.5
        depth = max(focal * metres / (target if i == 0 else math.exp(rng.uniform(math.log(12), math.log(min(target * 1.3, 100))))), 1.3)
        across = rng.uniform(-0.42, 0.42) * SIDE * depth / focal
        yaw = rng.normal(0, 0.35) + math.atan2(across, depth) * 0.8
        cars.append((depth, car.place(across, depth, float(np.clip(yaw, -1.0, 1.0))), plate if rng.random() < 0.88 else None))
    nearest = min(depth for depth, _, _ in cars)
    camera.height = float(np.clip(camera.height, 0.4, 0.5 + nearest * 0.8))
    # Turn the camera so that the nearest car's end is in view.
    camera.pitch = math.atan2(camera.height - 0.6, nearest) + rng.uniform(-0.32, 0.32) * SIDE / focal
    picture = surroundings(rng, art, camera)
    lit = rng.random() < (0.8 if night else 0.25)
    plates, lamps = [], []
    for _, car, plate in sorted(cars, key=lambda entry: -entry[0]):
        corners, lamp = car.draw(picture, camera, plate, lit)
        silhouette = camera.project(
            car.world([(x, y, z) for x in (-car.width / 2, car.width / 2) for y, z in ((0, 0), (car.belt, 0), (car.roof, car.length / 2))])
        )
        plates = [(c, v * (1 - covered(c, silhouette))) for c, v in plates]
        if corners is not None:
            plates.append((corners, 1.0))
        if lamp:
            lamps.append(lamp)
    if rng.random() < 0.12:
        for corners, _ in plates:
            occlude(rng, picture, corners)
    light(rng, picture, night)
    if rng.random() < (0.6 if night else 0.06):
        for corners, _ in plates:
            light_plate(rng, picture, corners)
    for lamp in lamps:
        shine(picture, lamp, rng.uniform(0.1, 0.5) * (2 if night else 0.6))
    for corners, visible in plates:
        box, inside = box_of(corners)
        if inside * visible > 0.05:
            boxes.append([*box, inside * visible])
    return picture, boxes


def covered(corners, other):
    """The part of the first one's bounding box that the other's hides."""
    low, high = np.maximum(corners.min(0), other.min(0)), np.minimum(corners.max(0), other.max(0))
    return float(np.prod(np.maximum(high - low, 0)) / max(np.prod(corners.max(0) - corners.min(0)), 1e-3))


def light(rng, picture, night):
    """Day, dusk, night; the sun's direction; glare."""
    if night:
        tint = pick(rng, [(1, 1, 1), (0.7, 0.9, 1.1), (1.1, 0.95, 0.8)])
        picture *= np.asarray(tint, np.float32) * float(rng.uniform(0.15, 0.5))
    else:
        picture *= (noise(rng, SIDE, SIDE, rng.integers(2, 4), rng.uniform(0.5, 0.9), rng.uniform(0.9, 1.25)))[..., None]
    if rng.random() < 0.2:  # haze
        amount = rng.uniform(0.1, 0.5)
        picture += (vary(rng, (190, 190, 190)) - picture) * np.float32(amount)
    if rng.random() < 0.06:
        layer = np.zeros((SIDE, SIDE), np.float32)
        cv2.circle(layer, tuple(int(v) for v in rng.uniform(0, SIDE, 2)), int(rng.uniform(10, 90)), 255.0, -1)
        picture += cv2.GaussianBlur(layer, (0, 0), float(rng.uniform(10, 50)))[..., None]


def negative_scene(rng, art):
    kind = rng.random()
    page, photo = None, None
    if kind < 0.34:
        page = art.picture(rng, "page")
        picture = cropped(rng, page, zoom=(0.8, 2.4)) if page is not None else negatives.document(rng, SIDE)
    elif kind < 0.5:
        picture = negatives.document(rng, SIDE)
    elif kind < 0.62:
        picture = negatives.screen(rng, SIDE)
    else:
        photo = art.picture(rng, "photo")
        picture = cropped(rng, photo, zoom=(1, 2.5)) if photo is not None else np.full((SIDE, SIDE, 3), 120, np.float32)
        if photo is None:
            skyline(rng, picture, SIDE)
        for _ in range(rng.integers(0, 5)):
            negatives.thing(rng, picture)
    for _ in range(rng.integers(0, 5) if kind > 0.6 or rng.random() < 0.3 else 0):
        clip = art.picture(rng, "clip")
        if clip is not None:
            stamp(rng, picture, clip)
    return picture


def stamp(rng, picture, clip):
    """A clip with transparency somewhere on the picture."""
    scale = math.exp(rng.uniform(math.log(40), math.log(300))) / max(clip.shape[:2])
    clip = cv2.resize(clip, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.float32)
    if clip.ndim != 3 or clip.shape[2] != 4:
        return
    height, width = clip.shape[:2]
    x, y = (rng.uniform(-0.2, 0.9, 2) * SIDE).astype(int)
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, SIDE), min(y + height, SIDE)
    if x1 > x0 and y1 > y0:
        part = clip[y0 - y : y1 - y, x0 - x : x1 - x]
        picture[y0:y1, x0:x1] += (part[..., :3] - picture[y0:y1, x0:x1]) * (part[..., 3:] / 255)


def photograph(rng, picture, clean):
    """What lens, sensor and compression do."""
    picture = np.clip(picture, 0, 255)
    if not clean:
        blur = rng.random()
        picture = cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.3, 0.9) if blur < 0.75 else rng.uniform(0.9, 2.2)))
        if rng.random() < 0.12:
            length, angle = int(rng.integers(3, 10)), rng.uniform(0, math.pi)
            kernel = np.zeros((length, length), np.float32)
            middle = (length - 1) / 2
            cv2.line(
                kernel,
                (int(middle - math.cos(angle) * middle), int(middle - math.sin(angle) * middle)),
                (int(middle + math.cos(angle) * middle), int(middle + math.sin(angle) * middle)),
                1.0,
                1,
            )
            picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
        if rng.random() < 0.25:  # over-sharpened by the camera
            picture = picture + (picture - cv2.GaussianBlur(picture, (0, 0), 1.5)) * np.float32(rng.uniform(0.3, 1.5))
        gain = np.float32(rng.uniform(0.75, 1.3)) * (1 + rng.normal(0, 0.05, 3)).astype(np.float32)
        picture = (picture - 128) * np.float32(rng.uniform(0.7, 1.25)) + 128 * np.float32(rng.uniform(0.8, 1.15))
        picture = picture * gain + rng.normal(0, rng.uniform(0, 9), picture.shape).astype(np.float32)
        if rng.random() < 0.12:
            picture = np.repeat(picture.mean(2, keepdims=True), 3, 2)
        elif rng.random() < 0.6:  # paint in the sun is less colourful than a paint box
            picture += (picture.mean(2, keepdims=True) - picture) * np.float32(rng.uniform(0, 0.75))
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        quality = int(rng.uniform(25, 95))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return picture


def overlay(rng, picture):
    """The line of text that cameras write into their pictures."""
    text = pick(rng, ["2024-03-17 14:22:09", "CAM 03 LANE 2", "08/11/2019 07:15:33 PM", "GATE 4  36.2C", "Copyright 2016", "FRONT DOOR"])
    wide = rng.uniform(0.2, 0.6) * SIDE
    tall = wide / len(text) * rng.uniform(1.2, 1.9)
    x, y = pick(rng, [8, SIDE - wide - 8]), pick(rng, [6, SIDE - tall - 6])
    if rng.random() < 0.3:
        cv2.rectangle(picture, (int(x - 4), int(y - 3)), (int(x + wide + 4), int(y + tall + 3)), (0.0, 0.0, 0.0), -1)
    blend(picture, text_mask(text, pick(rng, NAME_FONTS), wide, tall), x, y, pick(rng, [WHITE, WHITE, (60, 220, 240), BLACK]))


def scene(seed, index, art, plates=0.62, near=False):
    """Picture number `index` of this seed: uint8 BGR, and its plates as [x, y, width, height, visible part]."""
    rng = np.random.default_rng([seed, index])
    if rng.random() < plates:
        picture, boxes = car_scene(rng, art, near)
        clean = False
    else:
        picture, boxes = negative_scene(rng, art), []
        clean = rng.random() < 0.5
    if rng.random() < 0.12:
        overlay(rng, picture)
    return photograph(rng, picture, clean), boxes
