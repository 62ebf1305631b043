"""The zlib that inflates: zlib-ng's where it is installed (extra `fast`), else the standard library's.

zlib-ng is zlib made faster: it takes, and refuses, the same. ISA-L's (`isal`) is as fast and does not: it takes Huffman
codes that zlib refuses, so that what it lets pass other readers would not read.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def fastest_zlib() -> ModuleType:
    """The fastest module with zlib's interface that takes and refuses what zlib does."""
    try:
        return import_module("zlib_ng.zlib_ng")
    except ImportError:
        return zlib
