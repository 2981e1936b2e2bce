"""Treatments with one assumption moved: run, measured, kept in docs/sensitivity.csv."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import Final

import numpy as np

from qh1a.cli.plant import SimParts, load_parts
from qh1a.config import Configuration, build, to_tree
from qh1a.sim.parameters import CircuitParameters
from qh1a.sim.person import Person
from qh1a.sim.sensors import SensorFile
from qh1a.sim.truth import Truth
from qh1a.tick import State
from qh1a.units import NS_PER_S, TICK_NS, seconds
from tests.sensitivity.cases import CASES, MARKER, MARKER_KEY, Case
from tests.sessions.harness import Trace, run
from tests.sessions.steady import EVERY

FILE: Final = Path(__file__).parents[2] / "docs" / "sensitivity.csv"
WHOLE: Final = "4h"
SHORT: Final = "bench-10min"
SHORT_CASES: Final = ("complement", "bilirubin_binding")
"""Run in the short session as well, which a test repeats."""
SEED: Final = 1
NOMINAL: Final = "nominal"
CELLS_KEY: Final = "circuit.cells.count"
_MINUTE: Final = 86  # rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a treatment truly came to by the end of TREAT; cells in those seeded, TMP as means of TREAT."""

    effective_h: float
    plasma_l: float
    clearance_ml_min: float
    viability_percent: float
    tmp_mean_mmhg: float
    tmp_most_mmhg: float
    balance_ml: float


@dataclass(frozen=True, slots=True)
class Job:
    """One treatment: which session, and which assumption stands at which end of its range."""

    session: str
    case: str
    end: str
    value: float | None
    keys: tuple[tuple[str, float], ...]


Result = tuple[Job, Outcome]
OUTCOMES: Final = tuple(f.name for f in fields(Outcome))
COLUMNS: Final = ("session", "case", "end", "value", *OUTCOMES)


def _trees(parts: SimParts) -> dict[str, object]:
    return {
        "circuit": to_tree(parts.circuit),
        "patient": to_tree(parts.patient),
        "sensors": to_tree(parts.sensors),
    }


@cache
def _shipped() -> dict[str, object]:
    prescription = Configuration.load(f"{WHOLE}.toml").prescription
    return _trees(load_parts(prescription, "sim.toml", "aclf-typical.toml", None, {}))


def shipped(key: str) -> float:
    """What the shipped files say of a key."""
    at: object = _shipped()
    for name in key.split("."):
        assert isinstance(at, Mapping), key
        at = at[name]
    assert isinstance(at, float | int), key
    return float(at)


def _ends(session: str, case: Case) -> Iterator[Job]:
    for end, at in (("low", case.low), ("high", case.high)):
        if at is not None:
            keys = tuple((k, float(f"{at * shipped(k):.10g}") if case.share else at) for k in case.keys)
            yield Job(session, case.name, end, keys[0][1] if len(keys) == 1 else at, keys)


def jobs() -> tuple[Job, ...]:
    """Every row of the file, in its order."""
    short = [case for case in CASES if case.name in SHORT_CASES]
    return tuple(
        job
        for session, cases in ((WHOLE, CASES), (SHORT, short))
        for job in (
            Job(session, NOMINAL, NOMINAL, None, ()),
            *(job for case in cases for job in _ends(session, case)),
        )
    )


def _changed(keys: Mapping[str, object], parts: SimParts) -> SimParts:
    """The parts with these keys, through the checks of their files."""
    trees = _trees(parts)
    return replace(
        parts,
        circuit=build(CircuitParameters, trees["circuit"], "sensitivity", "circuit", keys),
        patient=build(Person, trees["patient"], "sensitivity", "patient", keys),
        sensors=build(SensorFile, trees["sensors"], "sensitivity", "sensors", keys),
    )


def outcome(trace: Trace, seeded: float) -> Outcome:
    """The figures of a session."""
    assert trace.last is not None
    treat = trace.during(State.TREAT)
    first, last = np.flatnonzero(treat)[[0, -1]]
    minutes = (trace.times()[last] - trace.times()[first]) / 60.0
    taken, balance, tmp = (trace.truth(t) for t in (Truth.TAKEN_CB, Truth.NET_BALANCE_ML, Truth.TMP))
    in_treat = tmp[treat]
    whole = in_treat[: len(in_treat) // _MINUTE * _MINUTE].reshape(-1, _MINUTE).mean(axis=1)
    ramp = int(np.flatnonzero(trace.during(State.RAMP))[0])
    came_with = shipped("patient.conjugated_bilirubin.start")
    step = EVERY * seconds(TICK_NS) / 60.0
    return Outcome(
        effective_h=trace.last.effective_ns / NS_PER_S / 3600.0,
        plasma_l=float(trace.truth(Truth.Q_P)[first : last + 1].sum()) * step / 1e3,
        clearance_ml_min=float(taken[last] - taken[first]) / came_with / minutes * 1e3,
        viability_percent=float(trace.truth(Truth.CELLS)[last]) * 1e6 / seeded * 100.0,
        tmp_mean_mmhg=float(in_treat.mean()),
        tmp_most_mmhg=float(whole.max()),
        balance_ml=float(balance[last] - balance[ramp]),
    )


def treat(job: Job) -> Outcome:
    """Run one treatment."""
    keys: dict[str, object] = {MARKER_KEY: MARKER, **dict(job.keys)}
    trace = run(f"{job.session}.toml", seed=SEED, every=EVERY, change=partial(_changed, keys))
    seeded = dict(job.keys).get(CELLS_KEY, shipped(CELLS_KEY))
    return outcome(trace, seeded)


def text(results: Iterable[Result]) -> str:
    """The file's text."""
    lines = [",".join(COLUMNS)]
    for job, found in results:
        value = "" if job.value is None else f"{job.value:g}"
        lines.append(",".join((job.session, job.case, job.end, value, *(f"{x:.6g}" for x in astuple(found)))))
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the file has it."""

    session: str
    case: str
    end: str
    value: str
    outcome: Outcome


@cache
def rows() -> tuple[Row, ...]:
    """The file."""
    found = csv.DictReader(FILE.read_text(encoding="utf-8").splitlines())
    return tuple(
        Row(r["session"], r["case"], r["end"], r["value"], Outcome(*(float(r[n]) for n in OUTCOMES)))
        for r in found
    )


def row(case: str, end: str, session: str = WHOLE) -> Outcome:
    """What the file says of one treatment."""
    return next(r.outcome for r in rows() if (r.session, r.case, r.end) == (session, case, end))


def swing(case: Case, name: str) -> float:
    """How far an outcome moves over a case's range, the nominal run included."""
    found = [
        getattr(r.outcome, name) for r in rows() if r.session == WHOLE and r.case in (NOMINAL, case.name)
    ]
    return float(max(found) - min(found))
