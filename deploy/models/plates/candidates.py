#!/usr/bin/python3
"""Collects what the detector takes for plates in rendered scenes, rightly or not, for confirm.py to learn from.

  candidates.py SHARDS... plates.onnx OUT.npz [--passes 2] [--score 0.06] [--seed 1]
"""
import argparse
import pathlib

import cv2
import numpy as np

from network import STRIDES

WIDTH, HEIGHT = 128, 80  # of a view, pixels; daemon/worker/plate_confirmer.cpp cuts the same
REACH = 1.6  # width of a view in widths of its box
ASPECT = 2.0  # a box that is narrower than this many heights is looked at as if it were as wide
OVERLAP_MAX = 0.3
CANDIDATES_MAX = 300


def view(picture, box):
    """What is seen of a box (x, y, width, height) and around it: WIDTH x HEIGHT; outside the picture all is black."""
    across = min(max(box[2], box[3] * ASPECT), max(picture.shape[:2])) * REACH
    scale = WIDTH / across
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    if scale < 1:
        return shrunk(picture, x, y, across)
    move = np.float32([[scale, 0, WIDTH / 2 - x * scale], [0, scale, HEIGHT / 2 - y * scale]])
    return cv2.warpAffine(picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def shrunk(picture, x, y, across):
    """Averages: of every fourth pixel characters cannot be read."""
    wide, tall = round(across), round(across * HEIGHT / WIDTH)
    left, top = round(x - wide / 2), round(y - tall / 2)
    right, bottom = min(left + wide, picture.shape[1]), min(top + tall, picture.shape[0])
    part = np.zeros((tall, wide, 3), np.uint8)
    if right > max(left, 0) and bottom > max(top, 0):
        part[max(top, 0) - top : bottom - top, max(left, 0) - left : right - left] = picture[max(top, 0) : bottom, max(left, 0) : right]
    return cv2.resize(part, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def overlap(a, b):
    width = max(0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    height = max(0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)


class Detector:
    """The exported network, as the worker runs it."""

    def __init__(self, path):
        self.net = cv2.dnn.readNetFromONNX(str(path))
        self.outputs = [f"{kind}_{stride}" for stride in STRIDES for kind in ("cls", "obj", "bbox")]

    def boxes(self, picture, score_min):
        """(score, x, y, width, height), best first."""
        height, width = (-(-side // 32) * 32 for side in picture.shape[:2])
        framed = cv2.copyMakeBorder(picture, 0, height - picture.shape[0], 0, width - picture.shape[1], cv2.BORDER_CONSTANT)
        self.net.setInput(cv2.dnn.blobFromImage(framed))
        out, found = self.net.forward(self.outputs), []
        for i, stride in enumerate(STRIDES):
            scores = np.sqrt(np.clip(out[3 * i].ravel(), 0, 1) * np.clip(out[3 * i + 1].ravel(), 0, 1))
            for cell in np.nonzero(scores >= score_min)[0]:
                dx, dy, w, h = out[3 * i + 2].reshape(-1, 4)[cell]
                row, column = divmod(int(cell), width // stride)
                w, h = np.exp(min(w, 10)) * stride, np.exp(min(h, 10)) * stride
                found.append([scores[cell], (column + dx) * stride - w / 2, (row + dy) * stride - h / 2, w, h])
        kept = []
        for box in sorted(found, reverse=True)[:CANDIDATES_MAX]:
            if all(overlap(box[1:], other[1:]) <= OVERLAP_MAX for other in kept):
                kept.append(box)
        return kept


def jittered(rng, box):
    x, y, width, height = box
    grown = np.exp(rng.normal(0, 0.1, 2))
    x, y = x + width / 2 + rng.normal(0, 0.06) * width, y + height / 2 + rng.normal(0, 0.08) * height
    width, height = width * grown[0], height * grown[1]
    return [x - width / 2, y - height / 2, width, height]


def resized(picture, scale):
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def suggestions(rng, detector, picture, score_min):
    """What it takes for plates in the picture, or in one up to half as large, as the worker shows it. Where it takes nothing: what comes nearest."""
    small = rng.uniform(0.5, 1)
    shown = resized(picture, small)
    for score, *box in detector.boxes(shown, score_min) or detector.boxes(shown, 0)[:1]:
        yield score, [side / small for side in box]


def collect(rng, detector, picture, truth, score_min, keep):
    """`keep(view, is_plate, score)` for each thing in the picture that is certainly a plate, or certainly none."""
    scale = np.exp(rng.uniform(np.log(0.7), np.log(1.5)))
    picture = resized(picture, scale)
    plates = truth[:, :4] * scale
    clear = (truth[:, 4] >= 0.6) & (plates[:, 2] >= 14)
    for score, box in suggestions(rng, detector, picture, score_min):
        fits = [overlap(box, plate) for plate in plates] or [0]
        best = int(np.argmax(fits))
        if fits[best] < 0.1:
            keep(view(picture, box), False, score)
        elif fits[best] > 0.4 and clear[best]:
            keep(view(picture, box), True, score)
    for plate in plates[clear]:  # and those that were missed
        keep(view(picture, jittered(rng, plate)), True, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shards", type=pathlib.Path, nargs="+")
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--score", type=float, default=0.06)
    parser.add_argument("--passes", type=int, default=2, help="looks at each scene, at another size each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rng, detector = np.random.default_rng(options.seed), Detector(options.model)
    views, plates, scores = [], [], []

    def keep(seen, is_plate, score):
        views.append(seen)
        plates.append(is_plate)
        scores.append(score)

    for path in (path for folder in options.shards for path in sorted(folder.glob("scenes-*.npy")) if not path.name.endswith(".boxes.npy")):
        pixels, rows = np.load(path, mmap_mode="r"), np.load(path.with_suffix(".boxes.npy"))
        for i in range(options.passes * len(pixels)):
            scene = i % len(pixels)
            collect(rng, detector, pixels[scene], rows[rows[:, 0] == scene, 1:], options.score, keep)
        print(f"{path.name}: {len(views)} views, {sum(plates)} of plates", flush=True)
    np.savez(options.out, views=np.array(views), plates=np.array(plates), scores=np.array(scores, np.float32))


if __name__ == "__main__":
    main()
