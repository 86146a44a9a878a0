#!/usr/bin/python3
"""Trains the second look at what the detector takes for a plate, on the views that candidates.py collected.

  confirm.py VIEWS.npz... --steps 4000 [--checkpoint confirm.pt] [--onnx plate_confirmer.onnx]

Everything depends on seed and step alone; with --checkpoint a run that was stopped goes on.
"""
import argparse
import math
import pathlib
import time

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn import functional

from candidates import HEIGHT, WIDTH
from network import halved, separable


class Confirmer(nn.Module):
    """A view, BGR 0..255, to a logit: is what lies in its middle a plate?"""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            halved(3, 24),
            halved(24, 48),
            separable(48, 64),
            separable(64, 64),
            nn.MaxPool2d(2),
            separable(64, 96),
            separable(96, 96),
            nn.MaxPool2d(2),
            separable(96, 128),
            separable(128, 128),
        )
        self.dropout = nn.Dropout(0.2)
        self.judge = nn.Conv2d(128, 1, (HEIGHT // 16, WIDTH // 16))

    def forward(self, pixels):
        return self.judge(self.dropout(self.features((pixels - 128) / 64))).flatten()


class Exported(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, pixels):
        return torch.sigmoid(self.net.judge(self.net.features((pixels - 128) / 64)))


def altered(rng, view):
    """Another camera, a box that fits less well, and at times the mirror image of what is no plate's text anyway."""
    zoom, turn = math.exp(rng.normal(0, 0.08)), rng.normal(0, 0.03)
    cos, sin = zoom * math.cos(turn), zoom * math.sin(turn)
    middle = np.array([WIDTH / 2, HEIGHT / 2])
    move = np.array([[cos, -sin], [sin, cos]])
    shift = middle - move @ middle + rng.normal(0, 3.5, 2)
    view = cv2.warpAffine(view, np.float32(np.c_[move, shift]), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.6:
        table = 255 * (np.arange(256) / 255) ** rng.uniform(0.6, 1.6)
        view = cv2.LUT(view, np.clip((table - 128) * rng.uniform(0.45, 1.3) + 128 + rng.normal(0, 18), 0, 255).astype(np.uint8))
    if rng.random() < 0.1:
        view = view[:, :, rng.permutation(3)]
    if rng.random() < 0.15:
        view = cv2.cvtColor(cv2.cvtColor(view, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < 0.3:
        small = rng.uniform(0.35, 0.9)
        view = cv2.resize(cv2.resize(view, None, fx=small, fy=small, interpolation=cv2.INTER_AREA), (WIDTH, HEIGHT))
    if rng.random() < 0.3:
        view = np.clip(view + rng.normal(0, rng.uniform(2, 14), view.shape), 0, 255).astype(np.uint8)
    return view[:, ::-1] if rng.random() < 0.3 else view


class Views:
    def __init__(self, paths):
        stored = [np.load(path) for path in paths]
        self.pixels = np.concatenate([one["views"] for one in stored])
        is_plate = np.concatenate([one["plates"] for one in stored])
        if is_plate.all() or not is_plate.any():
            raise SystemExit("the views are all of plates, or none is: render more scenes")
        self.plates, self.others = np.nonzero(is_plate)[0], np.nonzero(~is_plate)[0]

    def batch(self, seed, step, size):
        """A third of plates."""
        rng = np.random.default_rng([seed, step])
        truth = rng.random(size) < 1 / 3
        chosen = [rng.choice(self.plates if plate else self.others) for plate in truth]
        pixels = np.stack([altered(rng, self.pixels[i]) for i in chosen])
        return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)), torch.from_numpy(truth.astype(np.float32))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("views", nargs="+")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint", type=pathlib.Path)
    parser.add_argument("--onnx", default="plate_confirmer.onnx")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    views, net, first = Views(options.views), Confirmer().to(memory_format=torch.channels_last), 0
    optimiser = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=1e-3)
    if options.checkpoint and options.checkpoint.exists():
        state = torch.load(options.checkpoint)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]
        print(f"resuming at step {first}")
    began, total, right = time.monotonic(), 0.0, 0.0
    for step in range(first, options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min((step + 1) / 100, 1) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / options.steps)))
        pixels, truth = views.batch(options.seed, step, options.batch)
        logits = net(pixels.contiguous(memory_format=torch.channels_last))
        loss = functional.binary_cross_entropy_with_logits(logits, truth * 0.96 + 0.02)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total, right = total + loss.item(), right + ((logits > 0) == (truth > 0.5)).float().mean().item()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}: loss {total / 100:.3f}, {right:.1f} % right, {(time.monotonic() - began) / (step + 1 - first):.3f} s a step", flush=True)
            total = right = 0.0
        if options.checkpoint and (step + 1) % 500 == 0:
            torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "step": step + 1}, options.checkpoint)
    net.eval()
    names = {"input_names": ["input"], "output_names": ["is_plate"], "opset_version": 11}
    torch.onnx.export(Exported(net).eval(), torch.zeros(1, 3, HEIGHT, WIDTH), options.onnx, **names)


if __name__ == "__main__":
    main()
