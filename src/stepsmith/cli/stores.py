"""The store that a command reads: the one that was named, or the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stepsmith.diagnostics import About, ModelRegistryError, Rule
from stepsmith.local.store import STORE_NAME, Store, find_store

if TYPE_CHECKING:
    from pathlib import Path


def open_store(named: Path | None) -> Store:
    """The store at `named`, or else the one of the nearest folder from the working directory up that has one.

    Raises: ModelRegistryError when there is none at `named`, or it is the folder around one.
    """
    if named and not named.is_dir():
        raise ModelRegistryError("REG010", f"there is no store at {named}", fix=f"name a {STORE_NAME} folder")
    if named and (named / STORE_NAME).is_dir():
        fix = f"name the store in it: --store {named / STORE_NAME}"
        raise ModelRegistryError("REG010", f"{named} is no store, and holds one", fix=fix)
    return Store(named.resolve()) if named else find_store()


def no_store_message(store: Store, what: str) -> str:
    """What to say where a store holds none of `what`: that it is so, or that there is no store."""
    if store.root.is_dir():
        return f"no {what} in {store.root}"
    return f"nothing has run here: no {STORE_NAME} in this folder or above it"


RULES = (
    Rule(
        "REG010",
        "A store that does not exist",
        "`--store` must name a `.stepsmith` folder.",
        About.MODEL_REGISTRY,
        "Correct the path. If the folder contains a store, name the store in it: `--store FOLDER/.stepsmith`.",
    ),
)
