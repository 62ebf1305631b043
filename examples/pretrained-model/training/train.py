"""Train the penguin classifier that the example pipeline carries as a pretrained model.

This script ran once, outside of any pipeline: the pipeline never trains. It writes

- ``models/penguins.tar.gz``: ``model.json`` (all the numbers of the model, no pickle) and ``metrics.json``;
- ``expected_answers.json``: what scikit-learn itself answers for every row of the data, so that
  ``inference/inference.py``, which does the same arithmetic without scikit-learn, can be held to it.

The model that is saved is the one fitted to the training split, so that the measured accuracy is
its own.

    pip install -r requirements.txt
    python train.py
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import platform
import tarfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

EXAMPLE = Path(__file__).resolve().parent.parent
LABEL = "species"
CATEGORICAL = ("island", "sex")
TEST_SHARE = 0.25
SEED = 20261124


class Penguins(NamedTuple):
    """The data set as feature columns and labels, in the order of the file."""

    columns: list[str]
    rows: list[dict[str, Any]]
    labels: list[str]

    @property
    def numeric(self) -> list[str]:
        """The columns that hold measurements, in the order of the file."""
        return [column for column in self.columns if column not in CATEGORICAL]

    def matrix(self) -> np.ndarray:
        """The features as an object array of shape (rows, columns), numbers and names mixed."""
        return np.array([list(row.values()) for row in self.rows], dtype=object)


def read_penguins(path: Path) -> Penguins:
    """The penguins in a CSV file with a header, each number as the int or float that it is written as."""
    with path.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    labels = [row.pop(LABEL) for row in rows]
    penguins = Penguins(list(rows[0]), rows, labels)
    for row in rows:
        row.update({column: json.loads(row[column]) for column in penguins.numeric})
    return penguins


def classifier(penguins: Penguins) -> Pipeline:
    """An unfitted multinomial logistic regression on standardised numbers and one-hot categories."""
    index = penguins.columns.index
    encoder = ColumnTransformer(
        [
            ("numeric", StandardScaler(), [index(column) for column in penguins.numeric]),
            ("categorical", OneHotEncoder(sparse_output=False), [index(column) for column in CATEGORICAL]),
        ]
    )
    # Newton's method reaches the one optimum to the last few bits, so that a rerun gives the same model;
    # the default solver stops some 1e-6 away from it, at a point that depends on the machine.
    regression = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    return Pipeline([("encoder", encoder), ("regression", regression)])


def fit(penguins: Penguins) -> tuple[Pipeline, dict[str, Any]]:
    """The classifier fitted to the training split, and its metrics on the held-out split."""
    features, labels = penguins.matrix(), np.array(penguins.labels)
    train_x, test_x, train_y, test_y = train_test_split(
        features, labels, test_size=TEST_SHARE, stratify=labels, random_state=SEED
    )
    model = classifier(penguins).fit(train_x, train_y)
    metrics = {
        "accuracy": float(accuracy_score(test_y, model.predict(test_x))),
        "log_loss": float(log_loss(test_y, model.predict_proba(test_x), labels=model.classes_)),
        "train_rows": len(train_y),
        "test_rows": len(test_y),
    }
    return model, metrics


def describe(model: Pipeline, penguins: Penguins) -> dict[str, Any]:
    """The fitted model as plain JSON data; ``coefficients[c][f]`` weighs feature f for class c."""
    scaler = model["encoder"].named_transformers_["numeric"]
    one_hot = model["encoder"].named_transformers_["categorical"]
    categories = {name: found.tolist() for name, found in zip(CATEGORICAL, one_hot.categories_, strict=True)}
    one_hot_names = [f"{column}={value}" for column, values in categories.items() for value in values]
    return {
        "model": "multinomial logistic regression",
        "label": LABEL,
        "columns": penguins.columns,
        "numeric": penguins.numeric,
        "means": scaler.mean_.tolist(),
        "scales": scaler.scale_.tolist(),
        "categories": categories,
        "features": penguins.numeric + one_hot_names,
        "classes": model.classes_.tolist(),
        "coefficients": model["regression"].coef_.tolist(),
        "intercepts": model["regression"].intercept_.tolist(),
        "trained_with": {
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
    }


def answers(model: Pipeline, penguins: Penguins) -> list[dict[str, Any]]:
    """What scikit-learn answers for each row, in the order of the data; probabilities to 6 places."""
    features = penguins.matrix()
    classes, species = model.classes_.tolist(), model.predict(features).tolist()
    probabilities = [
        dict(zip(classes, shares, strict=True)) for shares in model.predict_proba(features).round(6).tolist()
    ]
    return [
        {"features": row, LABEL: name, "probabilities": shares}
        for row, name, shares in zip(penguins.rows, species, probabilities, strict=True)
    ]


def write_archive(path: Path, documents: dict[str, Any]) -> None:
    """Write a .tar.gz with one JSON file per document, each at the root of the archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", format=tarfile.USTAR_FORMAT) as archive:
        for name, document in documents.items():
            content = (json.dumps(document, indent=2) + "\n").encode()
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), int(time.time())
            archive.addfile(member, io.BytesIO(content))


def write_answers(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write the known answers as one JSON document with a row a line, so that a diff shows which changed."""
    lines = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f'{{"rows": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


def main() -> None:
    """Train, write the archive and the known answers, and print the metrics."""
    parser = argparse.ArgumentParser(description="Train the penguin classifier outside of the pipeline.")
    parser.add_argument("--output", type=Path, default=EXAMPLE, help="folder to write to (the example's own)")
    output = parser.parse_args().output
    penguins = read_penguins(EXAMPLE / "data" / "penguins.csv")
    model, metrics = fit(penguins)
    documents = {"model.json": describe(model, penguins), "metrics.json": metrics}
    write_archive(output / "models" / "penguins.tar.gz", documents)
    write_answers(output / "expected_answers.json", answers(model, penguins))
    print(json.dumps(metrics, indent=2))


if __name__ == "__main__":
    main()
