from __future__ import annotations

import csv
import hashlib
import json

import pytest

EXPECTED_TEST_ROWS = [1, 30, 32, 39]
SPLITS = ("train", "validation", "test")


@pytest.fixture
def run(run_script, tmp_path):
    def split(data="in", **changed):
        arguments = {
            "data_dir": tmp_path / data,
            **{f"{name}_dir": tmp_path / "out" / name for name in SPLITS},
            "label": "y",
            "train_ratio": 0.7,
            "validation_ratio": 0.15,
            "test_ratio": 0.15,
            "seed": 0,
            "stratify": "false",
            **changed,
        }
        return run_script("TabularPreprocessing", **arguments)

    return split


@pytest.fixture
def data(tmp_path):
    """Writes shards of one table of rows (number, label)."""

    def write(rows=1000, shards=1, folder="in", label=lambda number: number % 10 == 0):
        (tmp_path / folder).mkdir(exist_ok=True)
        size = -(-rows // shards)
        for shard in range(shards):
            numbers = range(shard * size, min(rows, (shard + 1) * size))
            lines = ["n,y\n", *(f"{number},{int(label(number))}\n" for number in numbers)]
            (tmp_path / folder / f"part-{shard:02d}.csv").write_text("".join(lines))

    return write


def rows_of(tmp_path):
    found = {}
    for name in SPLITS:
        with (tmp_path / "out" / name / f"{name}.csv").open(newline="") as file:
            found[name] = list(csv.reader(file))
    return found


def test_every_row_falls_to_one_split_near_its_ratio(run, data, tmp_path):
    data()
    assert run().status == 0
    found = rows_of(tmp_path)
    assert all(rows[0] == ["n", "y"] for rows in found.values())
    numbers = sorted(int(row[0]) for rows in found.values() for row in rows[1:])
    assert numbers == list(range(1000))
    assert [len(rows) - 1 for rows in found.values()] == [708, 156, 136]


def test_the_split_is_the_same_on_every_machine(run, data, tmp_path):
    data(40)
    run()
    # By hand: the first 8 bytes of sha256("0:<row>"), as a fraction of 2**64, are .85 or more for these rows.
    expected = [row for row in range(40) if int(hashlib.sha256(b"0:%d" % row).hexdigest()[:16], 16) / 2**64 >= 0.85]
    assert [int(row[0]) for row in rows_of(tmp_path)["test"][1:]] == expected == EXPECTED_TEST_ROWS


def test_shards_of_a_table_are_split_as_the_table_is(run, data, tmp_path):
    data(500)
    run()
    whole = rows_of(tmp_path)
    data(500, shards=7, folder="shards")
    run("shards")
    assert rows_of(tmp_path) == whole


def test_another_seed_is_another_split(run, data, tmp_path):
    data(100)
    run()
    first = rows_of(tmp_path)
    run(seed=1)
    assert rows_of(tmp_path) != first


def test_stratified_each_label_is_split_by_the_ratios(run, data, tmp_path):
    data(1000)
    assert run(stratify="true").status == 0
    for name, expected in (("train", (630, 70)), ("validation", (135, 15)), ("test", (135, 15))):
        labels = [row[1] for row in rows_of(tmp_path)[name][1:]]
        assert (labels.count("0"), labels.count("1")) == expected


def test_the_schema_names_the_label_and_is_passed_over_as_data(run, data, tmp_path):
    data(100)
    run()
    schema = json.loads((tmp_path / "out" / "train" / "_schema.json").read_text())
    assert schema == {"label": "y", "columns": ["n", "y"], "rows": len(rows_of(tmp_path)["train"]) - 1}
    (tmp_path / "in" / "_SUCCESS").write_text("")
    assert run().status == 0


def test_quotes_newlines_and_letters_of_all_kinds_survive(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text('\ufefft,y\n"a, ""b""\nü",1\n', encoding="utf-8")
    assert run(train_ratio=1, validation_ratio=0, test_ratio=0).status == 0
    assert rows_of(tmp_path)["train"] == [["t", "y"], ['a, "b"\nü', "1"]]


def test_parquet_is_read_as_csv_is(run, data, tmp_path):
    parquet, pyarrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    data(300)
    run()
    expected = rows_of(tmp_path)
    (tmp_path / "parquet").mkdir()
    for number in range(3):
        part = range(number * 100, number * 100 + 100)
        table = pyarrow.table({"n": list(part), "y": [int(n % 10 == 0) for n in part]})
        parquet.write_table(table, tmp_path / "parquet" / f"{number}.parquet")
    done = run("parquet")
    assert done.status == 0, done.log
    assert rows_of(tmp_path) == expected


def test_parquet_values_are_written_as_text(run, tmp_path):
    parquet, pyarrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    (tmp_path / "in").mkdir()
    table = pyarrow.table({"b": [True], "n": pyarrow.array([None], pyarrow.int64()), "f": [0.1], "y": ["x"]})
    parquet.write_table(table, tmp_path / "in" / "a.parquet")
    run(train_ratio=1, validation_ratio=0, test_ratio=0)
    assert rows_of(tmp_path)["train"] == [["b", "n", "f", "y"], ["true", "", "0.1", "x"]]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no file"),
        pytest.param({"a.csv": ""}, id="no header"),
        pytest.param({"a.csv": "n,n\n1,2\n"}, id="column twice"),
        pytest.param({"a.csv": "n,y\n1,2\n", "b.csv": "y,n\n1,2\n"}, id="other columns"),
        pytest.param({"a.csv": "n,y\n1,2\n1\n"}, id="too few fields"),
        pytest.param({"a.csv": 'n,y\n1,2\n3,"oops\n4,5\n'}, id="open quote"),
        pytest.param({"a.csv": "n,z\n1,2\n"}, id="no label"),
        pytest.param({"a.csv": "n,y\n"}, id="no row"),
        pytest.param({"a.txt": "n,y\n"}, id="another suffix"),
        pytest.param({"a.csv": "n,y\n", "b.parquet": "x"}, id="two suffixes"),
        pytest.param({"a.csv": b"n,y\n\xff,1\n"}, id="not UTF-8"),
    ],
)
def test_data_that_cannot_be_split_are_refused_with_the_reason(run, tmp_path, files, snapshot):
    (tmp_path / "in").mkdir()
    for name, content in files.items():
        (tmp_path / "in" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = run()
    assert done.status == 1
    snapshot(done.reason)


def test_a_file_that_is_not_parquet_is_refused_by_its_name(run, tmp_path):
    """The rest of the reason is pyarrow's, or that this machine has no pyarrow."""
    path = tmp_path / "in" / "a.parquet"
    path.parent.mkdir()
    path.write_text("no parquet")
    done = run()
    assert done.status == 1
    assert str(path) in done.reason
