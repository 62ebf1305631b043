from __future__ import annotations

import pytest

from stepsmith.diagnostics import ConfigError
from stepsmith.sagemaker.images import processing_image


@pytest.mark.parametrize(
    ("region", "image"),
    [
        ("us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"),
        ("cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-scikit-learn:1.2-1-cpu-py3"),
    ],
)
def test_a_region_has_its_image(region, image):
    assert processing_image(region) == image


def test_an_unknown_region_is_refused_with_the_nearest(expect_error):
    with expect_error("STP211", "region", kind=ConfigError):
        processing_image("eu-wset-1")


def test_no_region_is_no_image(expect_error):
    with expect_error("STP210", "image_uri", kind=ConfigError):
        processing_image(None)
