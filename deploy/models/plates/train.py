#!/usr/bin/python3
"""Trains the plate detector on shards of render.py and writes plates.onnx.

  train.py FOLDER --steps 6000 [--checkpoint plates.pt] [--onnx plates.onnx]

FOLDER is looked into again at times, so that rendering can go on meanwhile. With --checkpoint the state is saved every 250 steps, and
a run that finds one there resumes from it: the picture order and the learning rate depend on the step alone.
"""
import argparse
import math
import pathlib
import time

import cv2
import numpy as np
import torch
from torch.nn import functional

from network import STRIDES, PlateNet, export, load_exported

CROP = 256
IGNORED_BELOW = 0.6  # a plate of which less is visible is neither one nor none
SMALLEST = 10  # pixels of width; narrower ones are not asked for


class Shards:
    """Random crops of rendered scenes, with their plates."""

    def __init__(self, folder):
        self.folder, self.shards = pathlib.Path(folder), []
        self.look()

    def look(self):
        names = sorted(path for path in self.folder.glob("scenes-*.npy") if not path.name.endswith(".boxes.npy"))
        if len(names) != len(self.shards):
            self.shards = [(np.load(path, mmap_mode="r"), np.load(path.with_suffix(".boxes.npy"))) for path in names]
        if not self.shards:
            raise SystemExit(f"{self.folder} holds no shards: run render.py first")

    def sample(self, rng):
        """A crop as uint8 BGR and its plates as (x, y, width, height, visible part)."""
        pixels, rows = self.shards[rng.integers(len(self.shards))]
        i = rng.integers(len(pixels))
        boxes = rows[rows[:, 0] == i, 1:].copy()
        side = pixels.shape[1]
        scale = math.exp(rng.uniform(math.log(0.55), math.log(1.5)))
        window = min(int(CROP / scale), side)
        x, y = self.place(rng, boxes, window, side)
        part = pixels[i, y : y + window, x : x + window]
        zoom = min(scale, 4) if window < side else CROP / side * rng.uniform(0.6, 1)
        target = min(int(round(window * zoom)), CROP)
        zoom = target / window
        crop = np.full((CROP, CROP, 3), int(rng.integers(0, 2)) * int(rng.integers(0, 256)), np.uint8)
        crop[:target, :target] = cv2.resize(part, (target, target), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR)
        boxes[:, 0] = (boxes[:, 0] - x) * zoom
        boxes[:, 1] = (boxes[:, 1] - y) * zoom
        boxes[:, 2:4] *= zoom
        return self.clipped(crop, boxes, target)

    @staticmethod
    def place(rng, boxes, window, side):
        """Mostly so that some plate is inside."""
        free = side - window
        if len(boxes) and rng.random() < 0.8:
            box = boxes[rng.integers(len(boxes))]
            low = np.clip(box[:2] + box[2:4] - window, 0, free)
            high = np.clip(box[:2], 0, free)
            return (int(rng.uniform(min(a, b), max(a, b) + 1e-3)) for a, b in zip(low, high))
        return (int(rng.integers(0, free + 1)) for _ in range(2))

    @staticmethod
    def clipped(crop, boxes, target):
        low, high = np.clip(boxes[:, :2], 0, target), np.clip(boxes[:, :2] + boxes[:, 2:4], 0, target)
        area = np.maximum(np.prod(boxes[:, 2:4], 1), 1e-3)
        boxes[:, 4] *= np.prod(high - low, 1) / area
        boxes[:, :2], boxes[:, 2:4] = low, high - low
        return crop, boxes[(boxes[:, 4] > 0.05) & (boxes[:, 2] > 2)]


def altered(rng, crop):
    """Exposure, colour, noise and compression of another camera than the scene's."""
    if rng.random() < 0.5:
        table = np.arange(256, dtype=np.float32)
        table = 255 * (table / 255) ** rng.uniform(0.6, 1.6)
        table = np.clip((table - 128) * rng.uniform(0.7, 1.3) + 128 + rng.normal(0, 15), 0, 255).astype(np.uint8)
        crop = cv2.LUT(crop, table)
    if rng.random() < 0.15:
        crop = np.ascontiguousarray(crop[:, :, rng.permutation(3)])
    if rng.random() < 0.1:
        crop = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return crop


def batch_of(shards, seed, step, size):
    rng = np.random.default_rng([seed, step])
    crops, boxes = zip(*(shards.sample(rng) for _ in range(size)))
    pixels = np.stack([altered(rng, crop) for crop in crops])
    return torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32)).contiguous(memory_format=torch.channels_last), boxes


