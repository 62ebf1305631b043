"""Steps of ours in a pipeline that is written with SageMaker's Python SDK, version 3 or 2, whichever is installed.

Knows no specification, no config and no builder. Importing it imports no SDK; `as_sdk_step` does.
"""

from stepsmith.sdk.step import as_sdk_step
from stepsmith.sdk.upload import upload_assets

__all__ = ["as_sdk_step", "upload_assets"]
