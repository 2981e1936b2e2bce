"""TOML tables into frozen dataclasses, by their annotations.

Nothing is guessed: an unknown key, a missing key, a wrong type, a string for a number, NaN and a value
outside its bounds are errors. Every error is one line with file, key, value and what is allowed. Types,
units and bounds come from the annotations alone (`Annotated[float, Interval(...), Unit(...)]`).
"""

import dataclasses
import difflib
import json
import re
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from annotated_types import Interval, Len, Unit
from pydantic import ConfigDict, TypeAdapter, ValidationError

Tree = Mapping[str, object]
"""A TOML table as it was read."""

_STRICT: Final = ConfigDict(strict=True, allow_inf_nan=False)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
UNITS: Final[dict[str, str]] = {
    "_ml_min_s": "mL/min/s", "_mmol_min": "mmol/min", "_mmol_l": "mmol/L", "_umol_l": "umol/L",
    "_ml_kg": "mL/kg", "_ml_min": "mL/min", "_ml_rev": "mL/rev", "_ml_h": "mL/h", "_ml_s": "mL/s",
    "_l_min": "L/min", "_l_h": "L/h", "_g_l": "g/L", "_g_dl": "g/dL", "_mg_dl": "mg/dL", "_iu_ml": "IU/mL",
    "_percent": "%", "_fraction": "fraction", "_mmhg": "mmHg", "_kpa": "kPa", "_mbar": "mbar", "_bar": "bar",
    "_rpm": "rpm", "_min": "min", "_hours": "h", "_ms": "ms", "_ml": "mL", "_kg": "kg", "_mg": "mg",
    "_mm": "mm", "_cm": "cm", "_hz": "Hz", "_pa": "Pa", "_l": "L", "_g": "g", "_h": "h", "_s": "s",
    "_c": "C", "_f": "F", "_k": "K", "_w": "W", "_n": "N",
}  # fmt: skip
"""Unit suffixes of key names, longest first: `blood_l_min` is `blood` in L/min."""


