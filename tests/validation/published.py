"""docs/model.md: what the simulator should come to, and what it does.

`python -m tests.validation > docs/model.md` writes the page.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.sensitivity import page as sensitivity
from tests.validation import anchors, assumptions, chemistry, equations, hydraulics, patient, transport
from tests.validation.check import CLOSED_FORM, Check, shown
from tests.validation.table import table

PAGE: Final = Path(__file__).parents[2] / "docs" / "model.md"
CHECKS: Final[tuple[Check, ...]] = (
    *hydraulics.CHECKS, *transport.CHECKS, *chemistry.CHECKS, *patient.CHECKS, *anchors.CHECKS,
)  # fmt: skip

NEAR: Final = frozenset(
    {"V01", "V26", "V30", "V31", "V32", "V37", "P05", "P09", "P10", "P12", "P13", "P14", "P15", "T8"}
)
"""Checks that hold almost by arithmetic: one formula, or one figure of a shipped file and a factor."""
_OF_ANALYSIS: Final = (CLOSED_FORM, "arithmetic")
_OF_RULE: Final = "stromal cells: 0 +/- 1"

_HEAD = """\
# The model card

Written by `python -m tests.validation > docs/model.md` (15 s) from the tables of `tests/validation` and
`tests/sensitivity`. What the simulator computes, what that is checked against, what it assumes, and which
assumptions matter. What it is made of and what it cannot tell: [simulator.md](simulator.md).
"""
_CHECKED = """\
## What is validated against what

{all} checks call the simulator's own functions; `make test` holds every figure inside its tolerance, and this
page to what comes out. A tolerance is a share of the figure (rel) or in its unit; where the reference gives
fewer digits than its tolerance, half a unit of the last.

| against | checks | what that shows |
| --- | --- | --- |
| analysis: closed forms, balances | {analysis} | that the equations are solved right |
| the same model, computed apart | {apart} | that the patient's two pools agree with another program |
| published measurements and targets | {published} | that the laws and figures are near what others saw |
| the rule that stromal cells clear nothing | {rule} | that nothing is invented |

{near} of them hold almost by arithmetic ({ids}): they guard a formula, a unit or a copied figure and
prove little beside. Beside this page the march of the bioreactor, the
patient's pools, fluid and acid are compared with independent solvers of differential equations, in
`tests/sim` (`oracle`, `test_march`, `test_pools`, `test_fluid`, `test_acid`).

None of this validates what the rig file marks `[design]`: nothing is published of the real device.
"""
_ANALYTIC = """\
### Against analysis

Numbers as in the physics reference, section 3.1.
"""
_PUBLISHED = """\
### Against what was published

P as in the physics reference, 3.2, T as in the clinical reference, 5.4. The tolerance is the scatter of the
source, or the digits it gives.
"""
_ABSENT = """\
### Not applicable

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


def _tolerance(check: Check) -> str:
    if check.tolerance == 0.0:
        return "exact"
    return f"{check.tolerance:g}{' rel' if check.relative else ''}"


def _cells(check: Check) -> Sequence[str]:
    unit = "" if check.unit == "1" else check.unit
    return check.id, check.what, unit, f"{check.expected:.9g}", _tolerance(check), shown(check)


def _number(check: Check) -> int:
    return int(check.id.partition(",")[0][1:])


def _overview() -> str:
    sources = [check.source for check in CHECKS]
    analysis = sum(source in _OF_ANALYSIS for source in sources)
    apart, rule = sources.count(anchors.APART), sources.count(_OF_RULE)
    near = [check for check in CHECKS if check.id in NEAR]
    return _CHECKED.format(
        all=len(CHECKS), analysis=analysis, apart=apart, rule=rule,
        published=len(CHECKS) - analysis - apart - rule, near=len(near), ids=", ".join(sorted(NEAR)),
    )  # fmt: skip


def page() -> str:
    """The whole page."""
    head = ("check", "what", "unit", "expected", "tolerance", "obtained")
    analytic = sorted((c for c in CHECKS if c.id.startswith("V")), key=_number)
    found = [c for c in CHECKS if not c.id.startswith("V")]
    return "\n".join((
        _HEAD,
        equations.section(),
        _overview(),
        _ANALYTIC,
        table(head, map(_cells, analytic)),
        _PUBLISHED,
        table((*head, "source"), ((*_cells(c), c.source) for c in found)),
        _ABSENT,
        table(("check", "what", "why"), ABSENT),
        assumptions.section(),
        sensitivity.section(),
    ))  # fmt: skip
