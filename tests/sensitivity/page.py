"""The section of docs/model.md on sensitivity, from docs/sensitivity.csv."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from tests.sensitivity.cases import CASES, MARKER, Case
from tests.sensitivity.runs import NOMINAL, WHOLE, Outcome, row, rows, shipped, swing
from tests.validation.table import table

SHOWN: Final = (
    ("clearance_ml_min", "effective clearance", "mL/min", 2),
    ("viability_percent", "cells alive at the end", "%", 1),
    ("tmp_mean_mmhg", "TMP, mean", "mmHg", 1),
    ("tmp_most_mmhg", "TMP, highest minute", "mmHg", 1),
    ("balance_ml", "true balance", "mL", 1),
)
"""Outcome, its name, its unit, digits."""
SEPARATION: Final = ("cell_radius", "permeability", "fouling_protein", "clotting")
_TOP: Final = 4

_HEAD = """\
## Which assumptions matter

Whole 4-h treatments of `aclf-typical` under closed loop, seed {seed}, one assumption at a time at the low
and the high end of its range, against the nominal run. `python -m tests.sensitivity` (a quarter of an hour
on two free cores) writes [sensitivity.csv](sensitivity.csv), from which picture and tables here come, and
the picture; the page as above. `make test` repeats the rows of the ten-minute session in that file, `make
test-long` some of the 4-h ones. Nothing is said of interactions.

- *Effective clearance.* Stromal cells clear nothing, so a marker is needed: conjugated bilirubin, which
  the cells are made to take up at {marker:g} mL/min per 1e9 cells in these runs and nowhere else. What
  they took in TREAT, per minute, over the concentration the patient came with. So it holds the
  separation, the way through the fibre wall, the number of cells, the emptying of the patient's pools and
  the dilution by the prime. It is a figure of the machinery, no forecast of therapy, and nothing else in
  a run depends on it. Its upper bound is the plasma separated, {plasma:.2f} L or {flow:.1f} mL/min.
- *Cells alive at the end* of TREAT, of those seeded.
- *TMP*: mean over TREAT, and the highest mean of a minute.
- *True balance*: what the lines had brought the patient from the start of RAMP to the end of TREAT, by
  the physics, not by the scales.

Nominal: {nominal}.

![Tornado of the four outcomes](sensitivity.png)

"""
_SAYS = """\
The way through the fibre wall decides the clearance, not the separator: the wall's permeability moves it
by {wall:.1f} mL/min over its range, the cells' own uptake by {marker:.1f}, diffusion in the pores by
{pores:.1f}, while what concerns separation moves it by less than {separation:.2f}, because the loops hold
the flow. Whether the cells live is decided by what is known least, complement ({killed:.0f} % alive) and
how loosely bile acids are bound ({bile:.0f} %); oxygen uptake from 20 to 250 fmol/h moves that by less
than {oxygen:.2f} %, as plasma comes at 150 mmHg. TMP hangs on permeability and red-cell radius (mean
{least:.0f} to {most:.0f} mmHg; at 2.78 um the prescribed flow is not reached and TREAT never begins), and
the balance stays within {balance:.0f} mL whatever is assumed, because it is closed by the scale: a wrong
scale and leaking pumps are what is left in it.
"""


def text_of(name: str, value: float) -> str:
    """An outcome as the page shows it."""
    digits = next(d for n, _, _, d in SHOWN if n == name)
    shown = f"{value:.{digits}f}"
    return shown.removeprefix("-") if float(shown) == 0.0 else shown


def value(name: str, found: Outcome) -> float:
    """An outcome by its name."""
    return float(getattr(found, name))


def span(case: Case) -> str:
    """Both ends of a case's range; an end that is the shipped value says so."""
    ends = {r.end: r.value for r in rows() if r.session == WHOLE and r.case == case.name}
    own = f"{shipped(case.keys[0]) if case.name != 'marker' else MARKER:g}"
    return f"{ends.get('low', own)} to {ends.get('high', own)}"


def _ranges() -> Iterator[Sequence[str]]:
    for case in CASES:
        own = MARKER if case.name == "marker" else shipped(case.keys[0])
        several = case.share and len(case.keys) > 1
        nominal = "1" if several else f"{own:g}"
        yield case.name, case.what, case.unit, nominal, span(case), case.why


def _outcomes() -> Iterator[Sequence[str]]:
    for case in CASES:
        ends = case.ends()
        cells = [
            " / ".join(text_of(name, value(name, row(case.name, end))) for end in ends) for name, *_ in SHOWN
        ]
        yield f"{case.name}" + (f" ({ends[0]})" if len(ends) == 1 else ""), *cells


def _most() -> Iterator[Sequence[str]]:
    for name, what, unit, digits in SHOWN:
        ranked = sorted(CASES, key=lambda case: -swing(case, name))[:_TOP]
        yield f"{what}, {unit}", *(f"{case.name} {swing(case, name):.{digits}f}" for case in ranked)


def _says() -> str:
    """The sentences under the picture, their figures from the file."""
    tmp = [r.outcome.tmp_mean_mmhg for r in rows() if r.session == WHOLE]
    moved = {case.name: swing(case, "clearance_ml_min") for case in CASES}
    alive = {case.name: swing(case, "viability_percent") for case in CASES}
    return _SAYS.format(
        wall=moved["wall_permeability"], marker=moved["marker"], pores=moved["pore_diffusion"],
        separation=max(moved[name] for name in SEPARATION) + 0.005,
        killed=row("complement", "high").viability_percent, oxygen=alive["oxygen_uptake"] + 0.005,
        bile=row("bile_acid_binding", "low").viability_percent, least=min(tmp), most=max(tmp),
        balance=math.ceil(max(abs(r.outcome.balance_ml) for r in rows() if r.session == WHOLE)),
    )  # fmt: skip


def section() -> str:
    """The page's section."""
    found = row(NOMINAL, NOMINAL)
    nominal = ", ".join(f"{what} {text_of(name, value(name, found))} {unit}" for name, what, unit, _ in SHOWN)
    head = _HEAD.format(
        seed=1, marker=MARKER, nominal=nominal, plasma=found.plasma_l,
        flow=found.plasma_l * 1e3 / 60.0 / found.effective_h,
    )  # fmt: skip
    names = tuple(f"{what}, {unit}" for _, what, unit, _ in SHOWN)
    return "\n".join((
        head + _says(),
        "The largest swings, from the lowest to the highest of the two ends and the nominal run:\n",
        table(("outcome", "first", "second", "third", "fourth"), _most()),
        "What was moved:\n",
        table(("assumption", "what", "unit", "nominal", "low to high", "why so far"), _ranges()),
        "What came out, low / high:\n",
        table(("assumption", *names), _outcomes()),
    ))  # fmt: skip
