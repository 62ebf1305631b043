"""YAML text as plain data, with the line of each value. Safe: no object tags, no duplicate keys, aliases bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from stepsmith.errors import DocumentError, Faults

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_BYTES = 1 << 20
LIMIT_NODES = 100_000
LIMIT_DEPTH = 50
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{kind}" for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")
)

# From the path of a value (`("steps", "model", "type")`) to its line, counted from 1.
Lines: TypeAlias = "dict[tuple[str, ...], int]"


def read_yaml(text: str, name: str, scalar: Callable[[str], Any]) -> tuple[Any, Lines]:
    """The data that `text` says, and the line of each; `name` is the file's, for errors.

    Each string is what `scalar` returns of it. Raises: DocumentError with file and line.
    """
    if len(text) > LIMIT_BYTES:
        raise DocumentError("YML001", f"the file is over {LIMIT_BYTES} bytes long", at=name)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f"{name}:{mark.line + 1}" if mark else name
        fix = "look at the indentation, the brackets and the quotes there and in the line before"
        raise DocumentError("YML001", f"not YAML: {error.problem or error.context}", at=at, fix=fix) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise DocumentError("YML001", f"not YAML: {str(error).splitlines()[0]}", at=name) from None
    reader = _Reader(name, scalar)
    data = reader.read(node, ()) if node is not None else None
    reader.faults.raise_if_any()
    return data, reader.lines


class _Reader:
    def __init__(self, name: str, scalar: Callable[[str], Any]) -> None:
        self._name = name
        self._scalar = scalar
        self._constructor = yaml.SafeLoader("")
        self._left = LIMIT_NODES
        self.lines: Lines = {}
        self.faults = Faults()

    def read(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._left -= 1
        if self._left < 0 or len(path) > LIMIT_DEPTH:
            raise self._error(node, path, "YML001", "the file says too much, or aliases that multiply", "")
        if not node.tag.startswith(_PLAIN_TAGS):
            raise self._error(node, path, "YML001", f"the tag {node.tag!r} is not admitted", "write plain values")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, str(index))) for index, item in enumerate(node.value)]
        return self._scalar_of(node, path)

    def _mapping(self, node: yaml.MappingNode, path: tuple[str, ...]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                raise self._error(key_node, path, "YML002", "a key is to be plain text", "write each key out")
            if key in data:
                what = f"the key {key!r} stands twice"
                self.faults.add(self._error(key_node, (*path, key), "YML002", what, "remove one of the two"))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            data[key] = self.read(value_node, (*path, key))
        return data

    def _scalar_of(self, node: yaml.Node, path: tuple[str, ...]) -> Any:
        try:
            value = self._constructor.construct_object(node)
        except (yaml.YAMLError, ValueError) as error:
            what = getattr(error, "problem", None) or str(error)
            raise self._error(node, path, "YML003", f"a value cannot be read: {what}", "put it in quotes") from None
        if not isinstance(value, str | int | float | bool | None):
            value = node.value  # a date, say, is the text that was typed
        if not isinstance(value, str):
            return value
        try:
            return self._scalar(value)
        except DocumentError as error:
            finding = error.findings[0]
            self.faults.add(self._error(node, path, finding.code, finding.what, finding.fix))
            return None

    def _error(self, node: yaml.Node, path: tuple[str, ...], code: str, what: str, fix: str) -> DocumentError:
        at = f"{self._name}:{node.start_mark.line + 1}"
        return DocumentError(code, what, where=".".join(path), fix=fix, at=at)
