"""A machine to run definitions on that are written by hand, as another tool would write them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest

from stepsmith.definition.assets import Compiled
from stepsmith.local.engine import run
from stepsmith.local.store import Store

# Before every script: where the job's folders are on this machine.
PREAMBLE = """\
import json, os, signal, sys, time
from pathlib import Path
ROOT = Path(os.environ["STEPSMITH_ML_ROOT"])
IN, OUT = ROOT / "processing/input", ROOT / "processing/output/out"
"""


@dataclass(frozen=True)
class Machine:
    """A store of its own, scripts and steps put there by hand, and runs of them."""

    store: Store

    def put(self, uri, content):
        """Puts an object that holds a text."""
        return self.store.objects.put(uri, [content.encode()])

    def read(self, uri):
        """The text of an object."""
        return self.store.objects.path(uri).read_text()

    def step(self, name, script, *, inputs=None, after=(), property_files=(), **arguments):
        """The JSON of a Processing step that runs `script`, which writes to OUT, with the objects of `inputs` in IN."""
        self.put(f"s3://tools/scripts/{name}/main.py", PREAMBLE + script)
        everything = {"code": f"s3://tools/scripts/{name}/", **(inputs or {})}
        place = ["s3://bucket/out", {"Get": "Execution.PipelineExecutionId"}, name]
        return {
            "Name": name,
            "Type": "Processing",
            "DependsOn": list(after),
            "PropertyFiles": list(property_files),
            "Arguments": {
                "AppSpecification": {
                    "ImageUri": "image",
                    "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/main.py"],
                },
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
                },
                "RoleArn": "arn:aws:iam::123456789012:role/a",
                "ProcessingInputs": [
                    {
                        "InputName": one,
                        "S3Input": {
                            "S3Uri": uri,
                            "LocalPath": f"/opt/ml/processing/input/{one}",
                            "S3DataType": "S3Prefix",
                            "S3InputMode": "File",
                        },
                    }
                    for one, uri in everything.items()
                ],
                "ProcessingOutputConfig": {
                    "Outputs": [
                        {
                            "OutputName": "out",
                            "S3Output": {
                                "S3Uri": {"Std:Join": {"On": "/", "Values": place}},
                                "LocalPath": "/opt/ml/processing/output/out",
                                "S3UploadMode": "EndOfJob",
                            },
                        }
                    ]
                },
                **arguments,
            },
        }

    def compiled(self, *steps, parameters=(), assets=()):
        """A definition of these steps, as text, and assets beside it."""
        document = {"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}
        return Compiled("by-hand", json.dumps(document), tuple(assets))

    def run(self, *steps, parameters=(), assets=(), given=None, report=lambda _: None):
        """A run of these steps."""
        compiled = self.compiled(*steps, parameters=parameters, assets=assets)
        return run(compiled, store=self.store.root, parameters=given, report=report)

    def sandboxes(self):
        """What is left of sandboxes."""
        return list((self.store.root / "sandboxes").glob("*"))

    def rows(self, query):
        """What the store's database answers."""
        with closing(sqlite3.connect(self.store.database)) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def machine(tmp_path):
    return Machine(Store(tmp_path / "store"))
