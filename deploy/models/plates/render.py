#!/usr/bin/python3
"""Renders scenes into shards for train.py.

  render.py FOLDER --scenes 4000 [--art art.npz] [--first 0] [--jobs 2] [--seed 1]

A shard of up to 500 scenes is two files: pixels (count, 448, 448, 3) and rows of scene, x, y, width, height, visible part. Shards
that are there are not rendered again, so a run that was stopped goes on where it was.
"""
import argparse
import multiprocessing
import pathlib

import cv2
import numpy as np

import scenes

SHARD = 500


def render_shard(task):
    folder, number, count, seed, art_path, share, near = task
    target = pathlib.Path(folder) / f"scenes-{seed}-{number:04}.npy"
    if target.exists():
        return
    cv2.setNumThreads(1)
    art = scenes.Art(art_path)
    pixels, rows = np.empty((count, scenes.SIDE, scenes.SIDE, 3), np.uint8), []
    for i in range(count):
        pixels[i], boxes = scenes.scene(seed, number * SHARD + i, art, share, near)
        rows += [[i, *box] for box in boxes]
    np.save(target.with_suffix(".boxes.npy"), np.array(rows, np.float32).reshape(-1, 6))
    part = target.with_suffix(".part")
    with open(part, "wb") as file:
        np.save(file, pixels)
    part.rename(target)
    print(f"{target.name}: {count} scenes, {len(rows)} plates", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--scenes", type=int, default=4000)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--art", help="file that art.py made")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--share", type=float, default=0.62, help="part of the scenes that show cars")
    parser.add_argument("--near", action="store_true", help="cars so near that their plates could be read")
    arguments = parser.parse_args()
    pathlib.Path(arguments.folder).mkdir(parents=True, exist_ok=True)
    counts = [min(SHARD, arguments.scenes - first) for first in range(0, arguments.scenes, SHARD)]
    tasks = [
        (arguments.folder, arguments.first + i, count, arguments.seed, arguments.art, arguments.share, arguments.near) for i, count in enumerate(counts)
    ]
    with multiprocessing.Pool(arguments.jobs) as pool:
        for _ in pool.imap_unordered(render_shard, tasks):
            pass


if __name__ == "__main__":
    main()
