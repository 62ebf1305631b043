"""YAML text as plain data and positions. Safe: no object tags, no duplicate keys, aliases bounded."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from stepsmith.diagnostics import About, DocumentError, Example, Faults, Position, Rule, short_repr
from stepsmith.pipeline.positions import PositionMap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stepsmith.diagnostics.finding import Path

LIMIT_BYTES = 1 << 20
LIMIT_NODES = 50_000
LIMIT_DEPTH = 50
# A whole number of more binary digits is not one that anybody means, and Python does not write it out.
_MOST_BITS = 1024
# What ends a line to YAML. Source: https://yaml.org/spec/1.1/#id871136
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_MOST_PATH_PARTS = 5
_TOO_MUCH = ("the file says too much, or aliases that multiply", "write values out, and less of them")
_TOO_DEEP = ("not YAML: nested too deep", "nest it less")
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)


def read_yaml(text: str, name: str, scalar: Callable[[str], Any], faults: Faults) -> tuple[Any, PositionMap]:
    """The data in `text`, and the position of each value. `name` is the file's, for errors.

    Each string is replaced by what `scalar` returns for it. A value that cannot be read is None, and its error is added
    to `faults`.
    Raises: DocumentError with file, line and column, if the text as a whole cannot be read.
    """
    if len(text.encode(errors="surrogatepass")) > LIMIT_BYTES:
        message = f"the file is over {LIMIT_BYTES} bytes long"
        fix = "split it, or move what is long into files"
        raise DocumentError("YML001", message, position=Position(name, 1, 1), fix=fix)
    lines = _LINE_BREAK.split(text)
    node = _compose(text, name, lines)
    reader = _Reader(name, lines, scalar, faults)
    data = reader.read(node, ()) if node is not None else None
    return data, reader.positions


class _TooMuchError(Exception):
    """What is wrong, what to do, and the mark at which reading ended."""


class _Loader(yaml.SafeLoader):
    """PyYAML's loader, which stops at a limit of nodes and depth instead of reading to the end."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._nodes += 1
        self._depth += 1
        if self._nodes > LIMIT_NODES:
            raise _TooMuchError(*_TOO_MUCH, self.get_mark())
        if self._depth > 2 * LIMIT_DEPTH:
            raise _TooMuchError(*_TOO_DEEP, self.get_mark())
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        # Its own search for keys takes a time that grows with the square of the depth.
        if self.flow_level > LIMIT_DEPTH:
            raise _TooMuchError(*_TOO_DEEP, self.get_mark())
        super().fetch_flow_collection_start(token)


def _compose(text: str, name: str, lines: Sequence[str]) -> yaml.Node | None:
    loader = None
    position = Position(name, 1, 1)
    fix = "look at the indentation, the brackets and the quotes there and in the line before"
    try:
        loader = _Loader(text)
        return loader.get_single_node()
    except _TooMuchError as error:
        message, fix, mark = error.args
        position = _position(name, lines, mark)
    except yaml.MarkedYAMLError as error:
        message = f"not YAML: {error.problem or error.context}"
        mark = error.problem_mark or error.context_mark
        position = _position(name, lines, mark) if mark else Position(name)
    except yaml.reader.ReaderError as error:
        message = f"not YAML: a character that it does not admit, {error.character!r}"
        fix = "remove it, or write it escaped in quotes"
        position = Position(name, len(_LINE_BREAK.findall(text, 0, error.position)) + 1, 1)
    except (yaml.YAMLError, RecursionError):
        message, fix = _TOO_DEEP
    except (ValueError, OverflowError):  # an escape of a character that does not exist: "\U00110000"
        message = "not YAML: an escape of no character"
        position = _position(name, lines, loader.get_mark()) if loader else Position(name)
    raise DocumentError("YML001", message, position=position, fix=fix)


