"""The loops that can be tuned: one row each, everything else is written over this table."""

from dataclasses import dataclass
from math import inf
from typing import Final

from qh1a.channels import Channel
from qh1a.tick import Actuator
from qh1a.whatif.rules import Wanted

_A, _C = Actuator, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRow:
    """One loop. Steps in the unit of its output, hysteresis in that of its measurement, times in s.

    `name` is that of its gains. `sent` is the command that carries the output; None where the output is a
    part of one or split over several, and the loop itself says what left. The loop sees the mean of `mean_s`;
    `slow_s` is the lag of what comes back through the reservoir, beside the model. `slew` is how fast the
    relay moves, per s. `settle_s` is how long TREAT must have lasted, `rest_s` how long the output is held
    before the relay, `limit_s` how long `cycles` may take.
    """

    name: str
    measured: Channel
    sent: Actuator | None
    integrating: bool = False
    mean_s: float = 0.0
    slow_s: float | None = None
    up: float
    down: float
    slew: float = inf
    hysteresis: float
    settle_s: float
    rest_s: float
    cycles: int
    limit_s: float
    wanted: Wanted


_FLOW: Final = Wanted(fastest_s=30.0, kp_most=0.03)
"""Ripple of 0.1-1 Hz is left in a 2-s mean, up to 0.94 of it: kp hands it on to the pump, and so does the
integrator if it is fast."""
_BALANCE: Final = Wanted(fastest_s=300.0, damping=0.8)
"""Circuit 4: about 0.2 mL/min per mL, 20 min, damping >= 0.8. The trim has 3 mL/min for 15 g of error."""
_TEMPERATURE: Final = Wanted(fastest_s=150.0)
"""Set points are fed forward; what the integrator adds before that arrives overshoots, by < 0.15 of 0.5 C."""
_OXYGEN: Final = Wanted(fastest_s=90.0)
"""Circuit 5: sensors sit up to 60 s behind the gas, twice of what the simulator has."""
_PH: Final = Wanted(fastest_s=300.0)
"""Prime has no protein to buffer it: pH answers four times as much there, the loop is four times as fast."""

_FLOW_S: Final = 2.0
"""Flow loops see 2-s means."""
_RETURN_S: Final = 900.0
"""Gas that plasma takes along through the reservoir: 15-23 min (circuit 5). The model is that of the rest."""

# Hysteresis: several times the noise of the measurement. Steps: the swing stays inside the warning limits, as
# fast as the loop's limiters let through (their kp times their room a tick), in the flows so slow that a
# cycle lasts longer than a turn of the rollers; the balance moves slower than the 100 mL/h of H17.
LOOPS: Final[tuple[LoopRow, ...]] = (
    LoopRow(
        name="blood", measured=_C.Q_B_2S, sent=_A.BP, mean_s=_FLOW_S, up=15.0, down=20.0, slew=4.0,
        hysteresis=12.0, settle_s=60.0, rest_s=60.0, cycles=20, limit_s=1800.0, wanted=_FLOW,
    ),
    LoopRow(
        name="separation", measured=_C.Q_P_2S, sent=_A.PP, mean_s=_FLOW_S, up=4.0, down=6.0, slew=0.5,
        hysteresis=3.0, settle_s=60.0, rest_s=60.0, cycles=40, limit_s=1800.0, wanted=_FLOW,
    ),
    LoopRow(
        name="perfusion", measured=_C.Q_C_2S, sent=_A.CP, mean_s=_FLOW_S, up=6.0, down=4.0, slew=5.0,
        hysteresis=2.0, settle_s=60.0, rest_s=60.0, cycles=40, limit_s=1800.0, wanted=_FLOW,
    ),
    LoopRow(
        name="balance", measured=_C.W_R, sent=None, integrating=True, up=1.3, down=0.9, slew=0.5,
        hysteresis=3.0, settle_s=600.0, rest_s=120.0, cycles=4, limit_s=7200.0, wanted=_BALANCE,
    ),
    LoopRow(
        name="temperature", measured=_C.T_BR, sent=_A.W, up=1.0, down=0.7,
        hysteresis=0.1, settle_s=1200.0, rest_s=120.0, cycles=5, limit_s=3600.0, wanted=_TEMPERATURE,
    ),
    LoopRow(
        name="oxygen", measured=_C.DO_IN, sent=None, slow_s=_RETURN_S, up=0.035, down=0.02,
        hysteresis=4.0, settle_s=3600.0, rest_s=300.0, cycles=5, limit_s=3600.0, wanted=_OXYGEN,
    ),
    LoopRow(
        name="ph", measured=_C.PH, sent=None, slow_s=_RETURN_S, up=0.03, down=0.02,
        hysteresis=0.02, settle_s=3600.0, rest_s=300.0, cycles=5, limit_s=3600.0, wanted=_PH,
    ),
)  # fmt: skip

BY_NAME: Final = {row.name: row for row in LOOPS}
