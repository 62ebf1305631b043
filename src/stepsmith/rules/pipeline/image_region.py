"""STP270: an image of another region than the pipeline's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, Example, Finding, Rule
from stepsmith.sagemaker.images import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stepsmith.pipeline.compilation import Compilation

# An image of Amazon ECR. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
_IMAGE = re.compile(r"\d{12}\.dkr\.ecr(-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/.+")


def _check(compilation: Compilation) -> Iterator[Finding]:
    for name, builder in compilation.builders.items():
        config = builder.config
        image = _IMAGE.fullmatch(config.image_uri) if isinstance(config.image_uri, str) else None
        if image and config.region in ACCOUNTS and image["region"] != config.region:
            message = f"the image is in {image['region']}, and the step in {config.region}"
            fix = f"give an image of {config.region}: replicate it there, or name the one that is"
            yield RULE.finding(
                message, path=("steps", name, "image_uri"), fix=fix, requires=[("steps", name, "region")]
            )


RULE = Rule(
    code="STP270",
    title="An image in another region",
    why="SageMaker pulls images only from Amazon ECR in its own region.",
    about=About.PIPELINE,
    fix="Replicate the image to the pipeline's region, and set `image_uri` to the copy.",
    example=Example("pipeline.yaml", ".ecr.eu-west-1.", ".ecr.us-east-1."),
    check=_check,
)