class ConfigError(Exception):
    """A configuration that cannot be used. Its text is ONE line for the person who wrote the file.

    `allowed` says what would have been right; `others` are further errors found in the same file.
    """

    def __init__(self, file: str, key: str, value: str, allowed: str) -> None:
        self.file, self.key, self.value, self.allowed = file, key, value, allowed
        self.others: tuple[ConfigError, ...] = ()
        what = f"{key} = {value}: " if value else f"{key}: " if key else ""
        super().__init__(" ".join(f"{file}: {what}{allowed}".split()))


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One key of a table: what may stand there. `lo`, `hi` are None where there is no bound."""

    key: str
    kind: str
    unit: str
    lo: float | None
    hi: float | None
    choices: tuple[str, ...]
    required: bool
    lo_open: bool = False

    @property
    def allowed(self) -> str:
        """What may stand there, for people."""
        if self.choices:
            return ", ".join(self.choices)
        if self.kind in ("number", "whole number"):
            return self._span()
        if self.kind == "text" and self.hi is not None:
            return f"a text of {self.lo or 0:g} to {self.hi:g} characters"
        return "true or false" if self.kind == "flag" else f"a {self.kind}"

    def _span(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.lo is not None and self.lo == self.hi:
            return f"{self.lo:g}{unit}"
        low = "" if self.lo is None else f"above {self.lo:g}" if self.lo_open else f"{self.lo:g}"
        if self.lo is not None and self.hi is not None:
            return f"{low} to {self.hi:g}{unit}"
        if self.lo is not None:
            return f"{low}{unit}" if self.lo_open else f"from {low}{unit}"
        if self.hi is not None:
            return f"up to {self.hi:g}{unit}"
        return f"a {self.kind}{' in' if unit else ''}{unit}"


@dataclass(frozen=True, slots=True)
class _Field:
    hint: object
    required: bool


Spec = Mapping[str, _Field]


def spec_of(kind: type[object]) -> Spec:
    """The keys of a dataclass, with the annotation of each."""
    if not dataclasses.is_dataclass(kind):
        msg = f"{kind.__name__} is not a dataclass"
        raise TypeError(msg)
    hints: dict[str, object] = dict(typing.get_type_hints(kind, include_extras=True))
    return {
        f.name: _Field(
            hints[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(kind)
    }


def spec(rows: Iterable[tuple[str, object]]) -> Spec:
    """A table whose keys stand in data instead of in a class."""
    return {key: _Field(hint, required=True) for key, hint in rows}


def rows_of(kind: type[object], prefix: str = "") -> tuple[FieldRow, ...]:
    """Every leaf key of a dataclass, nested ones dotted."""
    return tuple(_rows(spec_of(kind), prefix))


def _rows(keys: Spec, prefix: str) -> Iterable[FieldRow]:
    for name, field in keys.items():
        key = f"{prefix}.{name}" if prefix else name
        base = _base(field.hint)
        if isinstance(base, type) and dataclasses.is_dataclass(base):
            yield from _rows(spec_of(base), key)
        else:
            yield row_of(key, field.hint, required=field.required)


def row_of(key: str, hint: object, *, required: bool = True) -> FieldRow:
    """What one annotation allows."""
    base, unit = _base(hint), ""
    lo: float | None = None
    hi: float | None = None
    choices: tuple[str, ...] = ()
    lo_open = False
    for mark in _marks(hint):
        if isinstance(mark, Unit):
            unit = mark.unit
        elif isinstance(mark, Interval):
            lo = _number(mark.ge if mark.ge is not None else mark.gt)
            hi = _number(mark.le if mark.le is not None else mark.lt)
            lo_open = mark.gt is not None
        elif isinstance(mark, Len):
            lo, hi = mark.min_length, mark.max_length
    if typing.get_origin(base) is typing.Literal:
        choices = tuple(text_of(c) for c in typing.get_args(base))
        kind = "choice"
    else:
        kind = _KINDS.get(base if isinstance(base, type) else object, "") or _container(base)
    return FieldRow(key, kind, unit, lo, hi, choices, required, lo_open)


_KINDS: Final[dict[type, str]] = {float: "number", int: "whole number", str: "text", bool: "flag"}


def _container(base: object) -> str:
    if isinstance(base, type) and dataclasses.is_dataclass(base):
        return "table"
    return "list" if typing.get_origin(base) in (tuple, list, frozenset) else "table"


def _number(bound: object) -> float | None:
    return float(bound) if isinstance(bound, int | float) else None


def _marks(hint: object) -> tuple[object, ...]:
    """Metadata of an annotation; of `Annotated[...] | None` the inner one."""
    if typing.get_origin(hint) is typing.Annotated:
        return tuple(typing.get_args(hint)[1:])
    inner = _optional(hint)
    return () if inner is None else _marks(inner)


def _base(hint: object) -> object:
    """The bare type of an annotation."""
    if typing.get_origin(hint) is typing.Annotated:
        return _base(typing.get_args(hint)[0])
    inner = _optional(hint)
    return hint if inner is None else _base(inner)


def _optional(hint: object) -> object | None:
    """X of `X | None`, else None."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return None
    inner = [a for a in typing.get_args(hint) if a is not type(None)]
    return inner[0] if len(inner) == 1 else None


def text_of(value: object) -> str:
    """A value as TOML would write it, on one line, cut when long."""
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = json.dumps(value, ensure_ascii=False)
        case int() | float():
            text = str(value)
        case list() | tuple():
            text = "[" + ", ".join(text_of(v) for v in value) + "]"
        case dict():
            text = "{" + ", ".join(f"{key_text(str(k))} = {text_of(v)}" for k, v in value.items()) + "}"
        case _:
            text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def key_text(key: str) -> str:
    """A key as TOML would write it."""
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def stem(key: str) -> tuple[str, str]:
    """A key name without its unit suffix, and that unit ("" for none)."""
    for suffix, unit in UNITS.items():
        if key.endswith(suffix) and len(key) > len(suffix):
            return key.removesuffix(suffix), unit
    return key, ""


def unknown(key: str, known: Iterable[str], noun: str = "key") -> str:
    """What to say of a key (or other name) that does not exist: the expected unit, or the nearest known."""
    names = tuple(known)
    for name in names:
        if stem(name)[0] == stem(key)[0] and name != key:
            unit = stem(name)[1]
            expected = f"the unit expected is {unit}" if unit else "it has no unit"
            return f"unknown {noun}, {expected}: {name}"
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    return f"unknown {noun}, " + (f"nearest is {near[0]}" if near else f"known are {', '.join(names)}")


