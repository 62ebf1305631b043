"""A plan put together of local bytes is the package that is written locally, and S3 would take each of its parts."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stepsmith.aws.s3.splice_parts import CopyPart, HeadRange, Literal, ModelRange, S3Limits, S3Model, UploadPart
from stepsmith.aws.s3.splice_plan import plan_splice, shares
from stepsmith.container.archive.headers import Member
from stepsmith.container.archive.inflate import GzipMember
from stepsmith.container.archive.package import package_model
from stepsmith.container.archive.read import ArchiveRecord, read_archive
from stepsmith.container.archive.splice import Head
from stepsmith.container.archive.write import ArchiveEntry, entry_of_bytes, tar_chunks

MIB, TIB = 1 << 20, 1 << 40
SMALLEST = 5 * MIB
CODE = [entry_of_bytes("code/inference.py", b"print('hello')\n"), entry_of_bytes("code/requirements.txt", b"")]
HEAD_BYTES = sum(map(len, Head(CODE).chunks()))
LAWS = settings(max_examples=150, deadline=None)


# --- what stands in for S3 ---


def assemble(plan, head, model, limits):
    """The object that S3 would put together, each of its rules held on the way."""
    assert [part.number for part in plan.parts] == list(range(1, len(plan.parts) + 1))
    assert len(plan.parts) <= limits.parts
    made = []
    for part in plan.parts:
        made.append(sent(part, head, model, limits) if isinstance(part, UploadPart) else copied(part, model, limits))
        assert len(made[-1]) == part.size_bytes
        assert part is plan.parts[-1] or part.size_bytes >= limits.part_min_bytes
        assert 0 < part.size_bytes <= limits.part_max_bytes
    whole = b"".join(made)
    assert len(whole) == plan.size_bytes <= limits.object_bytes
    return whole


def sent(part, head, model, limits):
    assert part.size_bytes <= limits.upload_bytes
    return b"".join(
        piece.content if isinstance(piece, Literal) else within(piece, head if isinstance(piece, HeadRange) else model)
        for piece in part.pieces
    )


def copied(part, model, limits):
    assert len(model) > limits.range_source_bytes
    first, last = map(int, part.copy_source_range.removeprefix("bytes=").split("-"))
    assert (first, last + 1) == (part.start, part.end)
    return within(part, model)


def within(piece, data):
    assert 0 <= piece.start < piece.end <= len(data)
    return data[piece.start : piece.end]


# --- models, and their packages ---


def tar_of(size_bytes):
    """A tar with one file that does not compress."""
    noise = hashlib.shake_128(b"noise").digest(size_bytes)
    return b"".join(tar_chunks([entry_of_bytes("model.bin", noise)]))


def members_of(tar, *cuts, level=0):
    """A gzip file of as many members as `cuts` make of the tar."""
    bounds = [0, *cuts, len(tar)]
    return b"".join(gzip.compress(tar[start:end], level, mtime=0) for start, end in pairwise(bounds))


def s3_model(size_bytes):
    return S3Model("models", "best.tgz", size_bytes, version_id="3", etag='"f00d"')


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for the archives of all examples: they are written over."""
    return tmp_path_factory.mktemp("splice")


def record_in(folder, model):
    """The record of a model, whose file is written to `folder`."""
    path = folder / "model.tar.gz"
    path.write_bytes(model)
    return read_archive(str(path))


def plan_and_package(folder, model, entries=CODE, limits=None):
    """A plan; the package that it makes is the one that is written locally, and is a sound archive."""
    limits = limits or S3Limits()
    plan, whole = planned(model, record_in(folder, model), entries, limits)
    target = folder / "package.tar.gz"
    written = package_model(str(folder / "model.tar.gz"), entries, str(target))
    assert whole == target.read_bytes()
    assert read_archive(str(target)).digest == written.package.digest
    return plan


def planned(model, record, entries, limits):
    """A plan, and the package that it makes."""
    plan = plan_splice(s3_model(len(model)), record, entries, limits)
    assert plan.moved_bytes < 2 * limits.part_min_bytes
    return plan, assemble(plan, b"".join(Head(entries).chunks()), model, limits)


def plan_of(*deflate_bytes, entries=CODE, limits=None):
    """The plan of a model that is nowhere, with gzip members whose deflate data have so many bytes."""
    members, at = [], 0
    for size_bytes in deflate_bytes:
        members.append(GzipMember(at + 10, at + 10 + size_bytes, 7, size_bytes))
        at += 10 + size_bytes + 8
    record = ArchiveRecord("d1", at, (Member("model.bin", 1, is_directory=False, mode=0o644),), tuple(members))
    return plan_splice(s3_model(record.size_bytes), record, entries, limits or S3Limits())


def kinds(plan):
    return [type(part) for part in plan.parts]


@st.composite
def models(draw):
    """Small models of one gzip member or several, empty ones and padding among them."""
    tar = tar_of(draw(st.integers(1, 2500)))
    cuts = sorted(draw(st.lists(st.integers(0, len(tar)), max_size=4)))
    empty = draw(st.integers(0, 2)) * gzip.compress(b"", mtime=0)
    return empty + members_of(tar, *cuts, level=draw(st.sampled_from([0, 9]))) + bytes(draw(st.integers(0, 99)))


