"""The plan of a package that S3 puts together itself, of a model that stays where it is.

A package is a head of new entries, the model's own deflate data as they are, a trailer, and the gzip members that
followed in the model (`container/archive/splice.py`). S3 makes an object of parts, and a part may be a range of another
object; so what is new is uploaded, with as much of the model beside it as a part must have, and all else is copied
inside S3. Less than twice the smallest part of the model goes through the client, 10 MiB, whatever the model's size.
"""

from __future__ import annotations

import hashlib
from itertools import count
from typing import TYPE_CHECKING

from stepsmith.aws.s3.splice_parts import (
    LIMITS,
    CopyPart,
    HeadRange,
    Literal,
    ModelRange,
    Part,
    Piece,
    S3Limits,
    S3Model,
    SplicePlan,
    UploadPart,
    size_of,
)
from stepsmith.container.archive.package import replaced_by
from stepsmith.container.archive.splice import Head, kept_of
from stepsmith.definition.assets import translate_archive_faults
from stepsmith.diagnostics import About, AwsError, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stepsmith.container.archive.read import ArchiveRecord
    from stepsmith.container.archive.write import ArchiveEntry

_Run = tuple[Piece, ...] | ModelRange


def plan_splice(
    model: S3Model,
    record: ArchiveRecord,
    entries: Sequence[ArchiveEntry],
    limits: S3Limits = LIMITS,
) -> SplicePlan:
    """The plan of the package that `package_model` would write, byte for byte, of the model that `record` tells of.

    The entries' files are read once, for the head's CRC and digest. Raises: AwsError when the record is of another
    object, an entry would replace what the model holds, or S3 cannot hold the package. ArchiveError when an entry
    cannot be read, or its name cannot stand in the package.
    """
    if record.size_bytes != model.size_bytes:
        message = f"it has {model.size_bytes:,} bytes, and what was verified had {record.size_bytes:,}"
        raise AwsError("AWS002", message, where=model.uri, fix="verify this version of the object, and plan again")
    with translate_archive_faults():
        _refuse_replacing(model, record, entries)
        head, sha256 = Head(entries), hashlib.sha256()
        for chunk in head.chunks():
            sha256.update(chunk)
    pieces = _pieces(head, record)
    parts = tuple(_parts(model, pieces, limits))
    return SplicePlan(model, parts, size_of(pieces), head.size_bytes, sha256.hexdigest())


def _refuse_replacing(model: S3Model, record: ArchiveRecord, entries: Sequence[ArchiveEntry]) -> None:
    replaced = replaced_by(entries, record.members)
    if replaced:
        message = f"it holds {replaced[0]!r}, which would be replaced, and so all of it written anew"
        raise AwsError("AWS004", message, where=model.uri, fix="package it in a step, or leave the entry out")


def _pieces(head: Head, record: ArchiveRecord) -> tuple[Piece, ...]:
    """The whole package in its order; the members after the spliced one are left out where there are none."""
    member, rest_start, rest_end = kept_of(record.gzip_members)
    own = ModelRange(member.deflate_start, member.deflate_end)
    rest = (ModelRange(rest_start, rest_end),) if rest_start < rest_end else ()
    return (HeadRange(0, head.size_bytes), own, Literal(head.member(member).trailer), *rest)


def _parts(model: S3Model, pieces: tuple[Piece, ...], limits: S3Limits) -> Iterator[Part]:
    runs = list(_runs(pieces, limits)) if model.size_bytes > limits.range_source_bytes else [pieces]
    copy_bytes, number = _copy_bytes(model, size_of(pieces), runs, limits), count(1)
    for run in runs:
        if isinstance(run, ModelRange):
            for start, end in shares(run.size_bytes, copy_bytes):
                share = run.cut(start, end)
                yield CopyPart(next(number), share.start, share.end)
        else:
            for start, end in shares(size_of(run), limits.upload_bytes):
                yield UploadPart(next(number), tuple(_between(run, start, end)))


def _runs(pieces: tuple[Piece, ...], limits: S3Limits) -> Iterator[_Run]:
    """The package in turns: pieces to upload, and ranges of the model to copy.

    What is uploaded before a range takes from the range what it lacks of a part, and where too little is left of it
    for a part of its own, all of it.
    """
    gathered: list[Piece] = []
    for piece in pieces:
        lacking = max(0, limits.part_min_bytes - size_of(gathered))
        least = 1 if piece is pieces[-1] else limits.part_min_bytes
        if isinstance(piece, ModelRange) and piece.size_bytes - lacking >= least:
            yield (*gathered, *([piece.cut(0, lacking)] if lacking else []))
            yield piece.cut(lacking, piece.size_bytes)
            gathered = []
        else:
            gathered.append(piece)
    if gathered:
        yield tuple(gathered)


def _copy_bytes(model: S3Model, size_bytes: int, runs: Sequence[_Run], limits: S3Limits) -> int:
    """How large the copied parts may be, so that all parts are as many as S3 takes, or fewer."""
    copied = [run.size_bytes for run in runs if isinstance(run, ModelRange)]
    sent = sum(-(-size_of(run) // limits.upload_bytes) for run in runs if not isinstance(run, ModelRange))
    # Cut in shares of one size, each range but one may take a part more than its bytes alone would.
    parts_left = limits.parts - sent - max(0, len(copied) - 1)
    copy_bytes = max(limits.copy_bytes, -(-sum(copied) // max(1, parts_left)))
    if size_bytes > limits.object_bytes or parts_left < bool(copied) or copy_bytes > limits.part_max_bytes:
        most = f"{limits.object_bytes:,}, in {limits.parts:,} parts of {limits.part_max_bytes:,}"
        message = f"a package of it would have {size_bytes:,} bytes; S3 holds at most {most}"
        raise AwsError("AWS003", message, where=model.uri, fix="put less beside the model, or package a smaller one")
    return copy_bytes


def shares(size_bytes: int, share_bytes: int) -> Iterator[tuple[int, int]]:
    """The start and end of each of the fewest shares of so many bytes at most, all of one size but for a byte.

    Where there are several, each has at least half of `share_bytes`.

    >>> list(shares(10, 4))
    [(0, 3), (3, 6), (6, 10)]
    """
    number = -(-size_bytes // share_bytes)
    for index in range(number):
        yield size_bytes * index // number, size_bytes * (index + 1) // number


def _between(pieces: Iterable[Piece], start: int, end: int) -> Iterator[Piece]:
    """The pieces, or what of them, that hold the bytes from `start` up to `end`."""
    offset = 0
    for piece in pieces:
        first, last = max(0, start - offset), min(piece.size_bytes, end - offset)
        if first < last:
            yield piece.cut(first, last)
        offset += piece.size_bytes


RULES = (
    Rule(
        "AWS002",
        "A model of a different size than the verified one",
        "The object was replaced after it was verified, so its contents are unknown.",
        About.AWS,
        "Verify the current version of the object, and plan again.",
    ),
    Rule(
        "AWS003",
        "A package that is too large for S3",
        "The package has more bytes or parts than S3 accepts for one object.",
        About.AWS,
        "Add less to the model, or package a smaller model.",
    ),
    Rule(
        "AWS004",
        "A model that already contains a file to add",
        "Replacing a file means writing the whole archive again, which cannot be done within S3.",
        About.AWS,
        "Package the model in a pipeline step, or leave out the file.",
    ),
)
