"""Figures a report derives from a simulated plant's truth: what became of the solutes, gas, cells, harm.

Signals are asked for by the simulator's names; a file that lacks one has no figure for it. The account of a
solute X is three signals: `BODY_X`, what the body added to the plasma (generation less elimination, and what
came from tissue), `TAKEN_X`, what cells and second filter took, both cumulative in litres x the unit of X;
`SPREAD_X`, the mL of plasma and water that X spreads in.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from qh1a.report.configs import text
from qh1a.report.data import Study, Truth
from qh1a.tick import Phase


class Solute(NamedTuple):
    """A row of the table: one signal, or the sum of some."""

    label: str
    signals: tuple[str, ...]


SOLUTES: Final = (
    Solute("bilirubin, total", ("CB", "UCB")),
    Solute("bilirubin, conjugated", ("CB",)),
    Solute("bilirubin, unconjugated", ("UCB",)),
    Solute("bile acids", ("BILE_ACIDS",)),
    Solute("urea", ("UREA",)),
    Solute("creatinine", ("CREATININE",)),
    Solute("ammonia", ("AMMONIA",)),
    Solute("albumin", ("ALBUMIN",)),
    Solute("globulin", ("GLOBULIN",)),
    Solute("glucose", ("GLUCOSE",)),
    Solute("lactate", ("LACTATE",)),
    Solute("interleukin-6", ("IL6",)),
    Solute("tumour necrosis factor", ("TNF",)),
)


class Split(NamedTuple):
    """A change of concentration by its causes, which add up to it.

    Where the cells made some, amounts cannot tell what of it reached the patient from the dilution: then
    `made`, and `dilution` is both together.
    """

    dilution: float
    removal: float
    body: float
    made: bool


class Change(NamedTuple):
    """One solute of the patient's plasma, in `unit`; `split` is None where the file has no account of it."""

    label: str
    unit: str
    start: float
    end: float
    split: Split | None


class SoluteTable(NamedTuple):
    """All of them, and when they were taken (s)."""

    rows: tuple[Change, ...]
    start_s: float
    end_s: float


def _start(study: Study, truth: Truth) -> int:
    """The last row before the patient is connected; the first one when that never happens."""
    connected = study.first(Phase.CONNECT)
    before = 0 if connected is None else int(np.searchsorted(truth.t, connected, side="right"))
    return max(before - 1, 0)


def _split(truth: Truth, name: str, start: int) -> Split | None:
    found = [truth.v.get(f"{account}_{name}") for account in ("BODY", "TAKEN", "SPREAD")]
    body, taken, spread = found
    if body is None or taken is None or spread is None:
        return None
    litres = float(spread[-1]) / 1000
    own = float(body[-1] - body[start]) / litres
    lost = float(taken[-1] - taken[start]) / litres
    removal = -max(lost, 0.0)
    change = float(truth.v[name][-1] - truth.v[name][start])
    return Split(change - removal - own, removal, own, lost < 0.0)


def _sum(splits: Sequence[Split]) -> Split:
    dilution, removal, body, made = zip(*splits, strict=True)
    return Split(sum(dilution), sum(removal), sum(body), any(made))


def solute_table(study: Study, truth: Truth) -> SoluteTable:
    """The table of solutes, from before the patient was connected to the end of the record."""
    start = _start(study, truth)
    rows = []
    for label, names in SOLUTES:
        if not all(name in truth.v for name in names):
            continue
        splits = [split for name in names if (split := _split(truth, name, start))]
        rows.append(
            Change(
                label,
                truth.unit[names[0]],
                sum(float(truth.v[name][start]) for name in names),
                sum(float(truth.v[name][-1]) for name in names),
                _sum(splits) if len(splits) == len(names) else None,
            )
        )
    return SoluteTable(tuple(rows), float(truth.t[start]), float(truth.t[-1]))


class Mixing(NamedTuple):
    """What the prime alone does to a solute that stays in plasma: `share` of its concentration is lost."""

    plasma_ml: float
    prime_ml: float
    share: float


