"""YAML text as plain data, with the place of each value. Safe: no object tags, no duplicate keys, aliases bounded."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from stepsmith.diagnostics import About, DocumentError, Example, Faults, Position, Rule
from stepsmith.pipeline.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stepsmith.diagnostics import Finding
    from stepsmith.diagnostics.finding import Path

LIMIT_BYTES = 1 << 20
LIMIT_NODES = 100_000
LIMIT_DEPTH = 50
# What ends a line to YAML. Source: https://yaml.org/spec/1.1/#id871136
_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_SHOWN_PARTS = 5
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)


def read_yaml(text: str, name: str, scalar: Callable[[str], Any]) -> tuple[Any, Places]:
    """The data that `text` says, and where each of it stands; `name` is the file's, for errors.

    Each string is what `scalar` returns of it. Raises: DocumentError with file, line and column.
    """
    if len(text.encode(errors="surrogatepass")) > LIMIT_BYTES:
        fix = "split it, or move what is long into files"
        raise DocumentError(
            "YML001", f"the file is over {LIMIT_BYTES} bytes long", position=Position(name, 1, 1), fix=fix
        )
    lines = _LINE_BREAK.split(text)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fix = "look at the indentation, the brackets and the quotes there and in the line before"
        found = DocumentError("YML001", f"not YAML: {error.problem or error.context}", position=Position(name), fix=fix)
        raise (found.mapped(_placed(_place(name, lines, mark))) if mark else found) from None
    except yaml.reader.ReaderError as error:
        line = len(_LINE_BREAK.findall(text, 0, error.position)) + 1
        what = f"not YAML: a character that it does not admit, {error.character!r}"
        raise DocumentError(
            "YML001", what, position=Position(name, line, 1), fix="remove it, or write it escaped in quotes"
        ) from None
    except (yaml.YAMLError, RecursionError):
        raise DocumentError(
            "YML001", "not YAML: nested too deep", position=Position(name, 1, 1), fix="nest it less"
        ) from None
    reader = _Reader(name, lines, scalar)
    data = reader.read(node, ()) if node is not None else None
    reader.faults.raise_if_any()
    return data, reader.places


class _Reader:
    def __init__(self, name: str, lines: Sequence[str], scalar: Callable[[str], Any]) -> None:
        self._lines = lines
        self._scalar = scalar
        self._constructor = yaml.SafeLoader("")
        self._left = LIMIT_NODES
        self.places = Places(name)
        self.faults = Faults()

    def read(self, node: yaml.Node, path: Path) -> Any:
        place = self._place(node)
        key = self.places.keys.setdefault(path, place)
        if key.line == place.line:
            self.places.values[path] = place
        self._left -= 1
        if self._left < 0 or len(path) > LIMIT_DEPTH:
            what = "the file says too much, or aliases that multiply"
            raise self._error(node, path[:_SHOWN_PARTS], "YML001", what, "write values out, and less of them")
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
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                what = "a key is to be plain text, and no merge (<<)"
                raise self._error(key_node, path, "YML002", what, "write each key out")
            if key in data:
                what = f"the key {key!r} stands twice"
                self.faults.add(self._error(key_node, (*path, key), "YML002", what, "remove one of the two"))
            self.places.keys[(*path, key)] = self._place(key_node)
            data[key] = self.read(value_node, (*path, key))
        return data

    def _scalar_of(self, node: yaml.Node, path: Path) -> Any:
        try:
            value = self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            what = getattr(error, "problem", None) or str(error)
            raise self._error(node, path, "YML003", f"a value cannot be read: {what}", "put it in quotes") from None
        if not isinstance(value, str | int | float | bool | None) or (_is_number(value) and ":" in node.value):
            value = node.value  # a date, say, or 1:30, is the text that was typed
        if not isinstance(value, str):
            return value
        try:
            return self._scalar(value)
        except DocumentError as error:
            self.faults.add(error.inside(*path).mapped(_placed(self._place(node))))
            return None

    def _error(self, node: yaml.Node, path: Path, code: str, what: str, fix: str) -> DocumentError:
        return DocumentError(code, what, where=path, fix=fix, position=self._place(node))

    def _place(self, node: yaml.Node) -> Position:
        return _place(self.places.file, self._lines, node.start_mark)


def _place(name: str, lines: Sequence[str], mark: yaml.Mark) -> Position:
    text = lines[mark.line] if mark.line < len(lines) else ""
    return Position(name, mark.line + 1, mark.column + 1, text)


def _placed(position: Position) -> Callable[[Finding], Finding]:
    return lambda finding: replace(finding, position=position)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


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
