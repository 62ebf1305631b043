"""What is decided about a model version: its approval status, and the reason that is kept with it."""

from __future__ import annotations

import unicodedata

from stepsmith.diagnostics import About, ModelRegistryError, Rule, suggest_names
from stepsmith.sagemaker.limits import APPROVAL_DESCRIPTION_CHARACTERS

# Source: the shape ModelApprovalStatus in botocore's sagemaker/2017-07-24 service model.
APPROVED, REJECTED, PENDING = "Approved", "Rejected", "PendingManualApproval"
APPROVAL_STATUSES = (APPROVED, REJECTED, PENDING)
# Unicode's categories of line breaks, control characters, and bytes that were no text.
_NO_TEXT = ("Zl", "Zp", "Cc", "Cs")


def require_status(status: object) -> str:
    """An approval status as it is.

    Raises: ModelRegistryError when it is none.
    """
    if status not in APPROVAL_STATUSES:
        message = f"{status!r} is no approval status"
        raise ModelRegistryError("REG003", message, fix=suggest_names(str(status), APPROVAL_STATUSES))
    return str(status)


def require_reason(reason: str) -> str:
    """A reason without the blanks around it.

    Raises: ModelRegistryError when the service would not take it.
    """
    reason = reason.strip()
    if not reason:
        raise ModelRegistryError("REG014", "a decision needs a reason", fix="say in a few words why")
    if any(unicodedata.category(character) in _NO_TEXT for character in reason):
        message = "the reason is not one line of text, and the service takes no other"
        raise ModelRegistryError("REG015", message, fix="write one line, without control characters")
    # The service, written in Java, may count UTF-16 units.
    characters = len(reason.encode("utf-16-le")) // 2
    if characters > APPROVAL_DESCRIPTION_CHARACTERS:
        message = f"the reason has {characters} characters, and the service takes {APPROVAL_DESCRIPTION_CHARACTERS}"
        raise ModelRegistryError("REG016", message, fix="shorten it, and say where the rest stands")
    return reason


RULES = (
    Rule(
        "REG003",
        "An unknown approval status",
        "The registry knows the statuses Approved, Rejected and PendingManualApproval.",
        About.MODEL_REGISTRY,
        "Use one of these.",
    ),
    Rule(
        "REG014",
        "A decision without a reason",
        "The reason is stored with the model version, so that anyone who audits it later knows why it was "
        "approved or rejected.",
        About.MODEL_REGISTRY,
        'Add a short reason: `--reason "..."`.',
    ),
    Rule(
        "REG015",
        "A reason with control characters or line breaks",
        "SageMaker accepts one line of text for the reason of a decision.",
        About.MODEL_REGISTRY,
        "Write the reason on one line.",
    ),
    Rule(
        "REG016",
        "A reason that is too long",
        "SageMaker limits the length of the reason, and refuses a longer one.",
        About.MODEL_REGISTRY,
        "Shorten the reason, and link to the details.",
    ),
)
