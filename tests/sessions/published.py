"""docs/envelopes.md: what the loops promise, and beside it the worst the long battery found.

`python -m tests.sessions.published > docs/envelopes.md` writes the page.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.control.models import LOOPS as MODELS
from tests.control.models import worst_sensitivity
from tests.sessions.corners import Corner
from tests.sessions.envelopes import (
    CORNERS,
    ENVELOPES,
    FAST_S,
    LIMITS,
    LOADS,
    LOOPS,
    MS_MOST,
    RESUMED,
    SLOW_STEPS,
    STEPS,
)
from tests.sessions.figures import Found

FOUND: Final = Path(__file__).with_name("envelopes.json")
PAGE: Final = Path(__file__).parents[2] / "docs" / "envelopes.md"
Worst = dict[str, dict[str, float]]
SLACK: Final = 1.05
"""By this much the battery may find worse than is written: another machine rounds otherwise."""
_LEAST: Final = {"most": 0.002, "settle_s": 5.0, "slow_s": 5.0, "residual": 0.002}


def worst(found: Iterable[Found]) -> Worst:
    """The worst of each row; settling at Q_c below 100 apart."""
    table: Worst = {}
    for f in found:
        row = table.setdefault(f.row, dict.fromkeys(_LEAST, 0.0))
        figures = {
            "most": f.most,
            "slow_s" if f.slow else "settle_s": f.settle_s,
            "residual": abs(f.residual),
        }
        for key, value in figures.items():
            row[key] = max(row[key], value)
    return table


def written(found: Iterable[Found]) -> str:
    """As a file: three figures of each."""
    table = {
        name: {key: float(f"{value:.3g}") for key, value in row.items()}
        for name, row in sorted(worst(found).items())
    }
    return json.dumps(table, indent=1) + "\n"


def published() -> Worst:
    """What is written."""
    table: Worst = json.loads(FOUND.read_text(encoding="utf-8"))
    return table


def worse(found: Iterable[Found]) -> list[str]:
    """Where this is worse than the worst that is written."""
    known = published()
    return [
        f"{name}: {key} {value:.4g}, written {known[name][key]:g}"
        for name, row in worst(found).items()
        for key, value in row.items()
        if value > known[name][key] * SLACK + _LEAST[key]
    ]


# -- the page --------------------------------------------------------------------------------------------

_HEAD = """\
# What the loops promise

Written by `python -m tests.sessions.published > docs/envelopes.md` from the tables the tests work from
(`tests/sessions/envelopes.py`) and the worst figures of the long battery (`tests/sessions/envelopes.json`,
written by `python -m tests.long.envelopes` in about 10 min). Simulation only: no loop has seen a device.
`make test` holds the promises at the typical corner, `make test-long` at all, and that nothing is worse
than what is written as found.

Figures are true values of the simulator, less what the loop's own sensor is off by; flows are averaged over
whole passages of a roller. In every row: no alarm above LOW, no interlock, no change of phase. Cells read
**promised** / worst found.
"""
_CORNERS = """\
## Corners

Each corner is settled for an hour of treatment before anything happens (the last three, and the typical one
for its limiters, for 10 or 45 min). Then one thing happens at a time.
"""
_TAKEN = """\
Flows: the set point settled at, then the steps it takes one after the other. At every corner also: {slow}.
"""
_STEPS = """\
## Steps of a set point

Overshoot is a share of the step. Settled: in the band for good, counted from when the ramp of the set point
has arrived (blood and perfusion 5 mL/min/s, separation 1 up and at once down). Left: what the loop's own
sensor is off by in the end. Bands and rests of flows are shares of the set point.
"""
_LOADS = """\
## Loads

Each comes at once and stays. Flows are shares of the set point; reservoir in g, temperature in C, oxygen in
mmHg.
"""
_LIMITS = """\
## Limiters

A restriction comes within {fast:g} s and, in another run, slowly; it is held, and goes within {fast:g} s.
The limiter must have led. It stands at: how far the mean of the signal is from the limit in the end. Bump:
the most the command moves in a tick, as a share of itself. Back: from when the restriction begins to go
until the flow is within 5 % of what it was. Beyond: the most of the flow over what it was, as promised.
Found are the figures of the worse run.
"""
_PAUSES = """\
## Pauses

Plasma, blood and all, safe state, patient off the machine; 1 s to 10 min, one or two after the other.
Above: the most after the pause over what was before. Below: the same the other way, from the time given
after treatment goes on. Rise: in any 5 s of the restart. Flows and their commands in shares. A wound-up
integrator shows as an overshoot after the pause.
"""
_ROBUST = """\
## Maximum sensitivity

