"""Where a deploy puts a file's bytes."""

from __future__ import annotations

import hashlib


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def model_key(path):
    """The key of the model of `pipeline_of`'s pipeline."""
    return f"one/dummy_training/input/{digest_of(path)}/model.tar.gz"
