"""`stepsmith archive`: a model.tar.gz verified, listed, packaged and unpacked, each in one pass."""

from __future__ import annotations

import os
import re
import stat
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stepsmith.cli.command_groups import SuggestingGroup
from stepsmith.cli.console.screen import plural, print_facts, print_json, print_line, print_wrapped
from stepsmith.cli.options import json_option
from stepsmith.container.archive.limits import USUAL, Limits
from stepsmith.container.archive.package import code_entries, package_model, refuse_unsafe
from stepsmith.container.archive.read import read_archive
from stepsmith.container.archive.unpack import unpack_archive
from stepsmith.container.archive.write import entry_of_file
from stepsmith.definition.assets import ARCHIVE_FIXES, translate_file_errors
from stepsmith.diagnostics import ArchiveError, RunError, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stepsmith.container.archive.headers import Member
    from stepsmith.container.archive.package import PackageRecord
    from stepsmith.container.archive.read import ArchiveRecord
    from stepsmith.container.archive.write import ArchiveEntry

_SIZE_CHARACTERS = 15


def _is_here(context: click.Context, parameter: click.Parameter, value: Path) -> Path:
    """The path of an archive on this machine.

    Raises: BadParameter when it is the URI of one on S3.
    """
    if value.parts and value.parts[0].lower() == "s3:":
        raise click.BadParameter("of an archive on S3 only `verify` and `package` are done", context, parameter)
    return value


archive_argument = click.argument("archive", type=click.Path(path_type=Path, readable=False), callback=_is_here)
_UNPACKED_OPTION = click.option(
    "--max-unpacked-bytes",
    type=click.IntRange(min=1),
    default=USUAL.unpacked_bytes,
    help="Refuse what unpacks to more; 1 TiB if not given.",
)
_RATIO_OPTION = click.option(
    "--max-ratio",
    type=click.IntRange(min=1),
    default=USUAL.ratio,
    help=f"Refuse what, past its first GiB, unpacks to over so many times its size; {USUAL.ratio} if not given.",
)
_LINKS_OPTION = click.option("--links", is_flag=True, help="Admit links to files that the archive holds itself.")


