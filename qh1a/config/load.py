"""Files and trees into values: prescription, limits, tuning, rig, and any other dataclass."""

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar, cast

from annotated_types import Interval, Unit
from pydantic import TypeAdapter, ValidationError

from qh1a.config.checks import Problem
from qh1a.config.tables import (
    Checker,
    ConfigError,
    Spec,
    Tree,
    overlay,
    read,
    row_of,
    spec,
    spec_of,
    text_of,
    unknown,
)
from qh1a.hazards import LIMITS
from qh1a.settings import Limits, Text

T = TypeVar("T")
PREFIXES: Final = ("prescription", "limits", "tuning", "patient", "rig")
"""First part of every `--set` key."""
SET: Final = "--set"
"""What stands for the file where a value came from the command line."""
NO_OVERRIDES: Final[Mapping[str, object]] = {}
LIMITS_SPEC: Final[Spec] = spec(
    (
        ("schema", Literal[1]),
        ("name", Text),
        *((r.key, Annotated[float, Interval(ge=r.hard_lo, le=r.hard_hi), Unit(r.unit)]) for r in LIMITS),
    )
)


def load(
    kind: type[T],
    source: Path,
    table: str | None = None,
    overrides: Mapping[str, object] = NO_OVERRIDES,
    *,
    prefix: str | None = None,
    problems: Callable[[T], tuple[Problem, ...]] | None = None,
) -> T:
    """The value of a file, or of one table of it.

    `overrides` are dotted keys below `prefix` (the table's name unless given) that replace what the file
    says. `problems` are checks across keys. Raises `ConfigError`.
    """
    file = str(source)
    tree = read(source)
    if table is None:
        inner: object = tree
    elif table in tree:
        inner = tree[table]
    else:
        raise ConfigError(file, f"[{table}]", "", missing_table(table, tree))
    return build(kind, inner, file, prefix or table or "", overrides, problems)


def missing_table(table: str, tree: Tree) -> str:
    """What to say of a file without its table."""
    names = ", ".join(f"[{n}]" for n in tree)
    return f"missing table, the file has {names}" if names else "missing table, the file is empty"


def build(
    kind: type[T],
    tree: object,
    file: str,
    prefix: str,
    overrides: Mapping[str, object] = NO_OVERRIDES,
    problems: Callable[[T], tuple[Problem, ...]] | None = None,
) -> T:
    """The value of a tree; `file` and `prefix` name it in errors. Raises `ConfigError`."""
    checker, values = _checked(spec_of(kind), tree, file, prefix, overrides)
    hint: object = kind
    try:
        made = cast("T", _adapter(hint).validate_python(values))
    except ValidationError as error:
        # A __post_init__ of the dataclass refused, in its own words.
        checker.refuse(prefix, "", error.errors()[0]["msg"].removeprefix("Value error, "))
        raise checker.errors[0] from None
    for problem in problems(made) if problems else ():
        checker.refuse(*problem[:3], *problem.also)
    checker.raise_first()
    return made


def build_limits(tree: object, file: str, overrides: Mapping[str, object] = NO_OVERRIDES) -> Limits:
    """Limits of a tree: every key of `hazards.LIMITS`, none other, each inside its hard bounds."""
    _, values = _checked(LIMITS_SPEC, tree, file, "limits", overrides)
    numbers = {key: float(v) for key, v in values.items() if isinstance(v, float)}
    return Limits(str(values["name"]), numbers)


def _checked(
    keys: Spec, tree: object, file: str, prefix: str, overrides: Mapping[str, object]
) -> tuple[Checker, dict[str, object]]:
    mine = {k: v for k, v in overrides.items() if k == prefix or k.startswith(f"{prefix}.")}
    whole = overlay({prefix: tree}, mine)[prefix]
    checker = Checker(file, mine)
    values = checker.table(keys, whole, prefix)
    checker.raise_first()
    return checker, values


def limits_tree(limits: Limits) -> dict[str, object]:
    """The tree that `build_limits` makes these limits from."""
    return {"schema": 1, "name": limits.name, **limits.value}


def to_tree(value: object) -> object:
    """A value as plain JSON types; the inverse of `build`."""
    if isinstance(value, Limits):
        return limits_tree(value)
    kind: object = type(value)
    tree: object = _adapter(kind).dump_python(value, mode="json")
    return tree


@cache
def _adapter(kind: object) -> TypeAdapter[object]:
    # Making one costs far more than using it.
    return TypeAdapter(cast("type[object]", kind))


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, shortest exact floats."""
    return json.dumps(
        to_tree(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def parse_set(items: tuple[str, ...]) -> dict[str, object]:
    """The `--set key=value` options; values are TOML values. Raises `ConfigError`."""
    found: dict[str, object] = {}
    for item in items:
        key, equals, text = (part.strip() for part in item.partition("="))
        if not equals:
            raise ConfigError(SET, "", "", f"{text_of(item)} is not key=value")
        if key.split(".")[0] not in PREFIXES or "." not in key:
            starts = ", ".join(f"{p}." for p in PREFIXES)
            raise ConfigError(SET, key, text, f"unknown key, keys start with {starts}")
        found[key] = _toml_value(key, text)
    return found


def _toml_value(key: str, text: str) -> object:
    try:
        tree = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        tree = {}
    if set(tree) != {"value"}:
        raise ConfigError(SET, key, text, 'not a TOML value; a text stands in quotes, as in "UFH"')
    return tree["value"]


def limit_allowed(key: str) -> str:
    """What one limit may be, for people; for an unknown key the nearest."""
    field = LIMITS_SPEC.get(key)
    return row_of(key, field.hint).allowed if field else unknown(key, LIMITS_SPEC)
