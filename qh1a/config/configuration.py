"""Everything one session is told, as one frozen value that a session file keeps and a replay rebuilds."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self, TypeVar

from qh1a.config.checks import Problem, prescription_problems, rig_problems, tuning_problems
from qh1a.config.files import resolve
from qh1a.config.load import NO_OVERRIDES, build, build_limits, canonical, missing_table, to_tree
from qh1a.config.tables import ConfigError, Tree, read, unknown
from qh1a.settings import Limits, Prescription, Rig, Tuning

T = TypeVar("T")
HEADER: Final = "session header"
"""How errors name a configuration that came out of a session file."""
RIG_TABLES: Final = ("circuit",)
"""Tables of a rig file that belong to the plant; the controller never reads them."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One session's configuration.

    `others` are the trees of what only the plant or the record uses (patient, circuit, faults, operator),
    by name; they take part in the hash.
    """

    prescription: Prescription
    limits: Limits
    tuning: Tuning
    rig: Rig
    others: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        prescription: str,
        *,
        limits: str = "default.toml",
        tuning: str = "default.toml",
        rig: str = "sim.toml",
        overrides: Mapping[str, object] = NO_OVERRIDES,
        others: Mapping[str, object] = NO_OVERRIDES,
    ) -> Self:
        """From files, by path or shipped name. Raises `ConfigError`."""
        return cls(
            load_prescription(resolve(prescription, "prescriptions"), overrides),
            load_limits(resolve(limits, "limits"), overrides),
            load_tuning(resolve(tuning, "tuning"), overrides),
            load_rig(resolve(rig, "rigs"), overrides),
            dict(others),
        )

    @classmethod
    def from_header(cls, text: str, overrides: Mapping[str, object] = NO_OVERRIDES) -> Self:
        """From the JSON text that `header` made, through the same checks. Raises `ConfigError`."""
        try:
            tree = json.loads(text)
        except ValueError:
            raise ConfigError(HEADER, "configs", "", "not JSON") from None
        return cls.from_tree(tree, overrides)

    @classmethod
    def from_tree(cls, tree: object, overrides: Mapping[str, object] = NO_OVERRIDES) -> Self:
        """From what `tree` made, through the same checks. Raises `ConfigError`."""
        if not isinstance(tree, Mapping):
            raise ConfigError(HEADER, "configs", "", "allowed is a table")
        for name in ("prescription", "limits", "tuning", "rig"):
            if name not in tree:
                raise ConfigError(HEADER, f"[{name}]", "", missing_table(name, tree))
        return cls(
            build(
                Prescription, tree["prescription"], HEADER, "prescription", overrides, prescription_problems
            ),
            build_limits(tree["limits"], HEADER, overrides),
            build(Tuning, tree["tuning"], HEADER, "tuning", overrides, tuning_problems),
            build(Rig, tree["rig"], HEADER, "rig", overrides, rig_problems),
            {str(k): v for k, v in tree.items() if k not in ("prescription", "limits", "tuning", "rig")},
        )

    def beside(self, others: Mapping[str, object]) -> Self:
        """The same, with other `others`."""
        return dataclasses.replace(self, others=dict(others))

    def tree(self) -> dict[str, object]:
        """Plain JSON types of everything, by table."""
        return {
            **self.others,
            "prescription": to_tree(self.prescription),
            "limits": to_tree(self.limits),
            "tuning": to_tree(self.tuning),
            "rig": to_tree(self.rig),
        }

    def header(self) -> str:
        """The canonical JSON text that a session file keeps."""
        return canonical(self.tree())

    def digest(self) -> str:
        """SHA-256 of `header`: two sessions with equal digests were told the same."""
        return digest(self.tree())


def digest(value: object) -> str:
    """SHA-256, in hex, of the canonical text of a value."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def load_prescription(source: Path, overrides: Mapping[str, object] = NO_OVERRIDES) -> Prescription:
    """`[prescription]` of a file, with its cross-checks."""
    return _file(Prescription, source, "prescription", overrides, prescription_problems)


def load_tuning(source: Path, overrides: Mapping[str, object] = NO_OVERRIDES) -> Tuning:
    """`[tuning]` of a file."""
    return _file(Tuning, source, "tuning", overrides, tuning_problems)


def load_rig(source: Path, overrides: Mapping[str, object] = NO_OVERRIDES) -> Rig:
    """`[rig]` of a file; its other tables belong to the plant."""
    return _file(Rig, source, "rig", overrides, rig_problems, RIG_TABLES)


def load_limits(source: Path, overrides: Mapping[str, object] = NO_OVERRIDES) -> Limits:
    """`[limits]` of a file."""
    return build_limits(only_table(read(source), str(source), "limits"), str(source), overrides)


def _file(
    kind: type[T],
    source: Path,
    table: str,
    overrides: Mapping[str, object],
    problems: Callable[[T], tuple[Problem, ...]],
    beside: tuple[str, ...] = (),
) -> T:
    inner = only_table(read(source), str(source), table, beside)
    return build(kind, inner, str(source), table, overrides, problems)


def only_table(tree: Tree, file: str, table: str, beside: tuple[str, ...] = ()) -> object:
    """The table of a file that may hold no others than `beside`. Raises `ConfigError`."""
    if table not in tree:
        raise ConfigError(file, f"[{table}]", "", missing_table(table, tree))
    for name in tree:
        if name not in (table, *beside):
            raise ConfigError(file, f"[{name}]", "", unknown(name, (table, *beside), "table"))
    return tree[table]