def _digest(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The digest that was typed, in lower case.

    Raises: BadParameter when it is none.
    """
    if value is not None and not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise click.BadParameter(f"{value!r} is no SHA-256; write its 64 hexadecimal digits", context, parameter)
    return value and value.lower()


class _Place(click.ParamType):  # type: ignore[type-arg]
    """The path of a file here, or the S3 URI of an object, which stays text."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:  # noqa: ARG002 - click's signature
        """What was typed, as what it is."""
        return str(value) if str(value).lower().startswith("s3:") else Path(value)


def _account_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in ("region", "profile"):
        function = click.option(f"--{option}", metavar="NAME", help=f"The {option}, for an archive on S3.")(function)
    return function


place_argument = click.argument("archive", type=_Place())


def _limited(function: Callable[..., None]) -> Callable[..., None]:
    """A command that is called with the limits which its options say."""

    @_UNPACKED_OPTION
    @_RATIO_OPTION
    @wraps(function)
    def called(*arguments: Any, max_unpacked_bytes: int, max_ratio: int, links: bool = False, **options: Any) -> None:
        function(*arguments, limits=Limits(max_unpacked_bytes, max_ratio, links), **options)

    return called


@click.group("archive", cls=SuggestingGroup, meant=("verify an archive", "verify"))
def command() -> None:
    """Verify, list, package and unpack a model.tar.gz; each reads it once.

    \b
    Example: stepsmith archive verify model.tar.gz
    """


@command.command("verify")
@place_argument
@click.option("--sha256", metavar="DIGEST", callback=_digest, help="Refuse any archive but the one of this SHA-256.")
@_LINKS_OPTION
@_limited
@_account_options
@json_option
def verify(archive: Path | str, *, sha256: str | None, limits: Limits, as_json: bool, **account: str | None) -> None:
    """Prove that an archive is whole and safe, to its last byte, and say what it is.

    An ARCHIVE on S3, s3://bucket/key, is read as a stream, and what pins the object is told.

    \b
    Example: stepsmith archive verify model.tar.gz
    """
    pinned: dict[str, Any] = {}
    if isinstance(archive, str):
        # What speaks to AWS takes its time to import, and most archives are here.
        from stepsmith.cli.remote_archives import verify_s3_archive  # noqa: PLC0415

        record, pinned = verify_s3_archive(archive, sha256 or "", limits, **account)
    else:
        with _facts_of(archive):
            record = read_archive(str(archive), None, sha256 or "", limits)
    if as_json:
        print_json({**_document(archive, record), **pinned})
        return
    print_facts({"archive": archive, **_facts(record), **_pin_facts(pinned)})
    _say_notes(record)


@command.command("list")
@archive_argument
@click.option("--digests", is_flag=True, help="Print each file's SHA-256 too.")
@_LINKS_OPTION
@_limited
@json_option
def list_members(archive: Path, digests: bool, limits: Limits, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """List what is in an archive, which is verified first: modes, sizes in bytes, names.

    \b
    Example: stepsmith archive list model.tar.gz --digests
    """
    with _facts_of(archive):
        record = read_archive(str(archive), limits=limits, file_digests=digests)
    if as_json:
        print_json({**_document(archive, record), "members": [_member(member) for member in record.members]})
        return
    for member in record.members:
        print_line(_line(member))


@command.command("package")
@place_argument
@click.option("--code", type=click.Path(path_type=Path), help="A folder of inference code; it goes under code/.")
@click.option("--entry-point", default="inference.py", show_default=True, help="The script that must be in it.")
@click.option("--add", multiple=True, metavar="NAME=FILE", help="One more file, and its name inside; any number.")
@click.option("--output", "-o", required=True, type=_Place(), help="The package to write; on S3 where the model is.")
@_LINKS_OPTION
@_limited
@_account_options
@json_option
def package(
    archive: Path | str,
    *,
    output: Path | str,
    limits: Limits,
    as_json: bool,
    profile: str | None,
    region: str | None,
    **added: Any,
) -> None:
    """Add inference code to a model, whose own bytes are verified and not compressed again.

    Of an ARCHIVE on S3, s3://bucket/key, the package is put together there: what is new is sent, all else copied.

    \b
    Example: stepsmith archive package model.tar.gz --code inference/ -o package.tar.gz
    """
    entries = _entries(**added)
    if isinstance(archive, str) and isinstance(output, str):
        from stepsmith.cli.remote_archives import package_s3_archive  # noqa: PLC0415 - as above

        model, package = package_s3_archive(archive, entries, output, limits, profile, region)
        if as_json:
            print_json({"model": _document(archive, model), "package": {"archive": output, **package}})
            return
        sizes = {
            "sha256": package["sha256"],
            "size": f"{package['size_bytes']:,} bytes",
            "sent": f"{package['sent_bytes']:,} bytes, all else copied on S3",
        }
        print_facts({"package": output, **sizes, "model sha256": model.digest, **_pin_facts(package)})
        return
    if isinstance(archive, str) or isinstance(output, str):
        raise click.UsageError("the model and the package are both on S3, or both here")
    with _facts_of(archive, output):
        record = package_model(str(archive), entries, str(output), limits)
    if as_json:
        documents = {"model": _document(archive, record.model), "package": _document(output, record.package)}
        print_json({**documents, "replaced": list(record.replaced)})
        return
    print_facts({"package": output, **_facts(record.package), "model sha256": record.model.digest})
    _say_notes(record.model, record)


def _entries(code: Path | None, entry_point: str, add: tuple[str, ...]) -> list[ArchiveEntry]:
    """What is to be added to a model.

    Raises: ArchiveError when it cannot be, or is not there.
    """
    if code is None and not add:
        raise click.UsageError("nothing is added; name a folder with --code, or a file with --add NAME=FILE")
    with translate_file_errors():
        entries = code_entries(str(code), entry_point) if code else []
        entries += [_entry(text) for text in add]
        refuse_unsafe(entries)
    return entries


@command.command("unpack")
@archive_argument
@click.argument("folder", type=click.Path(path_type=Path))
@_limited
@json_option
def unpack(archive: Path, folder: Path, limits: Limits, as_json: bool) -> None:  # noqa: FBT001 - click passes flags so
    """Unpack an archive into FOLDER, which must not be there yet: whole, or not at all.

    Files and directories alone are unpacked, and only inside; links are refused. Modes are 644, and 755 for what its
    owner may run, less your umask; owners and times are not taken over.

    \b
    Example: stepsmith archive unpack model.tar.gz model/
    """
    with _facts_of(archive, folder):
        record = unpack_archive(str(archive), str(folder), limits)
    if as_json:
        print_json({**_document(archive, record), "folder": str(folder)})
        return
    print_facts({"folder": folder, **_facts(record)})
    _say_notes(record)


@contextmanager
def _facts_of(archive: Path, written: Path | None = None) -> Iterator[None]:
    """A block in which what is wrong is told of the archive, or of the place that is written to."""
    try:
        with translate_file_errors(ARCHIVE_FIXES):
            yield
    except ArchiveError as error:
        # What is wrong with a file, or a folder, as such names it already.
        is_named = error.findings[0].data.get("place") in (str(archive), str(written))
        raise error if is_named else error.inside(str(archive)) from None
    except OSError as error:
        message = f"{written or archive} cannot be written: {error.strerror}"
        raise RunError(
            "RUN009", message, fix="see that its folder can be written to, and that there is room"
        ) from error


def _entry(text: str) -> ArchiveEntry:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise click.UsageError(
            f"--add {text} says no name and file; write --add NAME=FILE, as in --add code/x.txt=x.txt"
        )
    return entry_of_file(name, path)


def _facts(record: ArchiveRecord) -> dict[str, str]:
    """What is told of an archive, by name."""
    folders = sum(member.is_directory for member in record.members)
    members = len(record.gzip_members)
    return {
        "sha256": record.digest,
        "size": f"{record.size_bytes:,} bytes",
        "unpacked": f"{record.unpacked_bytes:,} bytes",
        "holds": plural(len(record.files), "file") + (f", {plural(folders, 'folder')}" if folders else ""),
        "gzip members": f"{members:,}" if members > 1 else "",
    }


def _say_notes(record: ArchiveRecord, package: PackageRecord | None = None) -> None:
    for member in record.privileged:
        print_wrapped(f"note: the folder {member.name or '.'} has {member.privileges} set in its mode")
    for name in package.replaced if package else ():
        print_wrapped(
            f"note: the model held {name} already; it was replaced, and the package written anew, uncompressed"
        )
    if package and not package.replaced and len(record.gzip_members) > 1:
        count = len(record.gzip_members)
        print_wrapped(f"note: the model is of {count:,} gzip members; yours is in the first that holds anything")


def _pin_facts(pinned: dict[str, Any]) -> dict[str, str]:
    """What pins an object on S3, by name, empty where nothing does."""
    return {"version": pinned.get("version_id") or "", "etag": pinned.get("etag") or ""}


def _document(path: Path | str, record: ArchiveRecord) -> dict[str, Any]:
    return {
        "archive": os.fspath(path),
        "sha256": record.digest,
        "size_bytes": record.size_bytes,
        "unpacked_bytes": record.unpacked_bytes,
        "files": len(record.files),
        "gzip_members": [member._asdict() for member in record.gzip_members],
        "privileged_folders": [member.name for member in record.privileged],
    }


def _member(member: Member) -> dict[str, Any]:
    kind = "directory" if member.is_directory else "link" if member.link else "file"
    shown_facts = {"name": member.name, "kind": kind, "size_bytes": member.size_bytes, "mode": f"{member.mode:04o}"}
    return {
        **shown_facts,
        **({"link": member.link} if member.link else {}),
        **({"sha256": member.digest} if member.digest else {}),
    }


def _line(member: Member) -> str:
    kind = stat.S_IFDIR if member.is_directory else stat.S_IFLNK if member.link else stat.S_IFREG
    name = (member.name or ".") + ("/" if member.is_directory else f" -> {member.link}" if member.link else "")
    digest = f"  {member.digest or '-':64}" if member.digest else ""
    return f"{stat.filemode(kind | member.mode)} {member.size_bytes:>{_SIZE_CHARACTERS},}{digest}  {printable(name)}"
