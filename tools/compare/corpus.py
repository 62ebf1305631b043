"""Writes the corpus: every case with its files and commands, from the tree that this version was installed from.

`python corpus.py ROOT FOLDER URL`, by the Python of the newer version's environment: it knows the rules and
makes the scaffolds. Both versions then read the same files. URL is of the server that plans ask.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import click

from stepsmith.cli.main import cli
from stepsmith.diagnostics import About
from stepsmith.diagnostics.catalogue import rules
from stepsmith.scaffold import new_pipeline, new_step
from stepsmith.steps import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMS = ("--json", "--format=text", "--format=github")
CREDENTIALS = {"aws_access_key_id": "testuser", "aws_secret_access_key": "testpass123"}


def pipeline_commands(name: str = "pipeline.yaml") -> list[list[str]]:
    """What shows all of the front end's work on a pipeline."""
    return [
        *(["check", name, form] for form in FORMS),
        ["explain", name, "--json"], ["explain", name],
        *(["graph", name, "--format", form] for form in ("mermaid", "dot")),
        ["compile", name, "--json"],
        ["validate", name, "--json"],
    ]  # fmt: skip


def whole_commands(name: str = "pipeline.yaml") -> list[list[str]]:
    """Those, and what is made of a definition that is whole."""
    return [
        *pipeline_commands(name),
        ["compile", name, "-o", "definition.json"],
        ["validate", "definition.json", "--json"], ["validate", "definition.json"],
        ["diff", "definition.json", name, "--json"],
        ["graph", name, "-o", "graph.dot"],
        ["policy", name], ["policy", name, "--for", "trust"],
        ["schema", name],
        ["deploy", name, "--plan", "--json"], ["deploy", name, "--plan"],
    ]  # fmt: skip


def run_commands(group: str, name: str = "pipeline.yaml") -> list[list[str]]:
    """A run, and everything that reads what it left."""
    return [
        ["run", name, "--json", "--sandbox", "process", "-j", "1"],
        ["run", name, "--sandbox", "process", "-j", "1"],
        ["runs", "--json"], ["runs"], ["runs", "show", "--json"], ["runs", "show"],
        ["models", "--json"], ["models"],
        *(["models", *command, group, "1", *form] for form in ([], ["--json"]) for command in (["show"], ["verify"])),
        ["models", "approve", group, "1", "--reason", "reviewed", "--json"],
        ["models", "reject", group, "2", "--reason", "too old"],
        ["models", "history", group, "--json"], ["models", "history", group],
    ]  # fmt: skip


class Corpus:
    """Collects the cases, each with its files in a folder of its own."""

    def __init__(self, root: Path, folder: Path, url: str) -> None:
        self.root, self.folder = root, folder
        self.cases: list[dict[str, Any]] = []
        self._environment = {
            **{name.upper(): value for name, value in CREDENTIALS.items()},
            "AWS_ENDPOINT_URL": url, "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
        }  # fmt: skip

    def add(
        self, name: str, commands: list[list[str]], *, source: Path | None = None, path: Iterable[str] = ()
    ) -> Path:
        """A case with the files of `source`; gives the folder of its files, to which more may be added."""
        files = self.folder / name
        if source is None:
            files.mkdir(parents=True)
        else:
            shutil.copytree(
                source, files, ignore=shutil.ignore_patterns(".stepsmith", "__pycache__"), dirs_exist_ok=True
            )
        self.cases.append(
            {"name": name, "files": str(files), "commands": commands, "path": [*path], "environment": self._environment}
        )
        return files


def add_examples(corpus: Corpus) -> None:
    """The example, and each golden pipeline, which stands in a copy of the example."""
    example = corpus.root / "examples" / "pretrained-model"
    corpus.add("example", [*whole_commands(), *run_commands("penguins")], source=example)
    for pipeline in sorted((corpus.root / "tests" / "golden").glob("*/pipeline.yaml")):
        golden = pipeline.parent
        packages = json.loads((golden / "packages.json").read_text()) if (golden / "packages.json").exists() else []
        path = [str(corpus.folder / "packages" / name) for name in packages]
        files = corpus.add(f"golden/{golden.name}", whole_commands("golden.yaml"), source=example, path=path)
        if (golden / "files").is_dir():
            shutil.copytree(golden / "files", files, dirs_exist_ok=True)
        shutil.copy(pipeline, files / "golden.yaml")
    for definition in sorted((corpus.root / "tests" / "golden").glob("*/definition.json")):
        files = corpus.add(
            f"golden-definition/{definition.parent.name}",
            [["validate", "definition.json", *form] for form in ([], ["--json"])],
        )
        shutil.copy(definition, files)


