from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepsmith import Get, JsonGet
from stepsmith.steps.model_registration.request import admit, allowed, customer_metadata

DIGEST = "a" * 64
RECORDED = JsonGet("package", "Package", "package_sha256")
LONG = "models/モデル (最終版)~v2/" + "x" * 300 + ".tar.gz"


def service_admits(text):
    """The service's own pattern, written with what Python has for its classes."""
    classes = {"L", "Z", "N"}
    return 1 <= len(text.encode("utf-16-le")) // 2 <= 256 and all(
        unicodedata.category(character)[0] in classes or re.fullmatch(r"[_.:/=+\-@]", character) for character in text
    )


def test_a_path_with_parentheses_tilde_and_other_scripts_is_admitted():
    admitted = admit(LONG)
    assert service_admits(admitted)
    assert admitted.startswith("models/モデル _最終版__v2/")
    assert admitted.endswith(".tar.gz")


def test_an_accent_is_kept_with_its_letter():
    assert admit(unicodedata.normalize("NFD", "modèle")) == "modèle"


@given(st.text(min_size=1, max_size=600))
def test_whatever_a_path_is_what_is_made_of_it_is_admitted(text):
    assert service_admits(admit(text))


@given(st.text(alphabet=st.characters(categories=("L", "N", "Z")), min_size=1, max_size=100))
def test_what_the_service_takes_stays_as_it_is(text):
    composed = unicodedata.normalize("NFC", text)
    assert admit(composed) == composed or not allowed(composed, 256)


def test_digests_stand_whole_beside_the_source_and_the_users_own():
    provenance = {"source": LONG, "source_sha256": DIGEST, "package_sha256": RECORDED, "else": "x"}
    made = customer_metadata(provenance, {"team": "risk (eu)", "job": Get("Parameters.Job")}, literal_only=False)
    assert made == {
        "source_sha256": DIGEST,
        "package_sha256": RECORDED,
        "source": admit(LONG),
        "team": "risk _eu_",
        "job": Get("Parameters.Job"),
    }


def test_literal_only_leaves_out_what_is_read_from_a_property_file():
    provenance = {"source_sha256": DIGEST, "package_sha256": RECORDED}
    assert customer_metadata(provenance, {}, literal_only=True) == {"source_sha256": DIGEST}


def test_an_empty_value_is_left_out_because_the_service_refuses_it():
    assert customer_metadata({}, {"note": ""}, literal_only=False) == {}


@pytest.mark.parametrize(
    ("name", "taken"), [("team", True), ("a b", True), ("a(b", False), ("", False), ("x" * 129, False)]
)
def test_a_name_is_taken_as_it_is_or_not_at_all(name, taken):
    assert allowed(name, 128) is taken
