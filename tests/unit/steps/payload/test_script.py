from __future__ import annotations

import json
import tarfile

import pytest


@pytest.fixture
def run(run_script, tmp_path):
    def payload(content_types="text/csv", count=2, samples="in"):
        return run_script(
            "Payload",
            samples_dir=tmp_path / samples,
            content_types=content_types,
            count=count,
            output_dir=tmp_path / "out",
        )

    return payload


@pytest.fixture
def samples(tmp_path):
    def write(**files):
        (tmp_path / "in").mkdir()
        for name, content in files.items():
            path = tmp_path / "in" / name.replace("_dot_", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def requests(tmp_path):
    with tarfile.open(tmp_path / "out" / "payload.tar.gz") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


CSV = 'island,mass,sex\nDream,3500,"a, b"\nBiscoe,3.5e3,\nTorgersen,1,f\n'


def test_each_member_is_one_csv_request_without_a_header(run, samples, tmp_path):
    samples(s_dot_csv=CSV)
    assert run().status == 0
    assert requests(tmp_path) == {"request_001.csv": b'Dream,3500,"a, b"\n', "request_002.csv": b"Biscoe,3.5e3,\n"}


def test_json_requests_have_numbers_where_the_csv_has_them(run, samples, tmp_path):
    samples(s_dot_csv=CSV)
    run("application/json,application/jsonlines", count=2)
    found = requests(tmp_path)
    assert json.loads(found["request_001.json"]) == {"island": "Dream", "mass": 3500, "sex": "a, b"}
    assert json.loads(found["request_002.jsonl"]) == {"island": "Biscoe", "mass": 3500.0, "sex": ""}
    assert found["request_002.jsonl"].endswith(b"\n")


def test_the_label_of_a_preprocessed_split_is_left_out(run, samples, tmp_path):
    samples(test_dot_csv=CSV, _schema_dot_json='{"label": "island"}')
    run(count=1)
    assert requests(tmp_path) == {"request_001.csv": b'3500,"a, b"\n'}


def test_json_lines_may_be_the_samples(run, samples, tmp_path):
    samples(s_dot_jsonl='{"a": 1, "b": [1, 2]}\n\n{"a": "x", "b": null}\n')
    run("application/json", count=5)
    assert [json.loads(body) for body in requests(tmp_path).values()] == [{"a": 1, "b": [1, 2]}, {"a": "x", "b": None}]


def test_what_json_lines_say_stays_what_it_is(run, samples, tmp_path):
    line = '{"zip": "12345", "code": "1e5", "b": true, "n": null, "f": 1.5, "l": [1]}'
    samples(s_dot_jsonl=line + "\n")
    run("application/json", count=1)
    assert json.loads(requests(tmp_path)["request_001.json"]) == json.loads(line)


def test_csv_requests_have_the_columns_of_the_first_sample_in_their_order(run, samples, tmp_path):
    samples(s_dot_jsonl='{"a": 1, "b": "x", "c": true}\n{"c": null, "b": 2.5, "a": "007"}\n')
    run("text/csv", count=2)
    assert requests(tmp_path) == {"request_001.csv": b"1,x,true\n", "request_002.csv": b"007,2.5,\n"}


def test_fewer_samples_than_wanted_are_told(run, samples, snapshot):
    samples(s_dot_csv=CSV)
    (warning,) = run(count=5).logged("WARNING")
    snapshot(warning)


def test_the_same_samples_give_the_same_payload(run, samples, tmp_path):
    samples(s_dot_csv=CSV)
    run()
    first = (tmp_path / "out" / "payload.tar.gz").read_bytes()
    run()
    assert (tmp_path / "out" / "payload.tar.gz").read_bytes() == first


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("-1.5", -1.5), (".5", 0.5), ("2.", 2.0), ("1e3", 1000.0), ("12", 12)]
)
def test_what_is_written_as_a_number_is_one(run, samples, tmp_path, text, number):
    samples(s_dot_csv=f"a\n{text}\n")
    run("application/json")
    assert json.loads(requests(tmp_path)["request_001.json"]) == {"a": number}


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "-Infinity", "1_000", "007", "+5", "1e", "-", ".", "１"])
def test_what_json_has_no_number_for_stays_text(run, samples, tmp_path, text):
    samples(s_dot_csv=f"a\n{text}\n")
    run("application/json")
    assert json.loads(requests(tmp_path)["request_001.json"], parse_constant=pytest.fail) == {"a": text}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no file"),
        pytest.param({"s_dot_csv": "a,b\n"}, id="no row"),
        pytest.param({"s_dot_csv": "a,b\n1\n"}, id="too few fields"),
        pytest.param({"s_dot_csv": "a,b\n1,2,3\n"}, id="too many fields"),
        pytest.param({"s_dot_csv": b"a\n\xff\n"}, id="not UTF-8"),
        pytest.param({"s_dot_txt": "a"}, id="another suffix"),
        pytest.param({"s_dot_jsonl": "{}\n{\n"}, id="not JSON"),
        pytest.param({"s_dot_jsonl": '{"a": NaN}\n'}, id="NaN"),
        pytest.param({"s_dot_jsonl": '{"a": 1}\n{"b": 1}\n'}, id="other columns"),
        pytest.param({"s_dot_jsonl": '{"a": [1]}\n'}, id="nested value as CSV"),
        pytest.param({"s_dot_csv": "a,a\n1,2\n"}, id="column twice"),
        pytest.param({"s_dot_csv": 'a\n"x\n'}, id="open quote"),
        pytest.param({"s_dot_jsonl": "[1]\n"}, id="not a JSON object"),
        pytest.param({"s_dot_csv": "a\n" + "x" * 6291457}, id="request too large"),
    ],
)
def test_samples_that_make_no_request_are_refused(run, samples, tmp_path, files, snapshot):
    samples(**files)
    done = run()
    assert done.status == 1
    snapshot(done.reason)
    assert not (tmp_path / "out" / "payload.tar.gz").exists()


def test_a_content_type_of_which_no_request_can_be_made_is_refused(run, samples, snapshot):
    samples(s_dot_csv=CSV)
    for content_types in ("text/csv,image/png", "text/csv,text/csv"):
        done = run(content_types)
        assert done.status == 1
        snapshot(done.reason)
