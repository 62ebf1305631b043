"""What can be wrong with an archive: every code that this package raises, in one table."""

from __future__ import annotations

# Each code and what it stands for. A code is never given to another fault; ARC018 was that of a package read back.
CODES = {
    "ARC001": "not gzip",
    "ARC002": "truncated",
    "ARC003": "damaged gzip data",
    "ARC004": "gzip checksum or length does not match",
    "ARC005": "data after the end",
    "ARC006": "not a tar, or a damaged header",
    "ARC007": "no end-of-archive blocks",
    "ARC008": "unsafe name",
    "ARC009": "an entry that is neither file nor directory",
    "ARC010": "two entries of one name",
    "ARC011": "no file inside",
    "ARC012": "digest differs",
    "ARC013": "no archive found",
    "ARC014": "several archives found",
    "ARC015": "unreadable",
    "ARC016": "changed while it was read",
    "ARC017": "the entry point is missing",
    "ARC019": "a folder that cannot be archived",
    "ARC020": "too many entries",
    "ARC021": "a file that runs as another user",
    "ARC022": "unpacks to more than the limit",
    "ARC023": "a limit that is none",
    "ARC024": "a place that is taken",
}


class ArchiveFault(ValueError):  # noqa: N818 - it is a fault of the archive, not of the code that reads it
    """An archive is refused: `code` (a key of CODES), `what` is wrong, and `where` it was found."""

    def __init__(self, code: str, what: str, where: str = "") -> None:
        super().__init__(code, what, where)
        self.code, self.what, self.where = code, what, where

    def __str__(self) -> str:
        return "{} {}{}".format(self.code, self.where + ": " if self.where else "", self.what)
