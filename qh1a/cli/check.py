"""`qh1a check`: whether a configuration is usable. Every error names file, key, value and what is allowed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from qh1a.cli.say import BAD_USE, complain, polite, result_json

if TYPE_CHECKING:
    from qh1a.config import ConfigError

LONGEST_S: Final = 8 * 3600.0
"""A fault script is checked against the longest treatment there is."""


def check(
    files: Annotated[list[Path], typer.Argument(help="Configuration files of any kind.", metavar="FILE...")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Validate configuration files; the kind of each is known by its tables."""
    with polite():
        results = [_check(path) for path in files]
        idle = [
            _idle(path) if kind == "rig" and not errors else []
            for path, (kind, errors) in zip(files, results, strict=True)
        ]
        for path, (kind, errors), rules in zip(files, results, idle, strict=True):
            for error in errors:
                complain(error)
            if not errors and not json:
                typer.echo(f"{path}: {kind}, ok")
                if rules:
                    typer.echo(f"{path}: not armed, their sensor is not fitted: {', '.join(rules)}")
        if json:
            result_json(
                {
                    "ok": not any(errors for _, errors in results),
                    "files": [
                        {
                            "file": str(path),
                            "kind": kind,
                            "ok": not errors,
                            "errors": errors,
                            "unarmed": rules,
                        }
                        for path, (kind, errors), rules in zip(files, results, idle, strict=True)
                    ],
                }
            )
        if any(errors for _, errors in results):
            raise typer.Exit(BAD_USE)


def _check(path: Path) -> tuple[str, list[str]]:
    """The kind of a file, and its errors."""
    from qh1a.config import ConfigError, read

    kind = ""
    try:
        kind = _kind(path, read(path))
        _CHECKS[kind](path)
    except ConfigError as error:
        return kind, _lines(error)
    return kind, []


def _lines(error: "ConfigError") -> list[str]:
    return [str(e) for e in (error, *error.others)]


def _kind(path: Path, tree: Mapping[str, object]) -> str:
    """What a file is, by its tables and nothing else. Raises `ConfigError`."""
    from qh1a.config import ConfigError

    for key, kind in _KEYS.items():
        if key in tree:
            return kind
    known = ", ".join(_KEYS)
    raise ConfigError(str(path), "", "", f"cannot tell what this is, none of its tables is one of {known}")


_KEYS: Final = {
    "frame": "words",  # first: pages of the console have names of other tables
    "prescription": "prescription",
    "limits": "limits",
    "tuning": "tuning",
    "rig": "rig",
    "circuit": "rig",
    "fault": "faults",
    "sensor": "sensors",
    "act": "operator",
    "rule": "texts",
    "variable": "cohort",
    "broker": "telemetry",
    "console": "console",
    "weight": "patient",
    "hct": "patient",
}


def _prescription(path: Path) -> None:
    """The file, and those start gates that need no plant, with the shipped limits."""
    from qh1a.cli.start import refusal_lines
    from qh1a.clock import today
    from qh1a.config import ConfigError, load_limits, load_prescription, resolve
    from qh1a.gates import prescription_refusals

    limits = load_limits(resolve("default.toml", "limits"))
    lines = refusal_lines(prescription_refusals(load_prescription(path), limits, today()))
    errors = [ConfigError(str(path), "", "", line) for line in lines]
    if errors:
        errors[0].others = tuple(errors[1:])
        raise errors[0]


def _limits(path: Path) -> None:
    from qh1a.config import load_limits

    load_limits(path)


def _tuning(path: Path) -> None:
    from qh1a.config import load_tuning

    load_tuning(path)


def _rig(path: Path) -> None:
    from qh1a.cli.plant import load_circuit
    from qh1a.config import load_rig

    if load_rig(path).kind == "SIM":
        load_circuit(path)


def _idle(path: Path) -> list[str]:
    """The rules that a rig's missing sensors leave without effect, each with its sensor."""
    from qh1a.channels import BY_ID
    from qh1a.config import load_rig
    from qh1a.hazards import unarmed

    return [f"{rule.id} ({name})" for name in load_rig(path).not_fitted for rule in unarmed([BY_ID[name]])]


def _patient(path: Path) -> None:
    from qh1a.cli.plant import load_patient

    load_patient(path)


def _faults(path: Path) -> None:
    from qh1a.cli.plant import load_faults

    load_faults(path, LONGEST_S)


def _sensors(path: Path) -> None:
    from qh1a.cli.plant import load_sensors

    load_sensors(path)


def _operator(path: Path) -> None:
    from qh1a.script import load_script

    load_script(str(path))


def _texts(path: Path) -> None:
    from qh1a.config.texts import read_texts

    read_texts(path)


def _cohort(path: Path) -> None:
    """The file, its rows, and the virtual patient of every row."""
    from qh1a.cohort.model import load_cohort
    from qh1a.cohort.rows import person_of, read_rows

    cohort, rows = load_cohort(path), path.with_suffix(".csv")
    for row in read_rows(rows):
        person_of(cohort, row, str(rows))


def _telemetry(path: Path) -> None:
    from qh1a.mqtt.broker import load_broker

    load_broker(path)


def _console(path: Path) -> None:
    from qh1a.console.figures import load_figures

    load_figures(path)


def _words(path: Path) -> None:
    from qh1a.console.tables import read_words

    read_words(path)


_CHECKS: Final[Mapping[str, Callable[[Path], None]]] = {
    "prescription": _prescription,
    "limits": _limits,
    "tuning": _tuning,
    "rig": _rig,
    "patient": _patient,
    "faults": _faults,
    "sensors": _sensors,
    "operator": _operator,
    "texts": _texts,
    "cohort": _cohort,
    "telemetry": _telemetry,
    "console": _console,
    "words": _words,
}