class Checker:
    """Checks trees against specs and collects every error, each with the file it came from.

    A key that came from `overrides` (dotted) is reported as coming from `--set`.
    """

    def __init__(self, file: str, overrides: Mapping[str, object] | None = None) -> None:
        self._file = file
        self._overrides = overrides or {}
        self.errors: list[ConfigError] = []

    def refuse(self, key: str, value: str, allowed: str, *also: str) -> None:
        """Note an error of `key`; `also` are the other keys it depends on."""
        self.errors.append(ConfigError(self._source(key, *also), key, value, allowed))

    def raise_first(self) -> None:
        """Raise what was found, if anything."""
        if self.errors:
            first = self.errors[0]
            first.others = tuple(self.errors[1:])
            raise first

    def _source(self, *keys: str) -> str:
        for key in keys:
            for name in self._overrides:
                if key == name or key.startswith(f"{name}.") or name.startswith(f"{key}."):
                    return "--set"
        return self._file

    def table(self, keys: Spec, value: object, key: str) -> dict[str, object]:
        """The checked values of one table; what is wrong is in `errors` and left out."""
        if not isinstance(value, dict):
            self.refuse(key, text_of(value), "allowed is a table")
            return {}
        done: dict[str, object] = {}
        for name, item in value.items():
            path = f"{key}.{key_text(name)}" if key else key_text(name)
            if name not in keys:
                shown = "" if isinstance(item, dict) else text_of(item)
                self.refuse(path, shown, unknown(name, keys))
            else:
                done[name] = self.value(keys[name].hint, item, path)
        for name, field in keys.items():
            if name not in value and field.required:
                path = f"{key}.{name}" if key else name
                self.refuse(path, "", f"missing, allowed {row_of(path, field.hint).allowed}")
        return done

    def value(self, hint: object, value: object, key: str) -> object:
        """One checked value."""
        base = _base(hint)
        if isinstance(base, type) and dataclasses.is_dataclass(base):
            return self.table(spec_of(base), value, key)
        origin = typing.get_origin(base)
        if origin in (tuple, list) and isinstance(value, list):
            inner = typing.get_args(base)[0]
            return tuple(self.value(inner, v, f"{key}[{i}]") for i, v in enumerate(value))
        if origin in (Mapping, dict) and isinstance(value, dict):
            inner = typing.get_args(base)[1]
            return {str(k): self.value(inner, v, f"{key}.{key_text(str(k))}") for k, v in value.items()}
        return self._leaf(hint, value, key)

    def _leaf(self, hint: object, value: object, key: str) -> object:
        base = _base(hint)
        literal = typing.get_origin(base) is typing.Literal
        # pydantic takes true for Literal[1]; a flag is not a number.
        same_type = not literal or type(value) in {type(c) for c in typing.get_args(base)}
        if same_type:
            try:
                return _adapter(hint).validate_python(value)
            except ValidationError:
                pass
        self.refuse(key, text_of(value), f"allowed {row_of(key, hint).allowed}")
        return value


@cache
def _adapter(hint: object) -> TypeAdapter[object]:
    # An annotation such as Literal[1] is no class, but TypeAdapter takes it.
    return TypeAdapter(typing.cast("type[object]", hint), config=_STRICT)


def read(source: Path, file: str | None = None) -> Tree:
    """The tree of a TOML file; raises `ConfigError` when it is missing or is not TOML."""
    name = file or str(source)
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(name, "", "", f"not TOML: {error}") from None
    except UnicodeDecodeError:
        raise ConfigError(name, "", "", "not TOML: not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(name, "", "", f"cannot be read: {error.strerror}") from None


def overlay(tree: Tree, overrides: Mapping[str, object]) -> Tree:
    """The tree with dotted keys replaced; the tree itself is left alone."""
    top: dict[str, object] = dict(tree)
    for key, value in overrides.items():
        *path, last = key.split(".")
        at = top
        for name in path:
            below = at.get(name)
            copy: dict[str, object] = dict(below) if isinstance(below, dict) else {}
            at[name] = copy
            at = copy
        at[last] = value
    return top
