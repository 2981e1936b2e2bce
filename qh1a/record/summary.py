"""What a session came to: the figures that `run` prints and a report opens with, all from its file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from qh1a.channels import Channel
from qh1a.record.codec import RecordError
from qh1a.record.reader import SessionFile
from qh1a.tick import STATES, Event, EventCode, Outcome, Quality, Response, State


@dataclass(frozen=True)
class Alarms:
    """How many alarms were raised, by priority."""

    high: int
    medium: int
    low: int


HARM: Final = {
    "blood_lost_ml": "BLOOD_LOST_ML",
    "red_cells_lost_ml": "RBC_LOST_ML",
    "red_cells_trapped_ml": "RBC_CIRCUIT_ML",
    "air_ml": "AIR_PATIENT_ML",
    "air_bolus_ml": "HARM_AIR_BOLUS_ML",
    "air_5min_ml_kg": "HARM_AIR_5MIN_ML_KG",
    "hottest_c": "HARM_HOTTEST_C",
    "coldest_c": "HARM_COLDEST_C",
    "fluid_gain_ml": "HARM_FLUID_GAIN_ML",
    "fluid_loss_ml": "HARM_FLUID_LOSS_ML",
    "fluid_error_ml": "HARM_FLUID_ERROR_ML",
    "free_haem_umol": "HARM_FREE_HAEM_UMOL",
    "debris_1e6": "HARM_DEBRIS_1E6",
    "clotting_min": "HARM_CLOTTING_MIN",
    "cells_hypoxia_min": "HARM_HYPOXIA_MIN",
    "cells_heat_min": "HARM_HEAT_MIN",
    "cells_standstill_min": "HARM_STANDSTILL_MIN",
}
"""The harm ledger's figures and the signals of a simulated plant's truth that hold them."""


@dataclass(frozen=True)
class Summary:
    """A session in figures. A figure that never had a GOOD value is None, not zero.

    `net_balance_ml` counts RAMP to TREAT, `session_balance_ml` also CONNECT and RINSEBACK. The window is on
    effective time. `x_real_time` is None where nobody measured it, `harm` where no plant knows the truth.
    """

    outcome: str
    plant: str
    phase: str | None
    prescribed_h: float
    effective_s: float | None
    blood_s: float | None
    wall_s: float | None
    plasma_ml: float | None
    net_balance_ml: float | None
    session_balance_ml: float | None
    within_window: bool
    alarms: Alarms
    protective_stops: int
    harm: dict[str, float] | None
    ticks: int
    late_ticks: int
    x_real_time: float | None
    session_file: str
    config_hash: str
    seed: int

    def as_dict(self) -> dict[str, object]:
        """The summary as a JSON object."""
        return asdict(self)


def _last(file: SessionFile, channel: Channel) -> float | None:
    """The last value that may be used, free of the grid's binary dust."""
    good = np.flatnonzero(file.quality(channel) == Quality.GOOD)
    return round(float(file.series(channel)[good[-1]]), 6) if good.size else None


def _figure(configs: object, *path: str) -> float:
    for key in path:
        configs = configs.get(key) if isinstance(configs, Mapping) else None
    if not isinstance(configs, int | float):
        msg = f"{'.'.join(path)} is no number"
        raise TypeError(msg)
    return float(configs)


def _harm(file: SessionFile) -> dict[str, float] | None:
    """What the truth says last; None for a file without truth or without a ledger."""
    names = [row.id for row in file.header.truth]
    rows = file.truth().values
    if not len(rows) or not set(HARM.values()) <= set(names):
        return None
    return {key: float(f"{rows[-1][names.index(name)]:.6g}") for key, name in HARM.items()}


def _outcome(events: list[Event]) -> str:
    ends = [event.detail.lower() for event in events if event.code == EventCode.OUTCOME]
    outcome = ends[-1] if ends else ""
    known = {o.name.lower() for o in Outcome if o != Outcome.OPEN}
    return outcome if outcome in known else Outcome.ABORTED.name.lower()


def _stops(events: list[Event]) -> int:
    """How often a response took plasma or blood away; climbing the ladder further is the same stop."""
    responses = [e.value for e in events if e.code == EventCode.RESPONSE]
    before = [0.0, *responses]
    return sum(1 for was, now in zip(before, responses, strict=False) if was < Response.R2 <= now)


def summarise(file: SessionFile) -> Summary:
    """The figures of a session, finished or not; one that has no outcome counts as aborted.

    Raises `RecordError` when the file lacks what the figures are made of.
    """
    events = [r.what for r in file.records() if isinstance(r.what, Event)]
    raised = Counter(e.detail.lower() for e in events if e.code == EventCode.ALARM_RAISED)
    try:
        prescribed_h = _figure(file.header.configs, "prescription", "nominal_h")
        window_s = _figure(file.header.configs, "prescription", "marks", "window_s")
        late_ticks = int(file.labels.get("late_ticks", "0"))
        states = [State(int(e.value)) for e in events if e.code == EventCode.STATE]
        speed = float(file.labels["x_real_time"]) if "x_real_time" in file.labels else None
    except (TypeError, ValueError) as error:
        msg = f"{file.path} cannot be summed up: {error!r}"
        raise RecordError(msg) from error
    effective_s = _last(file, Channel.EFFECTIVE)
    return Summary(
        outcome=_outcome(events),
        plant=file.header.plant.value,
        phase=STATES[states[-1]].phase.name if states else None,
        prescribed_h=prescribed_h,
        effective_s=effective_s,
        blood_s=_last(file, Channel.BLOOD_TIME),
        wall_s=_last(file, Channel.WALL_TIME),
        plasma_ml=_last(file, Channel.PLASMA),
        net_balance_ml=_last(file, Channel.BALANCE),
        session_balance_ml=_last(file, Channel.SESSION_BALANCE),
        within_window=effective_s is not None and abs(effective_s - prescribed_h * 3600.0) <= window_s,
        alarms=Alarms(raised["high"], raised["medium"], raised["low"]),
        protective_stops=_stops(events),
        harm=_harm(file),
        ticks=file.ticks,
        late_ticks=late_ticks,
        x_real_time=speed,
        session_file=str(file.path),
        config_hash=file.header.config_hash,
        seed=file.header.seed,
    )
