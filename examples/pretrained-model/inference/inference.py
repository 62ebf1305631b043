"""Serve the penguin classifier: the four functions that a SageMaker inference container calls.

For each request the container calls ``input_fn``, ``predict_fn`` and ``output_fn`` in turn, with the model
that ``model_fn`` loaded once. The model is plain JSON and the arithmetic is a dozen lines, so the
standard library is enough. A request that cannot be answered is a ``ValueError`` that says where and why.
"""

# zip() has no strict= on Python 3.8.
# ruff: noqa: B905

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

# The columns of a CSV row, which comes without a header: those of the data set without the label.
COLUMNS = ("island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex")


def model_fn(model_dir: str) -> dict[str, Any]:
    """The model in ``model_dir/model.json``.

    Raises: ValueError when it was trained on other columns than those that ``input_fn`` reads.
    """
    model: dict[str, Any] = json.loads(Path(model_dir, "model.json").read_text(encoding="utf-8"))
    if tuple(model["columns"]) != COLUMNS:
        raise ValueError(f"model.json has the columns {model['columns']}, inference.py reads {list(COLUMNS)}")
    return model


def input_fn(body: bytes | str, content_type: str) -> list[dict[str, Any]]:
    """The rows of a request, each a dict that has at least the ``COLUMNS``.

    ``text/csv`` has rows without a header in the order of ``COLUMNS``; ``application/jsonlines`` has an
    object a line; ``application/json`` has one object or a list of them.

    Raises: ValueError when the content type is not one of these, or the body is not what it says.

    >>> input_fn(b"Dream,46.5,17.9,192,3500,female", "text/csv")[0]["island"]
    'Dream'
    """
    reader = _choose(_READERS, content_type, "content type")
    text = body.decode("utf-8") if isinstance(body, (bytes, bytearray)) else body
    rows: list[dict[str, Any]] = reader(text)
    if not rows:
        raise ValueError("the request has no rows")
    for number, row in enumerate(rows):
        _check_columns(number, row)
    return rows


def predict_fn(data: list[dict[str, Any]], model: dict[str, Any]) -> list[dict[str, Any]]:
    """The most probable species of each row, and the probability of every species.

    Raises: ValueError when a value is not a number, or not a category that the model was trained with.
    """
    return [_predict(_features(number, row, model), model) for number, row in enumerate(data)]


def output_fn(prediction: list[dict[str, Any]], accept: str) -> str:
    """The predictions as ``application/json`` (a list of objects, also for ``*/*``) or ``text/csv``.

    A CSV row is the species, then the probabilities in the order of the model's classes, without a header.

    Raises: ValueError when ``accept`` is none of these.
    """
    body: str = _choose(_WRITERS, accept, "accept type")(prediction)
    return body


def _choose(table: dict[str, Any], media_type: str, what: str) -> Any:
    """The entry for a media type, whose parameters (``; charset=utf-8``) and case do not matter."""
    name = media_type.partition(";")[0].strip().lower()
    if name not in table:
        raise ValueError(f"unsupported {what} {media_type!r}: use one of {', '.join(table)}")
    return table[name]


def _read_csv(text: str) -> list[Any]:
    try:
        rows = [values for values in csv.reader(io.StringIO(text, newline="")) if values]
    except csv.Error as error:
        raise ValueError(f"the body is not CSV: {error}") from error
    for number, values in enumerate(rows):
        if len(values) != len(COLUMNS):
            raise ValueError(f"row {number}: has {len(values)} values, must have {', '.join(COLUMNS)}")
    return [dict(zip(COLUMNS, values)) for values in rows]


def _read_json_lines(text: str) -> list[Any]:
    lines = [line for line in text.split("\n") if line.strip()]
    return [_parse(line, f"row {number}") for number, line in enumerate(lines)]


def _read_json(text: str) -> list[Any]:
    document = _parse(text, "the body")
    return document if isinstance(document, list) else [document]


def _parse(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{what}: not JSON: {error}") from error


def _check_columns(number: int, row: Any) -> None:
    if not isinstance(row, dict):
        # A ValueError like every other fault of a request, so that a caller has one kind to catch.
        raise ValueError(f"row {number}: must be an object keyed by column, not {row!r}")  # noqa: TRY004
    missing = [column for column in COLUMNS if column not in row]
    if missing:
        raise ValueError(f"row {number}: lacks {', '.join(missing)}")


def _features(number: int, row: dict[str, Any], model: dict[str, Any]) -> list[float]:
    """One row in the order of the model's features: standardised numbers, then one-hot categories."""
    features = [
        (_finite(number, column, row[column]) - mean) / scale
        for column, mean, scale in zip(model["numeric"], model["means"], model["scales"])
    ]
    for column, categories in model["categories"].items():
        if row[column] not in categories:
            raise ValueError(f"row {number}: {column} must be one of {', '.join(categories)}, not {row[column]!r}")
        features.extend(float(row[column] == category) for category in categories)
    return features


def _finite(number: int, column: str, value: Any) -> float:
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if not math.isfinite(result):
        raise ValueError(f"row {number}: {column} must be a finite number, not {value!r}")
    return result


def _predict(features: list[float], model: dict[str, Any]) -> dict[str, Any]:
    scores = [
        intercept + sum(weight * feature for weight, feature in zip(weights, features))
        for weights, intercept in zip(model["coefficients"], model["intercepts"])
    ]
    probabilities = dict(zip(model["classes"], _softmax(scores)))
    return {"species": max(probabilities, key=probabilities.__getitem__), "probabilities": probabilities}


def _softmax(scores: list[float]) -> list[float]:
    """The scores as probabilities that sum to 1.

    >>> _softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    # Without the shift to a largest score of 0, exp() overflows.
    highest = max(scores)
    powers = [math.exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _write_csv(prediction: list[dict[str, Any]]) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerows([row["species"], *row["probabilities"].values()] for row in prediction)
    return output.getvalue()


_READERS = {"text/csv": _read_csv, "application/jsonlines": _read_json_lines, "application/json": _read_json}
_WRITERS = {"application/json": json.dumps, "text/csv": _write_csv, "*/*": json.dumps}
