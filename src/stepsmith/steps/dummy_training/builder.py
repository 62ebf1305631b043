"""What is special about DummyTraining: where the model comes from when no step provides it."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepsmith import __version__
from stepsmith.build.processing import ProcessingStepBuilder, ResolvedInput
from stepsmith.build.staging import is_s3, require_path, require_s3_uri
from stepsmith.container.archive.limits import limits_of
from stepsmith.container.archive.names import MODEL_NAME
from stepsmith.container.archive.read import ARCHIVE_SUFFIXES, read_archive
from stepsmith.container.archive.write import entries_of_folder
from stepsmith.definition.assets import (
    ARCHIVE_FIXES,
    ArchiveSource,
    Asset,
    AssetObject,
    FileSource,
    RemoteSource,
    object_of_source,
    translate_archive_faults,
)
from stepsmith.definition.known_digests import (
    AS_ARCHIVE,
    identity_of,
    identity_of_files,
    keep_unchanged,
    known_digest,
    size_in,
)
from stepsmith.definition.references import Reference, display_text
from stepsmith.diagnostics import ANY_KEY, About, ConfigError, Example, MissingFileError, Rule
from stepsmith.steps.dummy_training.config import DummyTrainingConfig
from stepsmith.steps.dummy_training.contract import (
    EXPECTED_DIGEST_VARIABLE,
    PRETRAINED_MODEL,
)
from stepsmith.steps.dummy_training.specification import DUMMY_TRAINING_SPEC

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stepsmith.build.step_request import StepInputs
    from stepsmith.definition.references import Value


class DummyTrainingStepBuilder(ProcessingStepBuilder):
    """Makes the step that takes a pretrained model. A local model is verified here, before anything runs."""

    specification = DUMMY_TRAINING_SPEC
    config_class = DummyTrainingConfig
    single_instance = True

    def validate_inputs(self, provided: Collection[str]) -> None:
        """Checks that a model is named, and that it is there.

        Raises: ConfigError when no path is set and no step provides one; MissingFileError when nothing is there.
        """
        written = self.config.pretrained_model_path
        if PRETRAINED_MODEL in provided or isinstance(written, Reference):
            return
        if written is None or not str(written).strip():
            raise ConfigError(
                "STP202",
                "no pretrained model is named, and no step provides one",
                where=PRETRAINED_MODEL,
                requires=[(ANY_KEY,)],
                fix=f"set {PRETRAINED_MODEL} to a model.tar.gz, a folder, an S3 URI or a reference",
            )
        try:
            if is_s3(written):
                require_s3_uri(written, key_needed=True)
            else:
                require_path(self.base_dir / written, str(written))
        except (ConfigError, MissingFileError) as error:
            raise error.inside(PRETRAINED_MODEL) from None

    def provided(self, inputs: StepInputs, port: str, location: Value) -> ResolvedInput:
        """The model of another step, with what is known of it; it must have the digest that the config names."""
        digest = self.config.sha256
        environment = {EXPECTED_DIGEST_VARIABLE: digest} if digest else {}
        known = {"source_sha256": digest, "package_sha256": digest} if digest else {}
        step = inputs.step(port)
        upstream = {"source": str(inputs.sources[port]), **(step.provenance if step else {})}
        return ResolvedInput(location, environment=environment, provenance={**upstream, **known})

    def stage(self, port: str, written: Any) -> ResolvedInput:
        """The model as an input; its digest goes with it where it is known."""
        digest = self.config.sha256
        if isinstance(written, Reference) or is_s3(written):
            s3_uri = super().stage(port, written).s3_uri
            if digest is None or isinstance(written, Reference):
                return self._staged_model(s3_uri, None, digest)
            item = AssetObject(MODEL_NAME, digest, None, RemoteSource(str(written)))
        else:
            item = self._model(self.base_dir / written)
        if digest not in (None, item.digest):
            what = f"the model's SHA-256 is {item.digest}, and sha256 says {digest}"
            raise ConfigError(
                "STP240", what, where="sha256", fix="correct sha256, or give the model that it belongs to"
            )
        asset = Asset(f"{self.location}/input/{item.digest}/", item.digest, (item,))
        return self._staged_model(asset.uri, asset, item.digest)

    def provenance(self, inputs: StepInputs, staged: Mapping[str, ResolvedInput]) -> Mapping[str, Value]:  # noqa: ARG002 - the base's signature
        """Where the model came from, and its digest where it is known: the step hands on the very bytes."""
        return staged[PRETRAINED_MODEL].provenance

    def _staged_model(self, s3_uri: Value, asset: Asset | None, digest: str | None) -> ResolvedInput:
        # Of what only an execution knows, the reference that reads it: the value itself may hold what the registry
        # refuses, and nothing in a definition can replace that.
        source = display_text(self.config.pretrained_model_path)
        if digest is None:
            return ResolvedInput(s3_uri, asset, provenance={"source": source})
        known = {"source": source, "source_sha256": digest, "package_sha256": digest}
        return ResolvedInput(s3_uri, asset, {EXPECTED_DIGEST_VARIABLE: digest}, known)

    def _model(self, path: Path) -> AssetObject:
        with translate_archive_faults(ARCHIVE_FIXES):
            if path.is_dir():
                _refuse_folder_of_archives(path)
                return self._archived(path)
            return self._verified(path)

    def _archived(self, path: Path) -> AssetObject:
        """The archive of the folder at `path`, made now for its digest, or before of the same files."""
        source = ArchiveSource(tuple(entries_of_folder(str(path))), self.config.compress)
        files = [Path(entry.path) for entry in source.entries]
        identity = identity_of_files(files)
        # What is deflated depends on zlib too.
        read_as = f"folder {__version__} {self.config.compress and zlib.ZLIB_RUNTIME_VERSION}"
        known = self.digests.find(str(path.absolute()), identity, read_as)
        if known:
            digest, _, size_bytes = known.partition(" ")
            return AssetObject(MODEL_NAME, digest, int(size_bytes), source)
        item = object_of_source(MODEL_NAME, source)
        if identity_of_files(files) == identity:
            self.digests.keep(str(path.absolute()), identity, read_as, f"{item.digest} {item.size_bytes}")
        return item

    def _verified(self, path: Path) -> AssetObject:
        """The archive at `path`, verified now, or before by the same rules and unchanged since."""
        limits = limits_of(self.config.env)
        read_as = f"{AS_ARCHIVE} {__version__} {limits}"
        identity = identity_of(path) if path.is_file() else ()
        known = known_digest(self.digests, path, identity, read_as)
        if known:
            return AssetObject(MODEL_NAME, known, size_in(identity), FileSource(path))
        record = read_archive(str(path), limits=limits)
        keep_unchanged(self.digests, path, record.identity, read_as, record.digest)
        return AssetObject(MODEL_NAME, record.digest, record.size_bytes, FileSource(path))


def _refuse_folder_of_archives(path: Path) -> None:
    """An archive in an archive is what nobody means by naming the folder that a model.tar.gz lies in."""
    archives = sorted(item.name for item in path.iterdir() if item.name.lower().endswith(ARCHIVE_SUFFIXES))
    if archives:
        what = f"the folder {str(path)!r} holds an archive, {archives[0]!r}"
        raise ConfigError("STP241", what, fix="name the archive itself, or a folder of a model's own files")


# The name under which a registry knows the builder.
DummyTrainingStep = DummyTrainingStepBuilder


RULES = (
    Rule(
        "STP240",
        "A model with a different digest",
        "`sha256` pins the model that you reviewed. The file has other contents, so it is not used.",
        About.PIPELINE,
        "Use the model that the digest belongs to, or update `sha256` if the change is intended.",
        Example(
            "pipeline.yaml",
            "    pretrained_model_path: model/\n",
            "    pretrained_model_path: model/\n    sha256: "
            "'0000000000000000000000000000000000000000000000000000000000000000'\n",
        ),
    ),
    Rule(
        "STP241",
        "A folder that contains an archive",
        "Stepsmith packs the folder into a model archive. An archive inside an archive is almost never intended.",
        About.PIPELINE,
        "Set the path to the archive itself, or to a folder that contains only the files of the model.",
    ),
)
