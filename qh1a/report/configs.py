"""Careful look-ups in the configs of a session's header, which are JSON of any age."""

from collections.abc import Mapping
from typing import Final

Json = object
"""A value of JSON: None, bool, int, float, str, list or dict of these."""

_NOTHING: Final[Mapping[str, Json]] = {}


def find(configs: Json, *path: str) -> Json:
    """What stands at a path, None when it is not there."""
    for key in path:
        if not isinstance(configs, Mapping):
            return None
        configs = configs.get(key)
    return configs


def number(configs: Json, *path: str) -> float | None:
    """The number at a path, None when there is none."""
    value = find(configs, *path)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def text(configs: Json, *path: str) -> str:
    """The text at a path, empty when there is none."""
    value = find(configs, *path)
    return value if isinstance(value, str) else ""


def table(configs: Json, *path: str) -> Mapping[str, Json]:
    """The table at a path, empty when there is none."""
    value = find(configs, *path)
    return value if isinstance(value, Mapping) else _NOTHING


def rows(configs: Json, *path: str) -> tuple[Mapping[str, Json], ...]:
    """The list of tables at a path, empty when there is none."""
    value = find(configs, *path)
    return tuple(row for row in value if isinstance(row, Mapping)) if isinstance(value, list | tuple) else ()
