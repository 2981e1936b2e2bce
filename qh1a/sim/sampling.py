"""The compiled inner loop of the sensors: every sensor of a bank in one call per step."""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from qh1a.sim.counter import normal_at
from qh1a.sim.jit import compiled
from qh1a.tick import Quality


class Column(IntEnum):
    """Columns of a bank's table of numbers, one row per sensor.

    The last two are state; LAGGED is NaN before the first step.
    """

    LAG = 0
    GAIN = 1
    OFFSET = 2
    DRIFT = 3
    CREEP_END = 4
    CREEP_LAG = 5
    NOISE = 6
    NOISE_REL = 7
    LO = 8
    HI = 9
    LSB = 10
    CREEP = 11
    LAGGED = 12


class Plan(IntEnum):
    """Columns of a bank's table of whole numbers, one row per sensor."""

    CHANNEL = 0
    TRUTH = 1
    EVERY = 2
    PHASE = 3
    KEY = 4
    EXACT_ENDS = 5
    CROSS = 6
    CROSS_END = 7


class Term(IntEnum):
    """Columns of a bank's cross-sensitivities; those of a sensor are its rows CROSS up to CROSS_END."""

    SIGNAL = 0
    REFERENCE = 1
    GAIN = 2
    ADD = 3


_LAG, _GAIN, _OFFSET, _DRIFT = int(Column.LAG), int(Column.GAIN), int(Column.OFFSET), int(Column.DRIFT)
_CREEP_END, _CREEP_LAG, _CREEP = int(Column.CREEP_END), int(Column.CREEP_LAG), int(Column.CREEP)
_NOISE, _NOISE_REL, _LAGGED = int(Column.NOISE), int(Column.NOISE_REL), int(Column.LAGGED)
_LO, _HI, _LSB = int(Column.LO), int(Column.HI), int(Column.LSB)
_CHANNEL, _TRUTH, _EVERY, _PHASE = int(Plan.CHANNEL), int(Plan.TRUTH), int(Plan.EVERY), int(Plan.PHASE)
_KEY, _EXACT_ENDS = int(Plan.KEY), int(Plan.EXACT_ENDS)
_CROSS, _CROSS_END = int(Plan.CROSS), int(Plan.CROSS_END)
_SIGNAL, _REFERENCE, _CROSS_GAIN, _ADD = int(Term.SIGNAL), int(Term.REFERENCE), int(Term.GAIN), int(Term.ADD)
_GOOD: Final = int(Quality.GOOD)
_NOT_A_NUMBER: Final = int(Quality.NOT_A_NUMBER)
_NOT_FITTED: Final = int(Quality.NOT_FITTED)


@compiled
def sample(
    truth: npt.NDArray[np.float64],
    table: npt.NDArray[np.float64],
    plan: npt.NDArray[np.int64],
    terms: npt.NDArray[np.float64],
    value: npt.NDArray[np.float64],
    at: npt.NDArray[np.int64],
    quality: npt.NDArray[np.int64],
    tick: int,
    now: int,
) -> None:
    """One step of all sensors; see `SensorBank.step`."""
    for channel in range(at.shape[0]):
        if quality[channel] == _NOT_FITTED:
            at[channel] = now
    for i in range(plan.shape[0]):
        x = truth[plan[i, _TRUTH]]
        if plan[i, _CROSS] < plan[i, _CROSS_END]:
            gain, add = 1.0, 0.0
            for k in range(plan[i, _CROSS], plan[i, _CROSS_END]):
                away = truth[int(terms[k, _SIGNAL])] - terms[k, _REFERENCE]
                gain += terms[k, _CROSS_GAIN] * away
                add += terms[k, _ADD] * away
            x = x * gain + add
        y = table[i, _LAGGED]
        # Nothing seen yet: settle on what there is and sample it. So a NaN does not stick either.
        first = np.isnan(y)
        y = x if first else y + (x - y) * table[i, _LAG]
        table[i, _LAGGED] = y
        table[i, _CREEP] += (table[i, _CREEP_END] - table[i, _CREEP]) * table[i, _CREEP_LAG]
        if not first and tick % plan[i, _EVERY] != plan[i, _PHASE]:
            continue
        channel = plan[i, _CHANNEL]
        at[channel] = now
        v = y * table[i, _GAIN] + table[i, _OFFSET] + table[i, _DRIFT] * tick + table[i, _CREEP]
        absolute, relative = table[i, _NOISE], table[i, _NOISE_REL] * y
        if absolute > 0.0 or relative != 0.0:
            sd = np.sqrt(absolute * absolute + relative * relative)
            v += sd * normal_at(plan[i, _KEY], tick)
        if not np.isfinite(v):
            value[channel] = 0.0
            quality[channel] = _NOT_A_NUMBER
            continue
        lsb = table[i, _LSB]
        if plan[i, _EXACT_ENDS] != 0:
            # A clamp has an end switch at each end; between them it is travelling.
            counts = 0.0 if v <= 0.0 else (np.rint(1.0 / lsb) if v >= 1.0 else np.rint(0.5 / lsb))
        else:
            counts = min(max(np.rint(v / lsb), table[i, _LO]), table[i, _HI])
        # Adding 0.0 makes a negative zero a plain one: the record keeps counts, which have no sign of zero.
        value[channel] = (counts + 0.0) * lsb
        quality[channel] = _GOOD
