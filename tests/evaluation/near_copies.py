#!/usr/bin/python3
"""How many copies of registered pictures are recognised, by what was done to them, and what is mistaken for one.

  near_copies.py [--bin FOLDER] [--images FOLDER] [--limit N] [--cameras N] [--first-seed N]
                 [--halvings N] [--scenes N] [--only NAME]

Registers every picture under FOLDER with `sallyport fingerprint add`, makes a copy of each by each transformation, and asks
`sallyport fingerprint query`. Unrelated: the pictures are halved at random, over and over; one half and drawn scenes
(deploy/models/plates) are registered, the other half and other scenes are asked about, each of them against all of those. Cameras:
two different drawn vehicles before one background, the first is registered, the second is asked about.
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

import cv2
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = ROOT.parent / "shared/corpus/images"
SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
# Files of the default folder that show the same photo, or a part of it, altered or not: looked at by eye. Each of them is a copy
# of the others.
SAME = [
    {"documents-003", "documents-021"},
    {"documents-014", "documents-033"},
    {"documents-052", "documents-053", "documents-060", "documents-071"},
    {"documents-054", "documents-065"},
    {"faces-012", "faces-032", "faces-034"},
    {"faces-022", "faces-027", "faces-028", "faces-029", "faces-030", "faces-031", "faces-035", "faces-036"},
    {"faces-023", "faces-033"},
    {"plates-065", "plates-072"},
]
WORDS = ["File", "Edit", "View", "Tools", "Help", "Search", "Inbox", "Photos"]


def reencoded(picture, rng, quality=40):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def scaled(picture, factor):
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture, None, fx=factor, fy=factor, interpolation=method)


def cropped(picture, rng, across, down):
    height, width = picture.shape[:2]
    tall, wide = int(height * down), int(width * across)
    y, x = rng.randint(0, height - tall), rng.randint(0, width - wide)
    return picture[y : y + tall, x : x + wide]


def crop_half_band(picture, rng):
    return cropped(picture, rng, 0.5, 1) if rng.random() < 0.5 else cropped(picture, rng, 1, 0.5)


def bordered(picture, rng):
    edge = int(0.15 * max(picture.shape[:2]))
    colour = rng.choice([(0, 0, 0), (255, 255, 255), (40, 90, 160)])
    return cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=colour)


def desktop(rng, width=1920, height=1080):
    screen = np.full((height, width, 3), rng.choice([245, 40, 200]), np.uint8)
    cv2.rectangle(screen, (0, 0), (width, 60), (90, 60, 30), -1)
    for k in range(12):
        cv2.putText(screen, rng.choice(WORDS), (20 + k * 150, 40), 0, 0.8, (240, 240, 240), 2)
    for k in range(24):
        cv2.putText(screen, f"item {rng.randint(1, 99)}", (14, 110 + k * 38), 0, 0.6, (120, 120, 120), 1)
    cv2.rectangle(screen, (0, height - 46), (width, height), (50, 50, 50), -1)
    return screen


def screenshot(picture, rng, share):
    screen = desktop(rng)
    height, width = picture.shape[:2]
    factor = min(1920 * share / width, 1080 * share / height)
    shown = scaled(picture, factor)
    tall, wide = shown.shape[:2]
    x = rng.randint(min(220, 1920 - wide), 1920 - wide)
    y = rng.randint(min(62, 1080 - tall), max(min(62, 1080 - tall), 1080 - tall - 46))
    screen[y : y + tall, x : x + wide] = shown
    return screen


def banner(picture, rng):
    picture = picture.copy()
    height, width = picture.shape[:2]
    tall = max(4, int(height * 0.15))
    y = rng.choice([0, height - tall])
    cv2.rectangle(picture, (0, y), (width, y + tall), (30, 30, 160), -1)
    cv2.putText(picture, "BREAKING NEWS 24h", (width // 20, y + tall * 2 // 3), 0, tall / 50, (255, 255, 255), max(1, tall // 18))
    return picture


def rotated(picture, degrees):
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_CONSTANT)


def coloured(picture, rng):
    values = picture.astype(np.float32)
    kind = rng.randint(0, 3)
    if kind == 0:
        values *= 0.7
    elif kind == 1:
        values = (values - 128) * 1.4 + 140
    elif kind == 2:
        values *= np.array([0.8, 1, 1.2])
    else:
        values = 255 * (values / 255) ** 1.6
    return np.clip(values, 0, 255).astype(np.uint8)


def lettered(picture, rng):
    picture = picture.copy()
    height, width = picture.shape[:2]
    for k in range(3):
        colour = (255, 255, 255) if k % 2 else (0, 0, 255)
        cv2.putText(picture, "CONFIDENTIAL", (width // 12, int(height * (0.25 + 0.25 * k))), 0, width / 330, colour, max(2, width // 130))
    return picture


TRANSFORMATIONS = {
    "re-encode": lambda p, r: reencoded(p, r),
    "resize to half": lambda p, r: scaled(p, 0.5),
    "crop to half the area": lambda p, r: cropped(p, r, math.sqrt(0.5), math.sqrt(0.5)),
    "crop to one half": crop_half_band,
    "crop to half the side": lambda p, r: cropped(p, r, 0.5, 0.5),
    "border": bordered,
    "screenshot, 80 % of the side": lambda p, r: screenshot(p, r, 0.8),
    "screenshot, 50 % of the side": lambda p, r: screenshot(p, r, 0.5),
    "banner": banner,
    "rotation 2 degrees": lambda p, r: rotated(p, r.choice([-2, 2])),
    "rotation 5 degrees": lambda p, r: rotated(p, r.choice([-5, 5])),
    "quarter turn": lambda p, r: cv2.rotate(p, r.choice([cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE])),
    "half turn": lambda p, r: cv2.rotate(p, cv2.ROTATE_180),
    "flip": lambda p, r: cv2.flip(p, r.choice([0, 1])),
    "colours": coloured,
    "three lines of text": lettered,
}


def is_same(one, other):
    one, other = pathlib.Path(one).stem, pathlib.Path(other).stem
    return one == other or any({one, other} <= group for group in SAME)


class Program:
    def __init__(self, folder):
        self.command = [str(folder / "sallyport"), "fingerprint"]

    def add(self, file, images):
        for start in range(0, len(images), 500):
            command = [*self.command, "add", "--set", str(file), *map(str, images[start : start + 500])]
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def query(self, file, images):
        """File name to the registered names that it matches."""
        found = {}
        for start in range(0, len(images), 500):
            command = [*self.command, "query", "--set", str(file), *map(str, images[start : start + 500])]
            output = subprocess.run(command, check=False, capture_output=True, text=True).stdout
            for line in output.splitlines():
                answer = json.loads(line)
                found[pathlib.Path(answer["file"]).name] = [match["item"] for match in answer["matches"]]
        return found


def camera_pair(seed):
    """Two vehicles at about one place before one camera, some minutes apart."""
    sys.path.insert(0, str(ROOT / "deploy/models/plates"))
    import plates
    import scenes
    from cars import Camera, random_car

    class NoArt:
        def picture(self, rng, kind):
            return None

    rng = np.random.default_rng(seed)
    side = scenes.SIDE
    focal = side * rng.uniform(0.8, 1.8)
    camera = Camera(focal, (side / 2, side / 2), rng.uniform(1, 4), 0, rng.normal(0, 0.02))
    depth = rng.uniform(3.5, 9)
    camera.height = float(np.clip(camera.height, 0.4, 0.5 + depth * 0.8))
    camera.pitch = math.atan2(camera.height - 0.6, depth) + rng.uniform(-0.1, 0.1)
    background = scenes.surroundings(rng, NoArt(), camera)
    pair = []
    for k in range(2):
        own = np.random.default_rng([seed, k])
        picture = background.copy()
        across = own.uniform(-0.12, 0.12) * side * depth / focal
        vehicle = random_car(own).place(across, depth * own.uniform(0.9, 1.1), float(own.normal(0, 0.15)))
        vehicle.draw(picture, camera, plates.draw_plate(own), False)
        picture = picture * own.uniform(0.9, 1.1) + own.normal(0, 4, picture.shape)
        pair.append(reencoded(np.clip(picture, 0, 255).astype(np.uint8)[60:-60], None, 80))
    return pair


def measure_recall(program, folder, images, only):
    registered = folder / "all.spf"
    program.add(registered, images)
    for name, transform in TRANSFORMATIONS.items():
        if only and only not in name:
            continue
        rng = random.Random(name)
        copies = []
        for image in images:
            copies.append(folder / f"{image.stem}.png")
            cv2.imwrite(str(copies[-1]), transform(cv2.imread(str(image)), rng))
        found = program.query(registered, copies)
        matches = [[is_same(item, image) for item in found.get(f"{image.stem}.png", [])] for image in images]
        right, wrong = sum(any(match) for match in matches), sum(not all(match) for match in matches)
        print(f"{name:32} {100 * right / len(images):5.1f} %  of {len(images)}, another picture: {wrong}", flush=True)


def draw_scenes(folder, seeds):
    scenes = [folder / f"scene-{seed}.png" for seed in seeds]
    for seed, file in zip(seeds, scenes):
        cv2.imwrite(str(file), camera_pair(seed)[0])
    return scenes


def measure_unrelated(program, folder, images, halvings, scenes):
    """Each halving has scenes of its own. A picture has one match in a set: what matches its like is no witness of others."""
    pairs, false = 0, []
    for halving in range(halvings):
        shuffled = random.Random(halving).sample(images, len(images))
        drawn = draw_scenes(folder, range(10**6 + halving * scenes, 10**6 + (halving + 1) * scenes))
        known = shuffled[::2] + drawn[::2]
        asked = shuffled[1::2] + drawn[1::2]
        registered = folder / f"half-{halving}.spf"
        program.add(registered, known)
        for name, items in program.query(registered, asked).items():
            like = sum(is_same(name, image) for image in known)
            pairs += len(known) - like
            false += [(name, item) for item in items if not is_same(name, item)]
    for name, item in false:
        print(f"  taken for a copy: {name} of {item}")
    print(f"unrelated: {len(false)} matches in {pairs} pairs: {len(false) * 1e6 / max(1, pairs):.1f} a million", flush=True)


def measure_cameras(program, folder, seeds):
    first, second = [], []
    for seed in seeds:
        for when, pictures, picture in zip(("before", "after"), (first, second), camera_pair(seed)):
            pictures.append(folder / f"camera-{seed}-{when}.png")
            cv2.imwrite(str(pictures[-1]), picture)
    registered = folder / "cameras.spf"
    program.add(registered, first)
    found = program.query(registered, second)
    print(f"another vehicle before the same camera: {sum(map(bool, found.values()))} matches in {len(seeds)} pairs")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/release/bin")
    parser.add_argument("--images", type=pathlib.Path, default=IMAGES)
    parser.add_argument("--limit", type=int, default=10**9, help="pictures at most")
    parser.add_argument("--cameras", type=int, default=120, help="pairs to draw")
    parser.add_argument("--first-seed", type=int, default=0, help="of the pairs: others than those that the thresholds were chosen by")
    parser.add_argument("--halvings", type=int, default=4, help="of the pictures, for unrelated pairs")
    parser.add_argument("--scenes", type=int, default=600, help="that are drawn beside each half, for unrelated pairs")
    parser.add_argument("--only", default="", help="part of a transformation's name, or 'unrelated', or 'cameras'")
    options = parser.parse_args()
    images = sorted(file for file in options.images.rglob("*") if file.suffix.lower() in SUFFIXES)
    random.Random(1).shuffle(images)
    images = images[: options.limit]
    if not images:
        print(f"skipped: no pictures in {options.images}")
        sys.exit(77)
    program = Program(options.bin)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        if options.only not in ("cameras", "unrelated"):
            measure_recall(program, folder, images, options.only)
        if options.only in ("", "unrelated"):
            measure_unrelated(program, folder, images, options.halvings, options.scenes)
        if options.only in ("", "cameras"):
            measure_cameras(program, folder, range(options.first_seed, options.first_seed + options.cameras))


if __name__ == "__main__":
    main()
