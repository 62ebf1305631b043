from __future__ import annotations

import pytest

from stepsmith import DummyTrainingConfig
from stepsmith import ProcessingStepConfigBase as job  # noqa: N813 - a class that is called often
from stepsmith.errors import ConfigError
from stepsmith.layers.config import CacheSettings, RetrySettings


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
    ("make", "message"),
    [
        (
            lambda: job(max_runtime_seconds="20 parsecs"),
            "'20 parsecs' is no duration; write it like 20m",
        ),
        (lambda: job(max_runtime_seconds="soon"), "'soon' is no duration"),
        (lambda: job(max_runtime_seconds=""), "'' is no duration"),
        (lambda: job(max_runtime_seconds="0.5s"), "'0.5s' is no whole number"),
        (lambda: job(max_runtime_seconds="30 GB"), "'30 GB' is no duration"),
        (lambda: job(max_runtime_seconds="-5m"), "'-5m' is no duration"),
        (lambda: job(max_runtime_seconds="10 days"), "less than or equal to 777600"),
        (lambda: job(volume_size_gb="30 MB"), "'30 MB' is no size; write it like 30 GB"),
        (lambda: retry(expire_after_min="90s"), "'90s' is no whole number"),
        (lambda: CacheSettings(expire_after="0s"), "'0s' is no duration"),
        (lambda: CacheSettings(expire_after="soon"), "'soon' is no duration; write 30 days"),
    ],
)
def test_what_is_no_quantity_is_told_with_how_it_is_written(make, message):
    with pytest.raises(ConfigError, match=message) as caught:
        make()
    assert len(caught.value.findings) == 1
