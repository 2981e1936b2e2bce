"""The loops that can be tuned: one row each, everything else is written over this table."""

from dataclasses import dataclass
from typing import Final

from qh1a.channels import Channel
from qh1a.tick import Actuator
from qh1a.whatif.rules import Wanted

_A, _C = Actuator, Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRow:
    """One loop. Steps in the unit of its output, hysteresis in that of its measurement, times in s.

    `name` is that of its gains. `sent` is the command that carries the output, on top of the channel `feed`
    where there is one; None where the output is split over several. `settle_s` is how long TREAT must have
    lasted, `rest_s` how long the output is held before the relay, `limit_s` how long `cycles` may take.
    """

    name: str
    measured: Channel
    sent: Actuator | None
    feed: Channel | None = None
    integrating: bool = False
    up: float
    down: float
    hysteresis: float
    settle_s: float
    rest_s: float
    cycles: int
    limit_s: float
    wanted: Wanted


_FLOW: Final = Wanted(fastest_s=5.0, damping=0.0)
"""Slower than the ripple of a roller pump, 0.15-0.5 Hz (physics reference 1.3.1): no loop may follow it."""
_BALANCE: Final = Wanted(fastest_s=300.0, damping=0.8)
"""Circuit 4: about 0.2 mL/min per mL, 20 min, damping >= 0.8. The trim has 3 mL/min for 15 g of error."""
_ROBUST: Final = Wanted(fastest_s=0.0, damping=0.0)

# Hysteresis: several times the noise of the measurement. Steps: the swing stays inside the warning limits, a
# step up below what the loop's limiters let through at once, their kp times their room, and the balance moves
# slower than the 100 mL/h of H17.
LOOPS: Final[tuple[LoopRow, ...]] = (
    LoopRow(
        name="blood", measured=_C.Q_B, sent=_A.BP, up=15.0, down=5.0, hysteresis=3.0,
        settle_s=60.0, rest_s=60.0, cycles=200, limit_s=1800.0, wanted=_FLOW,
    ),
    LoopRow(
        name="separation", measured=_C.Q_P, sent=_A.PP, up=1.2, down=3.6, hysteresis=0.6,
        settle_s=60.0, rest_s=60.0, cycles=200, limit_s=1800.0, wanted=_FLOW,
    ),
    LoopRow(
        name="perfusion", measured=_C.Q_C, sent=_A.CP, up=2.2, down=1.2, hysteresis=0.9,
        settle_s=60.0, rest_s=60.0, cycles=400, limit_s=1800.0, wanted=_FLOW,
    ),
    LoopRow(
        name="balance", measured=_C.W_R, sent=_A.RP, feed=_C.Q_P_2S, integrating=True, up=1.3, down=0.9,
        hysteresis=3.0, settle_s=600.0, rest_s=120.0, cycles=4, limit_s=7200.0, wanted=_BALANCE,
    ),
    LoopRow(
        name="temperature", measured=_C.T_BR, sent=_A.W, up=1.0, down=0.7, hysteresis=0.1,
        settle_s=1200.0, rest_s=120.0, cycles=5, limit_s=3600.0, wanted=_ROBUST,
    ),
)  # fmt: skip

BY_NAME: Final = {row.name: row for row in LOOPS}
