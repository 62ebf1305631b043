"""Where a deploy puts a file's bytes, and a file of which it keeps the digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

# It was not only just written, as those are that a test makes.
EXAMPLE_MODEL = Path(__file__).parents[2] / "examples" / "pretrained-model" / "models" / "penguins.tar.gz"


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def model_key(path):
    """The key of the model of `pipeline_of`'s pipeline."""
    return f"one/dummy_training/input/{digest_of(path)}/model.tar.gz"
