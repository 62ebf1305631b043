"""How far an archive may go before it is refused, as far as its user decides."""

from __future__ import annotations

from typing import Mapping, NamedTuple

from stepsmith.container.archive.faults import ArchiveFault

UNPACKED_VARIABLE = "STEPSMITH_MAX_UNPACKED_BYTES"
RATIO_VARIABLE = "STEPSMITH_MAX_RATIO"
LINKS_VARIABLE = "STEPSMITH_LINKS"
# What each variable of a step's environment says; the contracts of the steps that read archives declare them.
VARIABLES = {
    UNPACKED_VARIABLE: "how many bytes an archive may unpack to; 1 TiB if unset",
    RATIO_VARIABLE: "how many times its own size an archive may unpack to, past the first GiB; 100 if unset",
    LINKS_VARIABLE: "`inside` admits links to files of the archive itself; none are admitted if unset",
}
# An archive that is small when unpacked does no harm, however well it is compressed.
RATIO_FREE_BYTES = 1 << 30


class Limits(NamedTuple):
    """Bytes that an archive may unpack to; their ratio to its own, past the first GiB; whether links are admitted."""

    unpacked_bytes: int = 1 << 40
    ratio: int = 100
    links: bool = False

    def refuse_bomb(self, unpacked_bytes: int, read_bytes: int) -> None:
        """Raises: ArchiveFault when so many bytes came out of so many."""
        if unpacked_bytes > self.unpacked_bytes:
            message = "it unpacks to over {:,} bytes, the limit (--max-unpacked-bytes; in a step's env {})"
            raise ArchiveFault(
                "ARC022", message.format(self.unpacked_bytes, UNPACKED_VARIABLE), "byte {}".format(read_bytes)
            )
        if unpacked_bytes > RATIO_FREE_BYTES and unpacked_bytes > self.ratio * read_bytes:
            message = (
                "past the first GiB it unpacks to over {} times its size, the limit (--max-ratio; in a step's env {})"
            )
            raise ArchiveFault("ARC022", message.format(self.ratio, RATIO_VARIABLE), "byte {}".format(read_bytes))


USUAL = Limits()


def limits_of(environment: Mapping[str, str]) -> Limits:
    """The limits that an environment sets, the usual ones where it sets none.

    >>> limits_of({"STEPSMITH_MAX_RATIO": "500"}).ratio
    500

    Raises: ArchiveFault when a variable holds no such value.
    """
    links = environment.get(LINKS_VARIABLE, "")
    if links not in ("", "inside"):
        raise ArchiveFault("ARC023", "{} is {!r}; it can be inside, or unset".format(LINKS_VARIABLE, links))
    return Limits(
        _number(environment, UNPACKED_VARIABLE, USUAL.unpacked_bytes),
        _number(environment, RATIO_VARIABLE, USUAL.ratio),
        links == "inside",
    )


def _number(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and int(text)):
        raise ArchiveFault("ARC023", "{} is {!r}; it must be a whole number from 1 up".format(name, text))
    return int(text)
