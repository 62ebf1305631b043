"""The models that are archived, as names and contents, and the code that is packaged with them."""

from __future__ import annotations

import hashlib

CODE = {"code/inference.py": b"def model_fn(folder):\n    return folder\n", "code/requirements.txt": b"numpy\n"}


def noise(size_bytes: int) -> bytes:
    """Bytes that no compressor makes less of, the same every time."""
    return hashlib.shake_256(b"noise").digest(size_bytes)


# What is stored, what has few different bytes, and what is found again from afar: all that deflate does.
WEIGHTS = noise(300_000) + bytes(200_000) + b"".join(b"layer %d: weight, bias\n" % (n * n) for n in range(8_000))

# Names that a tar of 1979 holds: up to 99 bytes with `./` before them.
SHORT = {
    "model.json": b'{"layers": 3}\n',
    "weights/layer-0.bin": WEIGHTS,
    "empty": b"",
    "one": b"1",
    "a block less one": noise(511),
    "a block": noise(512),
    "a block and one": noise(513),
    "Größe/模型-😀.txt": b"UTF-8\n",
    "short/" + "n" * 90: b"97 bytes\n",
}
# Names that ustar holds: up to 255 bytes, where there is a slash at which they can be cut in 155 and 100.
SPLIT = SHORT | {
    f"{'d' * 60}/{'e' * 60}/{'n' * 70}": b"over 100 bytes\n",
    f"{'ö' * 45}/{'模' * 20}/{'型' * 20}": b"over 200 bytes of UTF-8\n",
    f"{'d' * 80}/{'e' * 70}/{'n' * 97}": b"nearly all that is possible\n",
}
# Names that need an extended header.
LONG = SPLIT | {
    "n" * 101: b"no slash to be cut at\n",
    "m" * 255: b"as long as a file system lets it be\n",
    f"{'d' * 200}/{'e' * 200}/{'n' * 200}": b"over 256 bytes\n",
    f"{'ö' * 100}/{'模' * 80}/{'😀' * 60}": b"over 256 bytes of UTF-8\n",
}
MANY = {f"shards/{number % 100:02}/part-{number:05}.bin": b"%d\n" % number * (number % 7) for number in range(10_000)}
