"""GIF (89a): one screen, any number of frames, and LZW codes that refer to what is not there."""
import io
import random

from case import CLEAN, DECODE_ERROR, TOO_LARGE, UNSUPPORTED, Cases, le16
from jpeg import picture


def encoded(frames=1, size=(96, 64)):
    out = io.BytesIO()
    first = picture(size).quantize(64)
    more = [picture(size).rotate(7 * (i + 1)).quantize(64) for i in range(frames - 1)]
    first.save(out, "GIF", save_all=frames > 1, append_images=more)
    return out.getvalue()


def screen(width, height, palette=True):
    return b"GIF89a" + le16(width) + le16(height) + (b"\x80\0\0" + bytes(6) if palette else b"\0\0\0")


def frame(left, top, width, height, codes, code_size=2):
    blocks = b"".join(bytes([len(codes[at:at + 255])]) + codes[at:at + 255] for at in range(0, len(codes), 255))
    return b"," + le16(left) + le16(top) + le16(width) + le16(height) + b"\0" + bytes([code_size]) + blocks + b"\0"


CLEAR_AND_END = bytes([0x2C])  # code size 2: clear (4), then end (5)


def cases():
    c = Cases("gif", "gif")
    plain_head = encoded()[:13 + 3 * 64]  # with its palette
    c.add("screen-65535", screen(65535, 65535) + frame(0, 0, 8, 8, CLEAR_AND_END) + b";", TOO_LARGE, why="a tiny frame on a huge screen")
    c.add("frame-65535", screen(8, 8) + frame(0, 0, 65535, 65535, CLEAR_AND_END) + b";", TOO_LARGE, DECODE_ERROR, why="a huge frame on a tiny screen")
    c.add("frame-outside", screen(64, 64) + frame(60000, 60000, 8, 8, CLEAR_AND_END) + b";", DECODE_ERROR, CLEAN, TOO_LARGE, why="a frame that nobody can see")
    c.add("screen-0", screen(0, 0) + frame(0, 0, 8, 8, CLEAR_AND_END) + b";", DECODE_ERROR, CLEAN, why="no screen")
    c.add("frame-0", screen(8, 8) + frame(0, 0, 0, 0, CLEAR_AND_END) + b";", DECODE_ERROR, why="no frame")
    c.add("no-palette", screen(8, 8, palette=False) + frame(0, 0, 8, 8, CLEAR_AND_END) + b";", DECODE_ERROR, why="indices into nothing")
    for size in (0, 1, 12, 255):
        c.add(f"code-size-{size}", screen(8, 8) + frame(0, 0, 8, 8, bytes(20), code_size=size) + b";", DECODE_ERROR, why="LZW codes of no such size")
    c.add("codes-noise", screen(320, 240) + frame(0, 0, 320, 240, random.Random(4).randbytes(5000), 8) + b";", DECODE_ERROR, CLEAN, why="codes that are noise")
    c.add("codes-missing", screen(320, 240) + frame(0, 0, 320, 240, b"") + b";", DECODE_ERROR, why="no codes")
    c.add("no-frame", screen(320, 240) + b";", DECODE_ERROR, why="a screen without a picture")
    c.add("extensions-20000", plain_head + b"!\xfe\x01x\0" * 20000 + encoded()[len(plain_head):], CLEAN, DECODE_ERROR, why="a long row of comments")
    c.add("extension-without-end", screen(8, 8) + b"!\xfe" + b"\xff" + bytes(100), DECODE_ERROR, why="a comment that does not end")
    c.add("animated-2", encoded(2), UNSUPPORTED, why="a second frame that nobody looks at")
    c.add("animated-300", encoded(300), UNSUPPORTED, why="299 frames that nobody looks at")
    large = screen(4000, 4000) + frame(0, 0, 4000, 4000, CLEAR_AND_END) * 2000 + b";"
    c.add("frames-2000-large", large, UNSUPPORTED, DECODE_ERROR, why="2000 frames of 16 million pixels in 40 KB")
    plain = encoded(size=(320, 240))
    c.add_cuts(plain, (6, 13, 100, len(plain) // 2, len(plain) - 2), DECODE_ERROR)
    c.add_mutations([plain], range(1, 7), 6, CLEAN, DECODE_ERROR, TOO_LARGE, UNSUPPORTED)
    return c.all
