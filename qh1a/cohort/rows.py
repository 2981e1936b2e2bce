"""A cohort's frozen rows, and the virtual patient of each."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from qh1a.cohort.draw import Row
from qh1a.cohort.model import Cohort, load_cohort
from qh1a.config import ConfigError, build, load, resolve, to_tree
from qh1a.config.load import NO_OVERRIDES
from qh1a.config.tables import overlay
from qh1a.sim.person import Person, plasma_volume

MARK: Final = "#"
"""Between a cohort and a patient's number: `aclf-300#17`."""


def read_rows(path: Path) -> tuple[Row, ...]:
    """The patients of a cohort's CSV file. Raises `ConfigError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError(str(path), "", "", "cannot be read, allowed is a cohort's CSV file") from None
    return tuple(csv.DictReader(line for line in lines if not line.startswith("#")))


def find_person(name: str, overrides: Mapping[str, object] = NO_OVERRIDES) -> Person:
    """The virtual patient of a name such as `aclf-300#17`. Raises `ConfigError`."""
    stem, _, number = name.partition(MARK)
    source = resolve(f"{stem.removesuffix('.toml')}.toml", "cohorts")
    file = source.with_suffix(".csv")
    rows = read_rows(file)
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(rows)):
        raise ConfigError(str(file), "id", number or "(none)", f"allowed 1 to {len(rows)}")
    return person_of(load_cohort(source), rows[int(number) - 1], str(file), overrides)


def person_of(
    cohort: Cohort, row: Mapping[str, str], file: str, overrides: Mapping[str, object] = NO_OVERRIDES
) -> Person:
    """The virtual patient of a row, through the checks of a patient file. Raises `ConfigError`."""
    typical = _typical(cohort.patient)
    sampled: dict[str, object] = {}
    for key, target in cohort.key.items():
        sampled[key] = target.factor * _number(row, target.column, file)
    scale = _number(row, "weight", file) / typical.weight
    tree = to_tree(typical)
    scaled = {key: _at(tree, key, file) * scale for key in cohort.from_weight.keys}
    person = build(Person, _with(tree, scaled | sampled), file, "patient")
    settled: dict[str, object] = {
        f"{name}.central": plasma_volume(person) / 1e3 for name in cohort.from_weight.plasma
    }
    tree = to_tree(person)
    for name in cohort.from_weight.balanced:
        settled[f"{name}.clearance"] = (
            1e3 * _at(tree, f"{name}.generation", file) / _at(tree, f"{name}.start", file)
        )
    return build(Person, _with(tree, settled), file, "patient", overrides)


@cache
def _typical(name: str) -> Person:
    return load(Person, resolve(name, "patients"))


def _number(row: Mapping[str, str], column: str, file: str) -> float:
    value = row.get(column)
    try:
        return float(value or "")
    except ValueError:
        key = f"{row.get('id', '')}.{column}"
        raise ConfigError(file, key, value or "", "allowed is a number") from None


def _with(tree: object, values: Mapping[str, object]) -> object:
    return overlay({"": tree}, {f".{key}": value for key, value in values.items()})[""]


def _at(tree: object, key: str, file: str) -> float:
    """The number at a dotted key. Raises `ConfigError` where there is none."""
    at = tree
    for name in key.split("."):
        at = at.get(name) if isinstance(at, dict) else None
    if not isinstance(at, float):
        msg = "allowed is a key of the patient with a number"
        raise ConfigError(file, f"from_weight: {key}", "", msg)
    return at