@st.composite
def small_limits(draw):
    """Limits as far apart as those of S3, all of them small."""
    smallest = draw(st.integers(5, 50) | st.integers(50, 2000))
    upload, copy = (draw(st.integers(2 * smallest, 5 * smallest)) for _ in range(2))
    largest = draw(st.integers(max(upload, copy), 20 * smallest))
    return S3Limits(smallest, largest, 10_000, 1 << 20, smallest, upload, copy)


heads = st.lists(st.integers(0, 2000), max_size=2).map(
    lambda sizes: [entry_of_bytes(f"code/{index}.py", bytes(size)) for index, size in enumerate(sizes)]
)


# --- the package ---


@LAWS
@given(models(), heads, small_limits())
@example(members_of(tar_of(700)), [], S3Limits(5, 50, 10_000, 1 << 20, 5, 10, 10))
def test_a_plan_makes_the_package_that_is_written_locally_of_any_model(folder, model, entries, limits):
    plan_and_package(folder, model, entries, limits)


@LAWS
@given(models(), heads, small_limits(), st.integers(0, 3))
def test_copied_parts_grow_where_there_would_be_too_many(folder, model, entries, limits, more):
    """The package stays the same; the law above compares it with the one that is written locally."""
    package_bytes = len(model) + sum(map(len, Head(entries).chunks()))
    few = replace(limits, copy_bytes=2 * limits.part_min_bytes, parts=5 + package_bytes // limits.upload_bytes + more)
    record = record_in(folder, model)
    assert planned(model, record, entries, few)[1] == planned(model, record, entries, limits)[1]


def test_a_model_of_one_member_is_copied_but_for_its_first_bytes(folder):
    plan = plan_and_package(folder, members_of(tar_of(12 * MIB)))
    assert kinds(plan) == [UploadPart, CopyPart, UploadPart]
    first, middle, last = plan.parts
    assert first.size_bytes == SMALLEST
    assert first.pieces == (HeadRange(0, HEAD_BYTES), ModelRange(10, 10 + SMALLEST - HEAD_BYTES))
    assert middle.start == first.pieces[1].end
    assert [len(piece.content) for piece in last.pieces] == [8]


def test_a_model_too_small_for_a_range_of_it_is_uploaded_in_one_part(folder):
    plan = plan_and_package(folder, members_of(tar_of(2000)))
    assert kinds(plan) == [UploadPart]


def test_zeros_after_the_model_s_end_are_left_out(folder):
    model = members_of(tar_of(2000))
    small = S3Limits(50, 500, 100, 10_000, 50, 100, 100)
    padded = plan_and_package(folder, model + bytes(5000), limits=small)
    assert padded.parts == plan_and_package(folder, model, limits=small).parts


def test_members_that_are_empty_are_left_out_and_those_that_follow_are_copied(folder):
    model = gzip.compress(b"") + members_of(tar_of(17 * MIB), 11 * MIB)
    plan = plan_and_package(folder, model)
    assert kinds(plan) == [UploadPart, CopyPart, UploadPart, CopyPart]
    trailer, after = plan.parts[2].pieces
    assert (len(trailer.content), after.size_bytes) == (8, SMALLEST - 8)
    assert (plan.parts[3].start, plan.parts[3].end) == (after.end, len(model))


# --- borders, with what S3 takes ---


@pytest.mark.parametrize(
    ("more", "expected"),
    [(-1, [UploadPart]), (0, [UploadPart, CopyPart, UploadPart]), (1, [UploadPart, CopyPart, UploadPart])],
)
def test_what_is_left_of_a_model_after_its_first_bytes_is_copied_when_it_makes_a_part(more, expected):
    plan = plan_of(SMALLEST - HEAD_BYTES + SMALLEST + more)
    assert kinds(plan) == expected
    assert [part.size_bytes for part in plan.parts if isinstance(part, CopyPart)] == [SMALLEST + more] * (more >= 0)


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (SMALLEST - 9, [UploadPart, CopyPart, UploadPart]),
        (SMALLEST - 8, [UploadPart, CopyPart, UploadPart]),
        (SMALLEST - 7, [UploadPart, CopyPart, UploadPart, CopyPart]),
    ],
)
def test_the_trailer_takes_of_the_members_after_it_what_it_lacks_of_a_part(rest, expected):
    plan = plan_of(20 * MIB, rest - 18)
    assert kinds(plan) == expected
    assert plan.parts[2].size_bytes == min(SMALLEST, rest + 8)


def test_where_the_spliced_member_is_short_the_members_after_it_are_copied_all_the_same():
    plan = plan_of(100, 20 * MIB)
    assert kinds(plan) == [UploadPart, CopyPart]
    assert plan.parts[0].size_bytes == SMALLEST
    assert [type(piece) for piece in plan.parts[0].pieces] == [HeadRange, ModelRange, Literal, ModelRange]