Ms at most {most:g} for every controller: how much a loop amplifies a disturbance at its worst frequency.
Models are those a loop is tuned on, worst over Q_c, wear of tubes and steepness; physics is the simulator's
own answer of 20 min to a step of the actuator, worst over the corners.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def _pair(promised: float, found: float) -> str:
    return f"**{promised:g}** / {found:.2g}" if abs(found) < 10.0 else f"**{promised:g}** / {found:.0f}"


def _settling(settle_s: float, slow_s: float, found: dict[str, float]) -> str:
    if settle_s == slow_s:
        return _pair(settle_s, max(found["settle_s"], found["slow_s"]))
    slow = _pair(slow_s, found["slow_s"])
    return f"{_pair(settle_s, found['settle_s'])}; at Q_c below 100 {slow}"


def _corner(c: Corner) -> Sequence[str]:
    steps = STEPS.get(c.name, {})
    fibres = "" if c.fibre_length is None else f", fibres {c.fibre_length:g} m"
    where = (c.name, c.patient.removesuffix(".toml") + fibres, f"{c.hct:g}", f"{c.ambient:g}")
    sets = (("blood", c.blood), ("separation", c.plasma), ("perfusion", c.perfusion))
    return (*where, *("; ".join(f"{x:g}" for x in (at, *steps.get(name, ()))) for name, at in sets))


def _steps(found: Worst) -> Iterator[Sequence[str]]:
    for name, e in ENVELOPES.items():
        f = found[name]
        settling = _settling(e.settle_s, e.slow_s, f)
        yield (
            name, _pair(e.overshoot, f["most"]), f"{e.band:g}", settling, _pair(e.residual, f["residual"])
        )  # fmt: skip


def _loads(found: Worst) -> Iterator[Sequence[str]]:
    for row in LOADS:
        note = f" ({row.why})" if row.why else ""
        for w in row.watched:
            f = found[f"{row.name}: {w.loop}"]
            settling = _settling(w.settle_s, w.slow_s, f)
            most, left = _pair(w.excursion, f["most"]), _pair(w.residual, f["residual"])
            yield (row.name + note, w.loop, most, f"{w.band:g}", settling, left)
            note = ""


def _limits(found: Worst) -> Iterator[Sequence[str]]:
    for row in LIMITS:
        f = found[row.name]
        name = f"{row.name}, {LOOPS[row.loop].command.name}"
        what = f"{row.disturbance.name} x {row.fast:g}; x {row.slow:g} in {row.slow_s:g} s"
        at, bump = _pair(row.band, f["residual"]), _pair(row.bump, f["most"])
        yield (
            name, row.corner.name, what, f"{row.limit:g}", at, bump, _pair(row.back_s, f["settle_s"]),
            f"**{row.beyond:g}**",
        )  # fmt: skip


def _pauses(found: Worst) -> Iterator[Sequence[str]]:
    for name, row in RESUMED.items():
        f = found[f"resume: {name}"]
        what = f"command of {LOOPS[name].command.name}" if row.commanded else name
        rise = _pair(row.rise, f["settle_s"]) if row.rise else ""
        yield (
            what, _pair(row.above, f["most"]), _pair(row.below, f["residual"]), f"{row.back_s:g}", rise
        )  # fmt: skip


def _robust(found: Worst) -> Iterator[Sequence[str]]:
    for name, loops in MODELS.items():
        physics = found.get(f"Ms: {'pH' if name == 'ph' else name}")
        yield name, f"{worst_sensitivity(loops):.2f}", f"{physics['most']:.2f}" if physics else ""


def page() -> str:
    """The whole page."""
    found = published()
    own = [row.corner for row in LIMITS if row.corner.name not in STEPS]
    slow = "; ".join(
        f"{name} to {', then '.join(f'{to:g}' for to in way)}" for name, way in SLOW_STEPS.items()
    )
    return "\n".join((
        _HEAD,
        _CORNERS,
        _table(
            ("corner", "patient", "haematocrit", "room C", "blood mL/min", "separation", "perfusion"),
            map(_corner, (*CORNERS, *own)),
        ),
        _TAKEN.format(slow=slow),
        _STEPS,
        _table(("loop", "overshoot", "band", "settled s", "left"), _steps(found)),
        _LOADS,
        _table(("load", "loop", "most", "band", "back in it s", "left"), _loads(found)),
        _LIMITS.format(fast=FAST_S),
        _table(
            ("limiter, on", "corner", "restriction", "limit", "stands at", "bump", "back s", "beyond"),
            _limits(found),
        ),
        _PAUSES,
        _table(("what", "above", "below", "from s", "rise mL/min"), _pauses(found)),
        _ROBUST.format(most=MS_MOST),
        _table(("controller", "on its model", "on the physics"), _robust(found)),
    ))  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(page())