def mixing(study: Study, truth: Truth) -> Mixing | None:
    """The prime that reaches the patient against the patient's plasma, once they have mixed."""
    blood, hct = truth.v.get("BLOOD_VOLUME_ML"), truth.v.get("HCT_PATIENT")
    blood_side, plasma_side = study.rig("blood_side_ml"), study.rig("plasma_side_ml")
    if blood is None or hct is None or blood_side is None or plasma_side is None:
        return None
    start = _start(study, truth)
    plasma = float(blood[start] * (1.0 - hct[start]))
    given = text(study.configs, "prescription", "preparation", "prime_goes_to") == "patient"
    prime = plasma_side + (blood_side if given else 0.0)
    return Mixing(plasma, prime, prime / (plasma + prime))


class Total(NamedTuple):
    """A cumulative signal, signed as `label` says; `per_min` is its mean from first to last TREAT."""

    label: str
    unit: str
    whole: float
    per_min: float | None


EXCHANGED: Final = (
    ("oxygen the plasma took from the gas", "GAS_O2_UMOL", 1.0),
    ("carbon dioxide the plasma gave to the gas", "GAS_CO2_UMOL", -1.0),
    ("oxygen the cells used", "CELLS_O2_UMOL", -1.0),
)
USED: Final = (
    ("oxygen the cells used", "CELLS_O2_UMOL", -1.0),
    ("glucose the cells used", "CELLS_GLUCOSE_UMOL", -1.0),
    ("lactate the cells made", "CELLS_LACTATE_UMOL", 1.0),
)


def totals(study: Study, truth: Truth, wanted: tuple[tuple[str, str, float], ...]) -> tuple[Total, ...]:
    """Cumulative signals over the session and their means over treatment; those that the file has."""
    treat = [span for span in study.spans if span.phase is Phase.TREAT]
    rows = []
    for label, name, sign in wanted:
        values = truth.v.get(name)
        if values is None:
            continue
        mean = None
        if treat and treat[-1].end > treat[0].start:
            a, b = np.interp([treat[0].start, treat[-1].end], truth.t, values)
            mean = sign * float(b - a) / (treat[-1].end - treat[0].start) * 60.0
        rows.append(Total(label, truth.unit[name], sign * float(values[-1] - values[0]), mean))
    return tuple(rows)


class Harm(NamedTuple):
    """What may have harmed the patient; None where the file cannot say. Blood is at the patient's `hct`."""

    lost_ml: float | None
    lost_cells_ml: float | None
    trapped_ml: float | None
    trapped_cells_ml: float | None
    hct: float | None
    haem_umol: float | None
    plasma_haem: float | None
    air_ml: float | None
    bolus_ml: float | None
    window_ml_kg: float | None
    hottest_c: float | None
    coldest_c: float | None
    gain_ml: float | None
    loss_ml: float | None
    error_ml: float | None
    given_haem_umol: float | None
    debris: float | None
    clotting_min: float | None
    hypoxia_min: float | None
    heat_min: float | None
    standstill_min: float | None


_LEDGER: Final = (
    "AIR_BOLUS_ML", "AIR_5MIN_ML_KG", "HOTTEST_C", "COLDEST_C", "FLUID_GAIN_ML", "FLUID_LOSS_ML",
    "FLUID_ERROR_ML", "FREE_HAEM_UMOL", "DEBRIS_1E6", "CLOTTING_MIN", "HYPOXIA_MIN", "HEAT_MIN",
    "STANDSTILL_MIN",
)  # fmt: skip
"""Of the simulator's harm ledger, in the order of `Harm` from the bolus on."""


def harm(truth: Truth) -> Harm:
    """Blood lost to the outside and blood trapped in the circuit, haemolysis, and the harm ledger."""
    hct, cells = truth.last("HCT_PATIENT"), truth.last("RBC_CIRCUIT_ML")
    free = truth.v.get("FHB")
    return Harm(
        truth.last("BLOOD_LOST_ML"),
        truth.last("RBC_LOST_ML"),
        cells / hct if cells is not None and hct else None,
        cells,
        hct,
        truth.last("FHB_UMOL"),
        None if free is None else float(free.max()),
        truth.last("AIR_PATIENT_ML"),
        *(truth.last(f"HARM_{name}") for name in _LEDGER),
    )
