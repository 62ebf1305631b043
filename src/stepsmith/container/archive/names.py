"""Which names an archive's entries may have, alone and beside each other."""

from __future__ import annotations

import re
import unicodedata
from typing import Dict, Optional, Union

from stepsmith.container.archive.faults import ArchiveFault

# What a model is called in S3, in a container and in a package, whatever it was called before.
MODEL_NAME = "model.tar.gz"
NAME_BYTES = 4096
NAME_DEPTH = 64
PART_BYTES = 255
# Control characters, line ends, and what makes a terminal show a name in another order than it is written.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# What is kept of every entry is bounded with these.
ENTRIES = 100_000
NAMES_BYTES = 32 << 20


def normal_name(raw: bytes) -> str:
    """The name of an entry without `./` and without a slash at its end; empty for the archive's own root.

    >>> normal_name(b"./code/inference.py")
    'code/inference.py'

    Raises: ArchiveFault when the name would leave the folder, or cannot be trusted to mean one place everywhere.
    """
    label = repr(raw[:80].decode("utf-8", "backslashreplace"))
    if len(raw) > NAME_BYTES:
        raise _unsafe(label, "is over {} bytes long".format(NAME_BYTES))
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _unsafe(label, "is not UTF-8") from None
    if _CONTROLS.search(name):
        raise _unsafe(label, "holds control characters")
    if "\\" in name:
        raise _unsafe(label, "holds a backslash, which is a separator elsewhere")
    if name.startswith("/"):
        raise _unsafe(label, "is absolute")
    if not name:
        raise _unsafe(label, "is empty")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise _unsafe(label, "climbs out of its folder")
    if any(len(part.encode("utf-8")) > PART_BYTES for part in parts):
        raise _unsafe(label, "has a part of over {} bytes, which no file system holds".format(PART_BYTES))
    if len(parts) > NAME_DEPTH:
        raise _unsafe(label, "is over {} folders deep".format(NAME_DEPTH))
    return "/".join(parts)


def folded(name: str) -> str:
    """What a file system that tells neither case nor composed letters apart makes of a name.

    >>> folded("Code/Gr\u00f6\u00dfe") == folded("code/gro\u0308sse")
    True
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def path_inside(name: str, raw: bytes) -> Optional[str]:
    """The name that a symbolic link called `name` leads to, None where that is not inside.

    Only its first parts may climb: what they climb from are folders, and no links, so that no step leads out.

    >>> path_inside("snapshots/1/model.bin", b"../../blobs/a")
    'blobs/a'

    Raises: ArchiveFault when the rest cannot be trusted to mean one place everywhere.
    """
    folder = name.split("/")[:-1]
    parts = raw.split(b"/")
    climbs = next((number for number, part in enumerate(parts) if part != b".."), len(parts))
    if raw.startswith(b"/") or b".." in parts[climbs:] or climbs > len(folder):
        return None
    above = [part.encode("utf-8") for part in folder[: len(folder) - climbs]]
    return normal_name(b"/".join([*above, *parts[climbs:]]) or b".") or None


class Names:
    """The names seen so far, as a file system has them that tells neither case nor composed letters apart."""

    def __init__(self) -> None:
        self._root = _Folder(b"")
        self._entries, self._folders, self._bytes = 0, 0, 0

    def add(self, name: str, is_directory: bool, target: str = "") -> None:  # noqa: FBT001 - a member's own fields
        """Takes note of the name of a file, of a directory, or of a link and its target.

        Raises: ArchiveFault when it cannot stand beside the others, or there are too many.
        """
        label = "entry " + repr(name)
        self._entries += 1
        self._bytes += len(name.encode("utf-8")) + len(target.encode("utf-8"))
        parts = name.split("/") if name else []
        folder = self._root
        for part in parts if is_directory else parts[:-1]:
            folder = self._folder(folder, part, label)
        if is_directory:
            if folder.is_entry:
                raise ArchiveFault("ARC010", "two entries have this name", label)
            folder.is_entry = True
        else:
            _add_file(folder, parts[-1], label)
        if max(self._entries, self._folders) > ENTRIES or self._bytes > NAMES_BYTES:
            message = "the archive has over {:,} entries, or folders, or over {:,} bytes of names"
            raise ArchiveFault("ARC020", message.format(ENTRIES, NAMES_BYTES), label)

    def has_file(self, name: str) -> bool:
        """Whether a file has the name."""
        node: Union[_Folder, bytes, None] = self._root
        for part in name.split("/"):
            node = node.below.get(_key(part)) if isinstance(node, _Folder) else None
            if _spelling(node) != part.encode("utf-8"):
                return False
        return isinstance(node, bytes)

    def _folder(self, above: _Folder, part: str, label: str) -> _Folder:
        key = _key(part)
        existing = above.below.get(key)
        if isinstance(existing, _Folder):
            _refuse_other_spelling(existing.part, part, label)
            return existing
        if existing is not None:
            raise ArchiveFault("ARC010", "a file and a folder have one name", label)
        self._folders += 1
        made = above.below[key] = _Folder(_spelled(part, key))
        return made


class _Folder:
    """A folder, by an entry of its own or only by what is in it: folders, and the names of files."""

    __slots__ = ("below", "is_entry", "part")

    def __init__(self, part: bytes) -> None:
        self.part = part
        self.is_entry = False
        self.below: Dict[bytes, Union[_Folder, bytes]] = {}


def _add_file(folder: _Folder, part: str, label: str) -> None:
    key = _key(part)
    existing = folder.below.get(key)
    if existing is None:
        folder.below[key] = _spelled(part, key)
        return
    _refuse_other_spelling(_spelling(existing), part, label)
    message = "a file and a folder have one name" if isinstance(existing, _Folder) else "two entries have this name"
    raise ArchiveFault("ARC010", message, label)


def _key(part: str) -> bytes:
    return folded(part).encode("utf-8")


def _spelled(part: str, key: bytes) -> bytes:
    """The bytes of a part of a name, which are kept but once where they are its key too."""
    spelled = part.encode("utf-8")
    return key if key == spelled else spelled


def _spelling(node: Union[_Folder, bytes, None]) -> bytes:
    return node.part if isinstance(node, _Folder) else node or b""


def _refuse_other_spelling(existing: bytes, part: str, label: str) -> None:
    if existing != part.encode("utf-8"):
        message = "another has {!r} for {!r}; some file systems tell neither case nor composed letters apart"
        raise ArchiveFault("ARC010", message.format(existing.decode("utf-8"), part), label)


def _unsafe(label: str, why: str) -> ArchiveFault:
    return ArchiveFault("ARC008", "an entry's name " + why, "entry " + label)
