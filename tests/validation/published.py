"""docs/model.md: what the simulator should come to, and what it does.

`python -m tests.validation > docs/model.md` writes the page.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.validation import anchors, chemistry, hydraulics, patient, transport
from tests.validation.check import Check, shown

PAGE: Final = Path(__file__).parents[2] / "docs" / "model.md"
CHECKS: Final[tuple[Check, ...]] = (
    *hydraulics.CHECKS, *transport.CHECKS, *chemistry.CHECKS, *patient.CHECKS, *anchors.CHECKS,
)  # fmt: skip

_HEAD = """\
# What the simulator is checked against

Written by `python -m tests.validation > docs/model.md` (15 s) from the tables of `tests/validation`, which
call the simulator's own functions. `make test` holds every figure inside its tolerance, and this page to what
comes out. A tolerance is a share of the figure (rel) or in its unit; where the reference gives fewer digits
than its tolerance, half a unit of the last. None of this validates what the rig file marks `[design]`:
nothing is published of the real device.
"""
_ANALYTIC = """\
## Against analysis

Numbers as in the physics reference, section 3.1.
"""
_PUBLISHED = """\
## Against what was published

P as in the physics reference, 3.2, T as in the clinical reference, 5.4. The tolerance is the scatter of the
source, or the digits it gives.
"""
_OUTSIDE = """\
## Outside

Marked **outside** above: the simulator misses these, and a test fails when it no longer does.
"""
_ABSENT = """\
## Not applicable

What the references list and the simulator does not compute.
"""
ABSENT: Final = (
    (
        "V10",
        "oxygen of an ideal plug-flow reactor",
        "the bioreactor is 20 tanks; how far that is off is above",
    ),
    ("V12", "Graetz' entrance lengths", "a film has one Sherwood number, the developed one"),
    ("V13", "Michaels' dialyser", "the circuit has no dialyser"),
    ("V14", "plug flow and one tank", "the march always has 20 tanks"),
    ("V16", "variance by Peclet number", "no dispersion coefficient: the 20 tanks are the dispersion"),
    ("V17", "logarithmic mean, effectiveness by NTU", "nothing exchanges heat in counter-current"),
    (
        "V17",
        "outlet of an ideal warmer, 38.349 C",
        "the warmer is three mixed parts, above; 0.79 K less at this UA",
    ),
    ("V25", "Daugirdas' Kt/V", "no treatment dose of urea is computed"),
    ("P16", "30 mg/dL/m2 at the boundary of haemolysis", "the rate above the boundary is [design]"),
)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def _tolerance(check: Check) -> str:
    if check.tolerance == 0.0:
        return "exact"
    return f"{check.tolerance:g}{' rel' if check.relative else ''}"


def _cells(check: Check) -> Sequence[str]:
    unit = "" if check.unit == "1" else check.unit
    obtained = f"**outside** {shown(check)}" if check.outside else shown(check)
    return check.id, check.what, unit, f"{check.expected:.9g}", _tolerance(check), obtained


def _number(check: Check) -> int:
    return int(check.id.partition(",")[0][1:])


def page() -> str:
    """The whole page."""
    head = ("check", "what", "unit", "expected", "tolerance", "obtained")
    analytic = sorted((c for c in CHECKS if c.id.startswith("V")), key=_number)
    found = [c for c in CHECKS if not c.id.startswith("V")]
    outside = [(c.id, c.what, c.outside) for c in CHECKS if c.outside]
    return "\n".join((
        _HEAD,
        _ANALYTIC,
        _table(head, map(_cells, analytic)),
        _PUBLISHED,
        _table((*head, "source"), ((*_cells(c), c.source) for c in found)),
        _OUTSIDE,
        _table(("check", "what", "why"), outside),
        _ABSENT,
        _table(("check", "what", "why"), ABSENT),
    ))  # fmt: skip
