#!/usr/bin/python3
"""Packs free artwork of Debian packages into one file: photos for backgrounds, and pictures that hold no plate.

  art.py OUT.npz [--limit N]     what is not installed is left out, and said

Left out on purpose, because evaluation sets of documents and photos like to be made of them: the Debian handbook, the help of
GIMP and GNOME, the wallpapers of Plasma, MATE and GNOME. Their pictures must not be trained on.
"""
import argparse
import pathlib
import random
import shutil
import subprocess
import tempfile

import cv2
import numpy as np

# kind: what it is used for; (package, paths that must occur in the name, paths that must not, how many at most)
SOURCES = {
    "photo": [
        ("ukui-wallpapers", "", "", 40),
        ("lomiri-wallpapers-16.04", "", "", 40),
        ("lomiri-wallpapers-20.04", "", "", 40),
        ("stellarium-data", "landscapes|nebulae", "", 500),
        ("supertuxkart-data", "/textures/|/screenshot|/tracks/", "_normal|_nm|_gloss|mask", 900),
        ("torcs-data", "/tracks/|/data/textures", "car", 600),
    ],
    "page": [
        ("kicad-doc-en", "", "", 700),
        ("mate-user-guide", "", "", 500),
        ("wireshark-doc", "", "", 200),
        ("octave-doc", "", "", 40),
    ],
    "clip": [("openclipart-png", "", "transportation", 2500), ("tuxpaint-stamps-default", "", "vehicle|car", 500)],
}
PDF_PACKAGES = ["texlive-pictures-doc", "gnuplot-doc", "octave-doc", "debian-reference-en"]
SIDE = {"photo": 720, "page": 900, "clip": 320}


def files_of(package, ending):
    listed = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=False).stdout.splitlines()
    if not listed:
        print(f"{package} is not installed; continuing without it")
    return [path for path in listed if path.lower().endswith(ending)]


def chosen(package, wanted, unwanted, limit, order):
    paths = files_of(package, (".png", ".jpg", ".jpeg", ".webp"))
    paths = [p for p in paths if any(w in p for w in wanted.split("|")) and not any(u in p.lower() for u in unwanted.split("|") if u)]
    order.shuffle(paths)
    return paths[:limit]


def packed(path, kind):
    picture = cv2.imread(path, cv2.IMREAD_UNCHANGED if kind == "clip" else cv2.IMREAD_COLOR)
    if picture is None or min(picture.shape[:2]) < 48 or (kind == "clip" and (picture.ndim != 3 or picture.dtype != np.uint8)):
        return None
    scale = SIDE[kind] / max(picture.shape[:2])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if min(picture.shape[:2]) < 24:
        return None
    return cv2.imencode(".png" if kind == "clip" else ".jpg", picture, [] if kind == "clip" else [cv2.IMWRITE_JPEG_QUALITY, 90])[1]


def pages_of(order, limit):
    """Pages of the PDF manuals that Debian ships, drawn by pdftoppm."""
    if not shutil.which("pdftoppm"):
        print("poppler-utils is not installed; continuing without pages of manuals")
        return []
    documents = [path for package in PDF_PACKAGES for path in files_of(package, ".pdf")]
    order.shuffle(documents)
    found = []
    for document in documents[:limit]:
        with tempfile.TemporaryDirectory() as folder:
            first = order.choice([1, 2, 3, 4, 6])
            subprocess.run(
                ["pdftoppm", "-r", "80", "-f", str(first), "-l", str(first + 1), "-png", document, folder + "/p"],
                capture_output=True,
                check=False,
                timeout=60,
            )
            found += [packed(str(path), "page") for path in sorted(pathlib.Path(folder).glob("*.png"))]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--limit", type=int, default=10**9, help="at most this many of each source")
    arguments = parser.parse_args()
    order, content = random.Random(1), {}
    for kind, sources in SOURCES.items():
        paths = [path for source in sources for path in chosen(*source[:3], min(source[3], arguments.limit), order)]
        encoded = [packed(path, kind) for path in paths]
        if kind == "page":
            encoded += pages_of(order, min(400, arguments.limit))
        encoded = [item for item in encoded if item is not None]
        content[kind] = np.concatenate(encoded) if encoded else np.zeros(0, np.uint8)
        content[kind + "_ends"] = np.cumsum([len(item) for item in encoded], dtype=np.int64)
        print(f"{kind}: {len(encoded)} pictures, {content[kind].size >> 20} MiB")
    np.savez(arguments.out, **content)


main()