def cell_centres():
    grids = []
    for stride in STRIDES:
        at = torch.arange(CROP // stride, dtype=torch.float32)
        y, x = torch.meshgrid(at, at, indexing="ij")
        grids.append(torch.stack([x.flatten(), y.flatten(), torch.full((at.numel() ** 2,), float(stride))], 1))
    return torch.cat(grids)


def decode(box, cells):
    """Corner form, in pixels."""
    stride = cells[:, 2:3]
    centre = (cells[:, :2] + box[..., :2]) * stride
    half = torch.exp(box[..., 2:].clamp(max=6)) * stride / 2
    return torch.cat([centre - half, centre + half], -1)


def overlaps(a, b):
    """Intersection over union of each a with each b, both in corner form."""
    low, high = torch.maximum(a[:, None, :2], b[None, :, :2]), torch.minimum(a[:, None, 2:], b[None, :, 2:])
    common = (high - low).clamp(min=0).prod(2)
    areas = [(box[:, 2:] - box[:, :2]).clamp(min=0).prod(1) for box in (a, b)]
    return common / (areas[0][:, None] + areas[1][None] - common + 1e-6)


def assign(truth, predicted, scores, cells):
    """SimOTA (Ge et al. 2021): each plate gets the cells near its centre that cost least, as many as their overlaps add up to.

    Returns for each cell the number of its plate or -1, and the overlap with it."""
    owner, quality = torch.full((len(cells),), -1, dtype=torch.long), torch.zeros(len(cells))
    middle = (truth[:, :2] + truth[:, 2:]) / 2
    points = cells[:, :2] * cells[:, 2:3] + cells[:, 2:3] / 2
    near = ((points[:, None] - middle[None]).abs() < (cells[:, 2:3] * 1.5)[:, None]).all(2)
    candidates = near.any(1).nonzero().flatten()
    if not len(candidates):
        return owner, quality
    overlap = overlaps(predicted[candidates], truth)
    # A plate two to eight cells wide suits a grid best: without this the first steps would choose by chance.
    size = (truth[:, 2] - truth[:, 0])[None] / cells[candidates, 2:3]
    misfit = (torch.log2(size.clamp(min=0.1)) - math.log2(3.5)).abs()
    cost = -torch.log(scores[candidates].clamp(min=1e-6))[:, None] + 3 * -torch.log(overlap + 1e-6) + 0.7 * misfit + 1e5 * ~near[candidates]
    chosen = torch.zeros_like(cost, dtype=torch.bool)
    for i in range(len(truth)):
        count = int(overlap[:, i].topk(min(10, len(candidates)))[0].sum().clamp(1, int(near[:, i].sum())))
        chosen[cost[:, i].topk(min(count, len(candidates)), largest=False)[1], i] = True
    cost = torch.where(chosen, cost, torch.full_like(cost, 1e9))
    taken, best = cost.min(1)[0] < 1e4, cost.min(1)[1]
    owner[candidates[taken]] = best[taken]
    quality[candidates[taken]] = overlap[taken, best[taken]]
    return owner, quality


def box_loss(predicted, truth):
    """One minus the complete overlap: intersection over union, distance of the centres, difference of the sides (EIoU)."""
    low, high = torch.maximum(predicted[:, :2], truth[:, :2]), torch.minimum(predicted[:, 2:], truth[:, 2:])
    common = (high - low).clamp(min=0).prod(1)
    sizes = [box[:, 2:] - box[:, :2] for box in (predicted, truth)]
    union = sizes[0].prod(1) + sizes[1].prod(1) - common
    hull = torch.maximum(predicted[:, 2:], truth[:, 2:]) - torch.minimum(predicted[:, :2], truth[:, :2])
    apart = (predicted[:, :2] + predicted[:, 2:] - truth[:, :2] - truth[:, 2:]) / 2
    distance = (apart**2).sum(1) / ((hull**2).sum(1) + 1e-6)
    differ = ((sizes[0] - sizes[1]) ** 2 / (hull**2 + 1e-6)).sum(1)
    return 1 - common / (union + 1e-6) + distance + differ


def focal(logits, target, weight):
    """Quality focal loss (Li et al. 2020): the target of a cell with a plate is how well its box fits."""
    certainty = torch.sigmoid(logits)
    return (
        functional.binary_cross_entropy_with_logits(logits, target, reduction="none") * (certainty - target).abs() ** 1.5 * weight
    ).sum()


def losses(output, boxes, cells):
    scores = torch.cat([s.flatten(2).transpose(1, 2) for s, _ in output], 1)
    box = torch.cat([b.flatten(2).transpose(1, 2) for _, b in output], 1)
    targets, weights = torch.zeros_like(scores), torch.ones_like(scores)
    found, wanted, count = [], [], 0
    with torch.no_grad():
        corners = decode(box, cells)
        certainty = torch.sigmoid(scores).prod(2).sqrt()
    for i, rows in enumerate(boxes):
        if not len(rows):
            continue
        rows = torch.from_numpy(rows)
        truth = torch.cat([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1)
        ignored = (rows[:, 4] < IGNORED_BELOW) | (rows[:, 2] < SMALLEST)
        points = cells[:, :2] * cells[:, 2:3] + cells[:, 2:3] / 2
        for hidden in truth[ignored]:
            weights[i, ((points > hidden[:2] - 4) & (points < hidden[2:] + 4)).all(1)] = 0
        truth = truth[~ignored]
        if not len(truth):
            continue
        owner, quality = assign(truth, corners[i], certainty[i], cells)
        taken = owner >= 0
        targets[i, taken, 0] = 1.0
        targets[i, taken, 1] = quality[taken].clamp(min=0.3)
        weights[i, taken] = 1
        count += int(taken.sum())
        found.append(decode(box[i], cells)[taken])
        wanted.append(truth[owner[taken]])
    count = max(count, 4)
    score_loss = (focal(scores[..., 0], targets[..., 0], weights[..., 0]) + focal(scores[..., 1], targets[..., 1], weights[..., 1])) / count
    fit_loss = box_loss(torch.cat(found), torch.cat(wanted)).sum() / count if found else scores.sum() * 0
    return score_loss, fit_loss


def learning_rate(step, steps, top):
    return top * min((step + 1) / 300, 1) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * step / steps)))


