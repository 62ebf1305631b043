"""Which names an archive's entries may have, and the one form in which names are compared."""

from __future__ import annotations

import unicodedata

from stepsmith.container.archive.faults import ArchiveFault

# What a model is called in S3, in a container and in a package, whatever it was called before.
MODEL_NAME = "model.tar.gz"
NAME_BYTES = 4096
NAME_DEPTH = 64
PART_BYTES = 255


def normal_name(raw: bytes) -> str:
    """The name of an entry without `./` and without a slash at its end; empty for the archive's own root.

    >>> normal_name(b"./code/inference.py")
    'code/inference.py'

    Raises: ArchiveFault when the name would leave the folder, or cannot be trusted to mean one place everywhere.
    """
    shown = repr(raw[:200].decode("utf-8", "backslashreplace"))
    if len(raw) > NAME_BYTES:
        raise _unsafe(shown, "is over {} bytes long".format(NAME_BYTES))
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _unsafe(shown, "is not UTF-8") from None
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise _unsafe(shown, "holds control characters")
    if "\\" in name:
        raise _unsafe(shown, "holds a backslash, which is a separator elsewhere")
    if name.startswith("/"):
        raise _unsafe(shown, "is absolute")
    if not name:
        raise _unsafe(shown, "is empty")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _unsafe(shown, "climbs out of its folder")
    if any(len(part.encode("utf-8")) > PART_BYTES for part in parts):
        raise _unsafe(shown, "has a part of over {} bytes, which no file system holds".format(PART_BYTES))
    if len(parts) > NAME_DEPTH:
        raise _unsafe(shown, "is over {} folders deep".format(NAME_DEPTH))
    return "/".join(parts)


def folded(name: str) -> str:
    """What a file system that tells neither case nor composed letters apart makes of a name.

    >>> folded("Code/Gr\u00f6\u00dfe") == folded("code/gro\u0308sse")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _unsafe(shown: str, why: str) -> ArchiveFault:
    return ArchiveFault("ARC008", "an entry's name " + why, "entry " + shown)