class _Reader:
    def __init__(self, name: str, lines: Sequence[str], scalar: Callable[[str], Any], faults: Faults) -> None:
        self._lines = lines
        self._scalar = scalar
        self._constructor = yaml.SafeLoader("")
        self._nodes_left = LIMIT_NODES
        self.positions = PositionMap(name)
        self.faults = faults

    def read(self, node: yaml.Node, path: Path) -> Any:
        position = self._position_of(node)
        key_position = self.positions.keys.setdefault(path, position)
        if key_position.line == position.line:
            self.positions.values[path] = position
        self._nodes_left -= 1
        if self._nodes_left < 0 or len(path) > LIMIT_DEPTH:
            raise self._error(node, path[:_MOST_PATH_PARTS], "YML001", *_TOO_MUCH)
        if not node.tag.startswith(_PLAIN_TAGS):
            raise self._error(node, path, "YML001", f"the tag {node.tag!r} is not admitted", "write plain values")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar_of(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge" or _SURROGATE.search(key):
                message = "a key is to be plain text, and no merge (<<)"
                raise self._error(key_node, path, "YML002", message, "write each key out")
            if key in data:
                message = f"the key {key!r} stands twice"
                self.faults.add(self._error(key_node, (*path, key), "YML002", message, "remove one of the two"))
            self.positions.keys[(*path, key)] = self._position_of(key_node)
            data[key] = self.read(value_node, (*path, key))
        return data

    def _scalar_of(self, node: yaml.Node, path: Path) -> Any:
        try:
            return self._value(node)
        except DocumentError as error:
            position = self._position_of(node)
            self.faults.add(error.inside(*path).mapped(lambda finding: replace(finding, position=position)))
            return None

    def _value(self, node: yaml.Node) -> Any:
        """A scalar's value. Raises: DocumentError, without a position."""
        try:
            value = self._constructor.construct_object(node)
        except yaml.YAMLError as error:
            raise _unreadable(getattr(error, "problem", None) or str(error)) from None
        except Exception:  # noqa: BLE001 - PyYAML lets through whatever its conversions raise
            kind = node.tag.rpartition(":")[2]
            raise _unreadable(f"{short_repr(node.value)} is not a valid {kind}") from None
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            raise _unreadable("the number is too large")
        if not isinstance(value, str | int | float | bool | None) or (
            isinstance(value, int | float) and ":" in node.value
        ):
            value = node.value  # a date, say, or 1:30, is the text that was typed
        if not isinstance(value, str):
            return value
        if _SURROGATE.search(value):
            raise _unreadable("half of a surrogate pair is no character")
        return self._scalar(value)

    def _error(self, node: yaml.Node, path: Path, code: str, message: str, fix: str) -> DocumentError:
        return DocumentError(code, message, where=path, fix=fix, position=self._position_of(node))

    def _position_of(self, node: yaml.Node) -> Position:
        return _position(self.positions.file, self._lines, node.start_mark)


def _position(name: str, lines: Sequence[str], mark: yaml.Mark) -> Position:
    text = lines[mark.line] if mark.line < len(lines) else ""
    return Position(name, mark.line + 1, mark.column + 1, text)


def _unreadable(why: str) -> DocumentError:
    return DocumentError("YML003", f"a value cannot be read: {why}", fix="put it in quotes")


RULES = (
    Rule(
        "YML001",
        "A file that is not YAML, or not plain data",
        "The file is read as plain data: tags that create objects are refused, and so are aliases that "
        "multiply into a huge document and files over 1 MB.",
        About.PIPELINE,
        "Correct the indentation, brackets and quotes at the position that the message gives. Write values "
        "out instead of using tags and aliases.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: [eu-west-1\n"),
    ),
    Rule(
        "YML002",
        "A duplicate key, or a key that is not text",
        "Most YAML readers silently keep one of two values for the same key and drop the other.",
        About.PIPELINE,
        "Remove one of the two keys. Write each key as plain text, without merge keys (`<<`).",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: eu-west-1\nregion: eu-west-2\n"),
    ),
    Rule(
        "YML003",
        "A value that does not fit its tag",
        "A value with an explicit tag must have the form of that type. `!!int x` is not an integer.",
        About.PIPELINE,
        "Remove the tag, or put the value in quotes.",
        Example("pipeline.yaml", "region: eu-west-1\n", "region: !!int x\n"),
    ),
)
