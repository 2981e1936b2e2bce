"""Faults that come together: the shipped scripts, what must be seen of each and what harm is left."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.channels import Channel
from qh1a.cli.plant import load_faults
from qh1a.config import resolve
from qh1a.sim.disturbance import Disturbance
from qh1a.sim.faults import ScriptedFault
from qh1a.sim.truth import Truth
from qh1a.tick import State
from tests.faults.bare import unprotected
from tests.sessions.corners import Corner, Course, settled

_T = Truth
TYPICAL: Final = Corner("typical")
YELLOW: Final = Corner("yellow", "aclf-severe.toml", hct=0.30)
"""560 umol/L of bilirubin."""
SIX_TIMES: Final = ((Disturbance.CELL_ACTIVITY, 6.0),)
"""Cells that empty the oxygen store within the hour."""


@dataclass(frozen=True)
class Compound:
    """A shipped script in a settled treatment: all that is raised, and how long after the script's start (s).

    It ends in `state`. `harm`: figures of the ledger beyond the healthy twin's, between these two; all others
    stay within what `harms.LEDGER` takes for nothing.
    """

    script: str
    watched_s: float
    raised: tuple[tuple[str, float], ...]
    state: State
    harm: Mapping[Truth, tuple[float, float]]
    corner: Corner = TYPICAL
    beside: tuple[tuple[Disturbance, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Seen:
    """A run, second by second; the alarms with their time after the start."""

    raised: tuple[tuple[str, float], ...]
    states: tuple[State, ...]
    true: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    """The same, averaged over the second: pumps pulse."""
    read: Mapping[Channel, npt.NDArray[np.float64]]

    def truth(self, signal: Truth) -> npt.NDArray[np.float64]:
        """A true signal."""
        return self.true[:, signal]

    def first(self, rule: str) -> float:
        """When it was first raised, s."""
        return next(at for raised, at in self.raised if raised == rule)


READ: Final = (
    Channel.BLD,
    Channel.DO_IN,
    Channel.DO_OUT,
    Channel.PH,
    Channel.Q_C,
    Channel.NODE,
    Channel.BALANCE,
)


def script(name: str) -> tuple[ScriptedFault, ...]:
    """The rows of a shipped script."""
    return load_faults(resolve(f"{name}.toml", "faults"), 36000.0)


def lasting(row: ScriptedFault, seconds: float) -> ScriptedFault:
    """The same fault, over after so many seconds."""
    return replace(row, duration_s=seconds)


@lru_cache(maxsize=64)
def watch(
    rows: tuple[ScriptedFault, ...],
    seconds: float,
    corner: Corner = TYPICAL,
    beside: tuple[tuple[Disturbance, float], ...] = (),
    *,
    bare: bool = False,
) -> Seen:
    """The faults in a settled treatment; `bare`: one without protection."""
    t = unprotected() if bare else settled(corner)
    begin = t.now / 1e9
    t.loads.play(rows, t.now)
    for disturbance, value in beside:
        t.load(disturbance, value)
    raised: list[tuple[str, float]] = []
    states: list[State] = []
    true: list[npt.NDArray[np.float64]] = []
    mean: list[npt.NDArray[np.float64]] = []
    read: dict[Channel, list[float]] = {channel: [] for channel in READ}
    for _ in range(round(seconds)):
        course: Course = t.run(1.0)
        raised += [(rule, round(at - begin, 1)) for at, rule in course.alarms()]
        for state in course.states:
            if not states or state is not states[-1]:
                states.append(state)
        true.append(course.true[-1])
        mean.append(np.mean(course.true, axis=0))
        for channel, values in read.items():
            values.append(float(course.seen(channel)[-1]))
    shown = {c: np.array(v) for c, v in read.items()}
    return Seen(tuple(raised), tuple(states), np.array(true), np.array(mean), shown)


COMPOUNDS: Final = (
    Compound("needle-on-wall-in-hypotension", 480.0, (("H07.1", 223.0),), State.TREAT, {}),
    Compound(
        "heparin-off-to-haemolysis", 600.0, (("H13.1", 304.4),), State.PAUSE_PLASMA,
        {_T.HARM_FREE_HAEM_UMOL: (2.2, 3.2)},
    ),
    Compound(
        "pump-mismatch-and-chamber-level", 240.0, (("H04.1", 180.9), ("H25.1", 211.5)),
        State.PAUSE_STOPPED, {_T.HARM_STANDSTILL_MIN: (0.4, 0.8)},
    ),
    Compound(
        "separation-stall-with-heater-stuck", 600.0, (("H28.2", 67.1), ("H20.3", 97.5)),
        State.PAUSE_PLASMA, {},
    ),
    Compound(
        "gas-lost-behind-fouled-sensor", 2100.0, (("H22.1", 1559.0), ("H22.2", 1872.0), ("H23.2", 1996.7)),
        State.PAUSE_PLASMA, {_T.HARM_HYPOXIA_MIN: (1.0, 1.6)}, beside=SIX_TIMES,
    ),
    Compound("cells-killed", 1800.0, (), State.TREAT, {}),
    Compound("cells-starving", 1800.0, (("H22.1", 347.0),), State.TREAT, {}),
    Compound(
        "haemolysis-in-yellow-plasma", 300.0, (("H13.1", 126.4),), State.PAUSE_PLASMA,
        {_T.HARM_FREE_HAEM_UMOL: (1.4, 2.4)}, YELLOW,
    ),
    Compound(
        "second-filter-clogging-and-mismatch", 600.0, (("H16.1", 187.9), ("H17.3", 396.0)),
        State.PAUSE_PLASMA, {},
    ),
    Compound(
        "power-dips", 300.0,
        (("H29.1", 30.6), ("H25.1", 60.6), ("H29.1", 120.6), ("H25.2", 150.6), ("H29.1", 240.6)),
        State.PAUSE_STOPPED,
        {_T.HARM_STANDSTILL_MIN: (3.9, 4.4)},
    ),
    Compound(
        "air-behind-blind-detector", 300.0,
        (("H33.1", 64.7), ("H25.1", 95.2), ("H25.2", 185.2)), State.SAFE,
        {_T.HARM_STANDSTILL_MIN: (3.5, 4.1)},
    ),
    Compound(
        "disconnection-with-clamp-stuck-open", 240.0,
        (("H05.1", 63.2), ("H29.1", 63.8), ("H33.1", 64.3), ("H25.1", 93.8), ("H25.2", 183.8)),
        State.SAFE,
        {
            _T.BLOOD_LOST_ML: (11.5, 13.5), _T.RBC_LOST_ML: (4.4, 5.2),
            _T.HARM_STANDSTILL_MIN: (2.4, 2.8),
        },
    ),
)  # fmt: skip
