"""The container image of a Processing step where the config names none: SageMaker's scikit-learn image of the region.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
"""

from __future__ import annotations

from stepsmith.diagnostics import ANY_KEY, About, ConfigError, Example, Rule, suggest_names

REPOSITORY = "sagemaker-scikit-learn"
TAG = "1.2-1-cpu-py3"

# The account that holds the image, by region.
ACCOUNTS = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "ca-west-1": "190319476487",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "il-central-1": "898809789911",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}
_CHINA = "cn-"


def processing_image(region: str | None) -> str:
    """The URI of the image in a region.

    >>> processing_image("eu-west-1")
    '141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3'

    Raises: ConfigError when no region is given, or the table does not know it.
    """
    if region is None:
        message = "neither image_uri nor region is set"
        raise ConfigError("STP210", message, where="image_uri", fix="set region", requires=[("region",), (ANY_KEY,)])
    if region not in ACCOUNTS:
        raise ConfigError(
            "STP211",
            f"no image is known for the region {region!r}",
            where="region",
            fix=f"set image_uri, or correct the region: {suggest_names(region, ACCOUNTS)}",
        )
    domain = "amazonaws.com.cn" if region.startswith(_CHINA) else "amazonaws.com"
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{domain}/{REPOSITORY}:{TAG}"


RULES = (
    Rule(
        "STP210",
        "No container image",
        "A Processing step runs in the image that `image_uri` names, or in the scikit-learn image of its "
        "region. Neither is set.",
        About.PIPELINE,
        "Set `region`, or set `image_uri`.",
        Example("pipeline.yaml", "region: eu-west-1\n", ""),
    ),
    Rule(
        "STP211",
        "A region without a known image",
        "The address of SageMaker's scikit-learn image depends on the region, and this region is not in the table.",
        About.PIPELINE,
        "Correct `region`, or set `image_uri` to an image in that region.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: eu-west-9\n"),
    ),
)
