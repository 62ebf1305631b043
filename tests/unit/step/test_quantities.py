from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig
from stepsmith import ProcessingStepConfigBase as job  # noqa: N813 - a class that is called often
from stepsmith.diagnostics import ConfigError
from stepsmith.step.config import CacheSettings, RetrySettings


def retry(**fields):
    return RetrySettings(exception_types=["Step.THROTTLING"], **fields)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (1200, 1200), ("1200", 1200), ("20m", 1200), ("20 min", 1200), ("20 minutes", 1200), ("0.5h", 1800),
        ("1h30m", 5400), ("1 hour 30 seconds", 3630), ("2 Days", 172800), ("1w", 604800),
    ],
)  # fmt: skip
def test_a_runtime_may_have_units(written, seconds):
    assert job(max_runtime_seconds=written).max_runtime_seconds == seconds
    assert DummyTrainingConfig(max_runtime_seconds=written).max_runtime_seconds == seconds


@pytest.mark.parametrize(("written", "gigabytes"), [(30, 30), ("30", 30), ("30 GB", 30), ("64GiB", 64), ("1 TB", 1024)])
def test_a_volume_may_have_units(written, gigabytes):
    assert job(volume_size_gb=written).volume_size_gb == gigabytes


def test_a_retry_may_have_units():
    assert retry(interval_seconds="1m", max_attempts=2).interval_seconds == 60
    assert retry(expire_after_min="2h").expire_after_min == 120


@pytest.mark.parametrize(
    ("written", "iso"),
    [("30 days", "P30D"), ("12h", "PT12H"), ("1d 12h 5s", "P1DT12H5S"), ("P30D", "P30D"), ("PT12H", "PT12H")],
)
def test_a_cache_may_have_units(written, iso):
    assert CacheSettings(expire_after=written).expire_after == iso


@pytest.mark.parametrize(
    ("make", "field", "written"),
    [
        (job, "max_runtime_seconds", "20 parsecs"),
        (job, "max_runtime_seconds", "soon"),
        (job, "max_runtime_seconds", ""),
        (job, "max_runtime_seconds", "0.5s"),
        (job, "max_runtime_seconds", "30 GB"),
        (job, "max_runtime_seconds", "-5m"),
        (job, "max_runtime_seconds", "10 days"),
        (job, "volume_size_gb", "30 MB"),
        (retry, "expire_after_min", "90s"),
        (CacheSettings, "expire_after", "0s"),
        (CacheSettings, "expire_after", "soon"),
    ],
)
def test_what_is_no_quantity_is_told_with_how_it_is_written(expect_error, make, field, written):
    with expect_error("STP201", field, kind=ConfigError):
        make(**{field: written})