def add_scaffolds(corpus: Corpus) -> None:
    """What `new` makes, which each version makes itself."""
    name = "demo/pipeline.yaml"
    corpus.add("new-pipeline", [["new", "pipeline", "demo"], *whole_commands(name), *run_commands("demo", name)])
    step = [["check", "demo-step", form] for form in FORMS]
    trial = [["check", "demo-step/pipeline.yaml", "--json"], ["compile", "demo-step/pipeline.yaml", "--json"]]
    corpus.add("new-step", [["new", "step", "DemoStep"], *step, *trial])


def add_third_party(corpus: Corpus) -> None:
    """Steps from packages of others: one that is right, one that contradicts itself, one that takes a name of ours."""
    packages = corpus.root / "tests" / "third_party"
    for package in sorted(path for path in packages.iterdir() if (path / "pyproject.toml").exists()):
        source = package / "src" / f"stepsmith_{package.name.replace('-', '_')}"
        commands = [
            *(["check", str(source.relative_to(package)), form] for form in FORMS),
            ["steps", "--json"], ["steps"], ["schema"],
        ]  # fmt: skip
        if (package / "pipeline.yaml").exists():
            commands += pipeline_commands()
        corpus.add(
            f"third-party/{package.name}",
            commands,
            source=package,
            path=[str(corpus.folder / "packages" / package.name)],
        )


def add_rules(corpus: Corpus) -> None:
    """The example of each code, with its problem."""
    made = corpus.folder / "made"
    step, pipeline = new_step("ExampleStep", made / "step"), new_pipeline("example", made / "pipeline")
    # What earlier versions know too: the former name of a function, and a builder without the type of its config.
    for file, new, old in (
        ("script.py", "atomic import atomic_file", "whole import whole_file as atomic_file"),
        ("step.py", "ProcessingStepBuilder[ExampleStepConfig]", "ProcessingStepBuilder"),
    ):
        path = step / "src" / "example_step" / file
        path.write_text(path.read_text().replace(new, old))
    definition = corpus.root / "src" / "stepsmith" / "rules" / "definition.json"
    for code, rule in rules().items():
        if rule.example is None:
            continue
        if rule.about is About.STEP:
            files = corpus.add(f"rules/{code}", [["check", "src/example_step", form] for form in FORMS], source=step)
        elif rule.about in (About.PIPELINE, About.COMMENT):
            files = corpus.add(f"rules/{code}", pipeline_commands(), source=pipeline)
        else:
            files = corpus.add(f"rules/{code}", [["validate", "definition.json", *form] for form in ([], ["--json"])])
            shutil.copy(definition, files)
        for file, good, bad in ((rule.example.file, rule.example.good, rule.example.bad), *rule.example.also):
            text = (files / file).read_text("utf-8")
            if good not in text:
                raise SystemExit(f"the example of {code} is not in {file}")
            (files / file).write_text(text.replace(good, bad, 1), "utf-8")


def add_commands(corpus: Corpus) -> None:
    """Help, usage errors, the steps, and the explanation of every code that the source names."""
    source = "".join(path.read_text("utf-8") for path in sorted((corpus.root / "src").rglob("*.py")))
    codes = sorted(set(re.findall(r"\b(?:YML|STP|DAG|RES|DEF|ARC|RUN|REG|AWS|SDK)\d{3}\b", source)))
    corpus.add("explain-codes", [["check", "--explain", code] for code in codes])
    shown = [["steps", "show", step, *form] for step in sorted(TABLE) for form in ([], ["--json"])]
    checked = [["check", step, "--json"] for step in sorted(TABLE)]
    listed = [["steps"], ["steps", "--json"], ["steps", "show", "DumyTraining"], ["schema"]]
    corpus.add("steps", [*listed, *shown, *checked])
    corpus.add("help", [["--help"], ["--version"], *_help(cli, click.Context(cli))])
    wrong = [
        ["chek"], ["pipeline.yaml"], ["check", "--select", "XYZ000"], ["models", "penguins"], ["run"], ["runs"],
        ["models"], ["archive", "verify", "none.tar.gz"], ["compile", "none.yaml"], ["new", "pipeline", "not a name"],
        ["deploy", "none.yaml", "--plan"], ["run", "none.yaml", "--json"],
    ]  # fmt: skip
    corpus.add("usage", wrong)