class Average:
    """An exponential moving average of the weights: what is exported."""

    def __init__(self, net):
        self.state = {name: value.clone() for name, value in net.state_dict().items()}

    def update(self, net, step):
        keep = min(0.998, (1 + step) / (10 + step))
        for name, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[name].mul_(keep).add_(value, alpha=1 - keep)
            else:
                self.state[name].copy_(value)


def save(path, net, average, optimiser, step):
    part = pathlib.Path(str(path) + ".part")
    torch.save({"net": net.state_dict(), "average": average.state, "optimiser": optimiser.state_dict(), "step": step}, part)
    part.rename(path)


def write_onnx(path, average):
    shadow = PlateNet()
    shadow.load_state_dict(average.state)
    export(shadow, path)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--stop-at", type=int, help="end here, though the learning rate is planned for --steps")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint", type=pathlib.Path)
    parser.add_argument("--start-from", type=pathlib.Path, help="plates.onnx whose weights to begin with")
    parser.add_argument("--onnx", default="plates.onnx")
    return parser.parse_args()


def main():
    options = parse()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    net, shards = PlateNet().to(memory_format=torch.channels_last), Shards(options.folder)
    if options.start_from:
        load_exported(net, options.start_from, batch_of(shards, options.seed, options.steps, 64)[0])
    average, optimiser, first = Average(net), torch.optim.AdamW(net.parameters(), options.rate, weight_decay=5e-4), 0
    if options.checkpoint and options.checkpoint.exists():
        state = torch.load(options.checkpoint)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        average.state, first = state["average"], state["step"]
        print(f"resuming at step {first}")
    cells, sums, began = cell_centres(), np.zeros(2), time.monotonic()
    for step in range(first, options.stop_at or options.steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, options.steps, options.rate)
        pixels, boxes = batch_of(shards, options.seed, step, options.batch)
        score_loss, fit_loss = losses(net(pixels), boxes, cells)
        optimiser.zero_grad(set_to_none=True)
        (score_loss + 2 * fit_loss).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
        optimiser.step()
        average.update(net, step)
        sums += score_loss.item(), fit_loss.item()
        if (step + 1) % 100 == 0:
            print(
                f"step {step + 1}: score {sums[0] / 100:.3f} box {sums[1] / 100:.3f}, {(time.monotonic() - began) / (step + 1 - first):.3f} s a step, {len(shards.shards)} shards",
                flush=True,
            )
            sums[:] = 0
            shards.look()
        if options.checkpoint and (step + 1) % 250 == 0:
            save(options.checkpoint, net, average, optimiser, step + 1)
            write_onnx(options.onnx, average)
    if options.checkpoint:
        save(options.checkpoint, net, average, optimiser, max(first, options.stop_at or options.steps))
    write_onnx(options.onnx, average)


main()
