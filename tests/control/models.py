"""Models the loops are tuned on: open-loop responses of every controller there are gains for."""

from typing import Final

import numpy as np

from qh1a.control.gas import DRY_MMHG, LEAST_GAIN, LEAST_RATE
from qh1a.control.loops import WARM_RATE_MOST
from qh1a.control.pid import scheduled
from qh1a.settings import PidGains
from tests.control.plants import DT, Gas, Response, W, delay, lag, pi, sensitivity
from tests.control.test_ripple import PUMP, STEEP
from tests.safety.bench import TUNING

FLOWS: Final = (30.0, 40.0, 100.0, 200.0)
"""Q_c, mL/min: the least that may be set, the cohort's least, the usual, the most."""


def worst_sensitivity(loops: list[Response]) -> float:
    """The highest Ms of these."""
    return max(sensitivity(loop) for loop in loops)


def _pumps(gains: PidGains) -> list[Response]:
    """Tubes that give 30 % too little or too much."""
    return [pi(gains.kp, gains.ti_s) * PUMP * stroke for stroke in (0.7, 1.0, 1.3)]


def _limiter(name: str) -> list[Response]:
    row = next(row for row in STEEP if row.name == name)
    return [pi(row.gains.kp, row.gains.ti_s) * PUMP * row.late * row.slope]


def _warmer() -> list[Response]:
    g = TUNING.temperature
    return [
        pi(g.kp * scheduled(q, 0.0, 1.0), g.ti_s / scheduled(q, 0.0, WARM_RATE_MOST))
        * lag(20.0)
        * lag(2.0)
        * delay(3600.0 / q + DT)
        for q in FLOWS
    ]


def _gas(gains: PidGains, per_unit: float, *, hydrated: bool) -> list[Response]:
    return [
        pi(gains.kp * scheduled(q, LEAST_GAIN, 1.0), gains.ti_s / scheduled(q, LEAST_RATE, 1.0))
        * per_unit
        * Gas().path(q, hydrated=hydrated)
        for q in FLOWS
    ]


def _reservoir() -> list[Response]:
    """1.025 g/mL into a bag on a scale."""
    weight = 1.025 / 60.0 / (1j * W)
    return [pi(TUNING.balance.kp, TUNING.balance.ti_s) * weight * lag(1.0) * delay(DT)]


LOOPS: Final = {
    "blood": _pumps(TUNING.blood),
    "separation": _pumps(TUNING.separation),
    "perfusion": _pumps(TUNING.perfusion),
    "blood_access": _limiter("P_acc"),
    "blood_prefilter": _limiter("P_pre"),
    "separation_tmp": _limiter("TMP"),
    "perfusion_inlet": _limiter("P_bri"),
    "perfusion_drop": _limiter("dP_br"),
    "return_suction": _limiter("P_f2o"),
    "balance": _reservoir(),
    "temperature": _warmer(),
    "oxygen": _gas(TUNING.oxygen, DRY_MMHG, hydrated=False),
    "ph": _gas(TUNING.ph, float(1.0 / np.log(10.0) / 0.05), hydrated=True),
}