def _help(group: click.Group, context: click.Context) -> Iterator[list[str]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield [name, "--help"]
        if isinstance(command, click.Group):
            yield from ([name, *rest] for rest in _help(command, click.Context(command)))


def add_archives(corpus: Corpus) -> None:
    """Archives of several formats, whole and damaged: listed, verified, and packaged byte for byte."""
    made = archives()
    names = sorted(made)
    each = [
        [*command, name, "--json"]
        for name in names
        for command in (["archive", "verify"], ["archive", "list", "--digests"])
    ]
    text = [["archive", "verify", name] for name in names]
    added = ["--code", "code", "--add", "extra/notes.txt=notes.txt"]
    package = [["archive", "package", name, *added, "-o", f"package-{name}", "--json"] for name in names]
    unpack = [["archive", "unpack", "gnu.tar.gz", "unpacked"]]
    files = corpus.add("archives", [*each, *text, *package, *unpack])
    (files / "code").mkdir()
    (files / "code" / "inference.py").write_text("def model_fn(model_dir):\n    return model_dir\n")
    (files / "notes.txt").write_text("from us\n")
    for name, content in made.items():
        (files / name).write_bytes(content)


def archives() -> dict[str, bytes]:
    """Each archive by its name."""
    gnu = _tar(
        {"model.json": b'{"w": [1, 2]}', "a/" + "long-" * 30 + "name.bin": bytes(range(256)) * 40}, tarfile.GNU_FORMAT
    )
    whole = _gzip(gnu)
    half, one = len(gnu) // 2, _tar({"model.json": b"{}"}, tarfile.GNU_FORMAT)
    return {
        "gnu.tar.gz": whole,
        "pax.tar.gz": _gzip(_tar({"modèle.json": b"{}", "weights": b"w" * 5000}, tarfile.PAX_FORMAT)),
        "ustar.tar.gz": _gzip(_tar({"./model.json": b"{}", "code/inference.py": b"x = 1\n"}, tarfile.USTAR_FORMAT)),
        "members.tar.gz": _gzip(gnu[:half]) + _gzip(gnu[half:]),
        "truncated.tar.gz": whole[:-20],
        "checksum.tar.gz": whole[:-8] + bytes(8),
        "trailing.tar.gz": whole + b"rest",
        "plain.tar.gz": gnu,
        "unsafe.tar.gz": _gzip(_tar({"../model.json": b"{}"}, tarfile.GNU_FORMAT)),
        "twice.tar.gz": _gzip(one[:1024] + _tar({"model.json": b"{ }"}, tarfile.GNU_FORMAT)),
        "empty.tar.gz": _gzip(_tar({}, tarfile.GNU_FORMAT)),
        "zero.tar.gz": b"",
    }  # fmt: skip


def _tar(files: dict[str, bytes], form: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def add_cases(corpus: Corpus) -> None:
    """Real people's files, in `tests/corpus`: each case over the files that its kind shares, with what they typed."""
    for kind in sorted(path for path in (corpus.root / "tests" / "corpus").iterdir() if path.is_dir()):
        for case in sorted(path for path in kind.iterdir() if path.is_dir() and path.name != "shared"):
            layers = [kind / "shared", case]
            spec = json.loads((case / "case.json").read_text("utf-8")) if (case / "case.json").exists() else {}
            files = corpus.add(f"{kind.name}/{case.name}", expanded(spec.get("commands", [["check", "pipeline.yaml"]])))
            for layer in layers if spec.get("shared", True) else [case]:
                if layer.is_dir():
                    shutil.copytree(layer, files, dirs_exist_ok=True, symlinks=True)
            (files / "case.json").unlink(missing_ok=True)
        for definition in sorted(kind.glob("*.json")):
            files = corpus.add(f"{kind.name}/{definition.stem}", expanded([["validate", definition.name]]))
            shutil.copy(definition, files)


def expanded(commands: list[list[str]]) -> list[list[str]]:
    """What people typed, and whatever else shows what is known of the same file."""
    more: list[list[str]] = []
    for command in commands:
        match command:
            case ["check", name]:
                more += pipeline_commands(name)
            case ["run", *rest]:
                plain = [word for word in rest if word not in ("--json", "--sandbox", "process")]
                more += [["run", *plain, "--sandbox", "process", "-j", "1", "--json"], ["runs", "show"]]
            case ["validate", name]:
                more += [command, [*command, "--json"]]
            case ["archive", "verify", name, *rest]:
                more += [command, [*command, "--json"], ["archive", "list", name, *rest]]
            case _:
                more.append(command)
    return more


def prepare_account(url: str) -> None:
    """Makes the bucket and the role that plans ask for."""
    given = {"region_name": "eu-west-1", "endpoint_url": url, **CREDENTIALS}
    boto3.client("s3", **given).create_bucket(
        Bucket="my-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    boto3.client("iam", **given).create_role(RoleName="SageMakerPipelines", AssumeRolePolicyDocument=document)


def main(root: str, folder: str, url: str) -> None:
    """Writes the files of every case below `folder`, and the list of cases to `folder/corpus.json`."""
    corpus = Corpus(Path(root), Path(folder), url)
    for add in (add_examples, add_scaffolds, add_third_party, add_rules, add_commands, add_archives, add_cases):
        add(corpus)
    prepare_account(url)
    example = corpus.cases[0]["files"]
    warm_up = {"files": example, "commands": [["check", "pipeline.yaml"], ["explain", "pipeline.yaml"], ["steps"]]}
    (Path(folder) / "corpus.json").write_text(json.dumps({"warm_up": warm_up, "cases": corpus.cases}, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