def test_no_range_of_a_model_as_small_as_a_part_is_copied_however_large_the_head_is():
    entries = [entry_of_bytes("code/weights.bin", bytes(6 * MIB))]
    assert kinds(plan_of(100, SMALLEST - 100 - 36, entries=entries)) == [UploadPart]
    assert kinds(plan_of(100, SMALLEST - 100 - 35, entries=entries)) == [UploadPart, CopyPart]


def test_a_head_that_makes_a_part_takes_nothing_of_the_model():
    plan = plan_of(20 * MIB, entries=[entry_of_bytes("code/weights.bin", bytes(6 * MIB))])
    assert plan.moved_bytes == 0
    assert kinds(plan) == [UploadPart, CopyPart, UploadPart]


def test_a_large_head_is_sent_in_parts_that_fit_in_memory():
    plan = plan_of(20 * MIB, entries=[entry_of_bytes("code/weights.bin", bytes(129 * MIB))])
    sizes = [part.size_bytes for part in plan.parts[:3]]
    assert sum(sizes) == plan.head_size_bytes
    assert max(sizes) - min(sizes) <= 1
    ranges = [piece for part in plan.parts[:3] for piece in part.pieces]
    assert [one.end for one in ranges[:-1]] == [one.start for one in ranges[1:]]


def test_an_object_of_4_tib_is_copied_in_equal_parts_and_5_mib_of_it_are_moved():
    plan = plan_of(4 * TIB)
    sizes = [part.size_bytes for part in plan.parts[1:-1]]
    assert kinds(plan) == [UploadPart, *[CopyPart] * len(sizes), UploadPart]
    assert len(sizes) == 8192
    assert max(sizes) - min(sizes) == 1
    assert max(sizes) <= 512 * MIB
    assert plan.moved_bytes == SMALLEST - HEAD_BYTES
    assert sum(part.size_bytes for part in plan.parts) == plan.size_bytes == HEAD_BYTES + 4 * TIB + 8


def test_an_object_of_48_tib_takes_all_the_parts_that_there_are():
    plan = plan_of(24 * TIB, 24 * TIB)
    assert 9_998 <= len(plan.parts) <= 10_000
    assert max(part.size_bytes for part in plan.parts) <= 5 << 30


# --- what the plan is pinned to ---


def test_a_plan_tells_the_digest_and_the_size_of_the_head_that_its_trailer_is_for():
    plan, head = plan_of(100), b"".join(Head(CODE).chunks())
    assert (plan.head_digest, plan.head_size_bytes) == (hashlib.sha256(head).hexdigest(), len(head))


# --- refusals ---


def test_a_record_of_another_object_is_refused(expect_error):
    record = ArchiveRecord("d1", 1000, (), (GzipMember(10, 992, 7, 5),))
    with expect_error("AWS002", "s3://models/best.tgz"):
        plan_splice(s3_model(1001), record, CODE)


@pytest.mark.parametrize(
    "limits",
    [
        S3Limits(object_bytes=20 * MIB),
        S3Limits(parts=2),
        S3Limits(parts=10, part_max_bytes=10 * MIB, copy_bytes=10 * MIB),
    ],
    ids=["object", "parts", "part"],
)
def test_a_package_that_s3_cannot_hold_is_refused(expect_error, limits):
    with expect_error("AWS003", "s3://models/best.tgz"):
        plan_of(120 * MIB, limits=limits)


@pytest.mark.parametrize("name", ["model.bin", "Model.BIN"])
def test_an_entry_that_would_replace_what_the_model_holds_is_refused(expect_error, name):
    with expect_error("AWS004", "s3://models/best.tgz"):
        plan_of(100, entries=[entry_of_bytes(name, b"")])


@pytest.mark.parametrize(
    ("names", "code"),
    [(["../x"], "ARC008"), (["./x"], "ARC008"), (["x", "x"], "ARC010"), (["model.bin/x"], "ARC010")],
    ids=["above", "dot", "twice", "below-a-file"],
)
def test_an_entry_that_cannot_stand_in_the_package_is_refused(expect_error, names, code):
    with expect_error(code):
        plan_of(100, entries=[entry_of_bytes(name, b"") for name in names])


def test_an_entry_whose_file_is_missing_is_refused(expect_error, tmp_path):
    with expect_error("ARC019"):
        plan_of(100, entries=[ArchiveEntry("code/inference.py", 5, str(tmp_path / "nowhere"))])


# --- shares ---


@LAWS
@given(st.integers(1, 10**4), st.integers(1, 10**4))
def test_shares_are_the_fewest_that_fit_and_none_is_less_than_half_of_what_fits(size_bytes, share_bytes):
    found = list(shares(size_bytes, share_bytes))
    assert (found[0][0], found[-1][1]) == (0, size_bytes)
    assert all(end == start for (_, end), (start, _) in pairwise(found))
    assert len(found) == -(-size_bytes // share_bytes)
    sizes = [end - start for start, end in found]
    assert max(sizes) <= share_bytes
    assert len(sizes) == 1 or min(sizes) >= share_bytes // 2
