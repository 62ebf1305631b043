"""Serves the model: the functions that a SageMaker inference container calls, in their order."""

import json
import os


def model_fn(model_dir):
    """The model."""
    with open(os.path.join(model_dir, "model.json"), encoding="utf-8") as file:
        return json.load(file)


def input_fn(body, content_type):
    """The rows of a request."""
    if content_type != "application/json":
        raise ValueError("{} is not served; send application/json".format(content_type))
    return json.loads(body)


def predict_fn(rows, model):
    """The score of each row."""
    weights = model["weights"]
    return [model["bias"] + sum(weights[name] * row[name] for name in weights) for row in rows]


def output_fn(scores, accept):
    """The answer."""
    return json.dumps(scores)
