"""A made-up session with the interface of a session file, so that the report is tested without a run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from qh1a.channels import CHANNELS, Channel
from qh1a.hazards import LIMITS
from qh1a.plant import PlantKind
from qh1a.record import TruthRows, TruthSignal
from qh1a.report.events import Codes, Floats
from qh1a.tick import Actuator, Event, EventCode, Intent, IntentName, Phase, Quality, Response

C = Channel


class Header(NamedTuple):
    plant: PlantKind
    configs: Mapping[str, object]
    config_hash: str = "0f3a" * 16
    software: str = "0.1.0"
    seed: int = 7
    truth: tuple[TruthSignal, ...] = ()


class Recorded(NamedTuple):
    tick: int
    what: Intent | Event


LIMIT_VALUES: dict[str, float] = {
    "p_acc_warn_mmhg": -150.0, "p_acc_trip_mmhg": -250.0, "p_acc_open_mmhg": -10.0, "p_pre_warn_mmhg": 250.0,
    "p_pre_trip_mmhg": 350.0, "p_ven_drop_mmhg": 20.0, "p_ven_low_mmhg": 10.0, "p_ven_open_mmhg": 2.0,
    "p_ven_high_mmhg": 250.0, "p_ven_high_rinse_mmhg": 350.0, "p_ven_high_connect_mmhg": 450.0,
    "p_fil_warn_mmhg": -10.0, "p_fil_trip_mmhg": -50.0, "tmp_hold_mmhg": 45.0, "tmp_trip_mmhg": 60.0,
    "tmp_high_mmhg": 80.0, "tmp_reverse_mmhg": -10.0, "qp_qb_warn": 0.27, "p_bri_warn_mmhg": 150.0,
    "p_bri_trip_mmhg": 200.0, "dp_f2_warn_mmhg": 60.0, "dp_f2_trip_mmhg": 100.0, "balance_warn_ml": 50.0,
    "balance_trip_ml": 150.0, "w_r_low_g": 50.0, "w_r_high_g": 360.0, "t_w_hold_c": 39.5, "t_br_hold_c": 38.5,
    "t_trip_c": 41.0, "t_ret_warn_c": 32.0, "t_ret_trip_c": 30.0, "p_ret_warn_mmhg": 200.0,
    "p_ret_trip_mmhg": 300.0, "p_f2o_warn_mmhg": -60.0, "p_f2o_trip_mmhg": -100.0,
    "p_acc_limiter_mmhg": -180.0, "p_pre_limiter_mmhg": 300.0, "tmp_limiter_mmhg": 38.0,
    "p_bri_limiter_mmhg": 150.0, "p_f2o_limiter_mmhg": -40.0,
}  # fmt: skip


def configs(hours: float, **changes: object) -> dict[str, object]:
    limits = {row.key: row.hard_hi for row in LIMITS} | LIMIT_VALUES
    return {
        "prescription": {
            "name": f"{hours:g} h treatment",
            "purpose": "treatment",
            "nominal_h": hours,
            "flows": {
                "blood_ml_min": 130.0, "plasma_ml_min": 30.0, "perfusion_ml_min": 100.0,
                "temperature_c": 37.0,
            },
            "patient": {"subject": "SIM-001", "weight_kg": 65.0, "haematocrit": 0.37},
            "preparation": {"reservoir_g": 150.0, "prime_goes_to": "waste"},
            "marks": {"window_s": 225.0 * hours, "cap_extra_s": 1350.0 * hours},
        },
        "limits": {"schema": 1, "name": "default", **limits},
        "rig": {"name": "simulated QH-1A", "kind": "SIM", "blood_side_ml": 180.0, "plasma_side_ml": 361.0},
        **changes,
    }  # fmt: skip


@dataclass
class Fake:
    """One session: `series_of` gives each channel's values, `bad` the spans where a channel is not GOOD."""

    header: Header
    times: Floats
    series_of: dict[Channel, Floats]
    bad: dict[Channel, list[tuple[float, float, Quality]]] = field(default_factory=dict)
    items: list[Recorded] = field(default_factory=list)
    actuators: dict[Actuator, Floats] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    head: str = "9c1d" * 16
    problems: list[str] = field(default_factory=list)
    rows: TruthRows = field(default_factory=lambda: TruthRows(np.empty(0, np.int64), np.empty((0, 0))))

    @property
    def ticks(self) -> int:
        return int(self.times.size)

    def now_s(self) -> Floats:
        return self.times - self.times[:1]

    def series(self, channel: Channel) -> Floats:
        return self.series_of.get(channel, np.zeros_like(self.times))

    def quality(self, channel: Channel) -> Codes:
        missing = channel not in self.series_of
        codes = np.full(self.times.shape, Quality.NOT_FITTED if missing else Quality.GOOD, dtype=np.uint8)
        for start, end, quality in self.bad.get(channel, []):
            codes[(self.times >= start) & (self.times < end)] = quality
        return codes

    def commands(self, actuator: Actuator) -> Floats:
        return self.actuators.get(actuator, np.zeros_like(self.times))

    def records(self) -> Iterator[Recorded]:
        return iter(sorted(self.items, key=lambda r: r.tick))

    def truth(self) -> TruthRows:
        return self.rows

    def verify(self) -> list[str]:
        return self.problems

    def tick(self, t: float) -> int:
        """The tick at a time of `times`."""
        return int(np.searchsorted(self.times, t))


def with_truth(made: Fake, signals: Mapping[str, Sequence[float]], unit: str = "u") -> Fake:
    """The session with rows of truth spread evenly over it, the first and the last tick among them."""
    count = len(next(iter(signals.values())))
    ticks = np.linspace(0, made.ticks - 1, count).round().astype(np.int64)
    names = tuple(TruthSignal(name, unit, "meaning") for name in signals)
    rows = TruthRows(ticks, np.array(list(signals.values()), dtype=np.float64).T)
    return replace(made, header=made.header._replace(truth=names), rows=rows)


PLAN = (
    (Phase.SELF_TEST, 10.0), (Phase.PRIME, 1500.0), (Phase.READY, 120.0), (Phase.CONNECT, 330.0),
    (Phase.RAMP, 960.0), (Phase.TREAT, 0.0), (Phase.RINSEBACK, 780.0), (Phase.DISCONNECT, 60.0),
)  # fmt: skip


def session(
    hours: float = 4.0, hz: float = 10.0, pause: tuple[float, float] | None = (5400.0, 5700.0)
) -> Fake:
    """A plausible session of some hours; `pause` is a PAUSE (plasma) inside TREAT, from RAMP on."""
    scale = min(1.0, hours / 4.0)
    lengths = [(p, s * scale if s else hours * 3600.0) for p, s in PLAN]
    prep = sum(s for p, s in lengths[:4])
    total = sum(s for _, s in lengths) + (pause[1] - pause[0] if pause else 0.0)
    times = np.round(np.arange(0.0, total, 1.0 / hz), 6) - prep
    phase = np.zeros(times.shape)
    at = -prep
    for p, s in lengths:
        end = at + s + (pause[1] - pause[0] if pause and p is Phase.TREAT else 0.0)
        phase[times >= at] = p
        at = end
    if pause:
        phase[(times >= pause[0]) & (times < pause[1])] = Phase.PAUSE
    calls = iter(range(1000))

    def noise(sd: float) -> Floats:
        """Even noise of a standard deviation, another at each call."""
        parts = np.sin(np.arange(times.size) * 12.9898 + next(calls) * 78.233) * 43758.5453
        return np.asarray(np.modf(parts)[0] * 1.7 * sd, dtype=np.float64)

    def lag(target: Floats, tau: float) -> Floats:
        out = np.empty_like(target)
        y, k = float(target[0]), min(1.0, 1.0 / hz / tau)
        for i, x in enumerate(target.tolist()):
            y += (x - y) * k
            out[i] = y
        return out

    treat, ramp = phase == Phase.TREAT, phase == Phase.RAMP
    ramp_s = lengths[4][1]
    run = treat | (phase == Phase.PAUSE)
    q_b = np.select([phase == Phase.PRIME, phase == Phase.CONNECT, ramp, run, phase == Phase.RINSEBACK],
                    [np.full_like(times, 120.0), np.full_like(times, 60.0),
                     np.minimum(130.0, 60.0 + 15.0 * np.floor(times / (120.0 * scale))),
                     np.full_like(times, 130.0),
                     np.full_like(times, 80.0)], 0.0)  # fmt: skip
    q_p = np.where(treat | (ramp & (times > 0.35 * ramp_s)), 30.0, 0.0)
    q_c = np.where(phase >= Phase.READY, 100.0, 0.0) * (phase < Phase.DISCONNECT)
    q_r = np.where(phase == Phase.RINSEBACK, 40.0, q_p)
    bp, pp, cp, rp = q_b.copy(), q_p.copy(), q_c.copy(), q_r.copy()
    q_b, q_p, q_c, q_r = lag(q_b, 2.0), lag(q_p, 3.0), lag(q_c, 3.0), lag(q_r, 3.0)
    hours_run = np.maximum(times, 0.0) / 3600.0
    p_ven = 8.0 + 0.40 * (q_b - q_p + q_r)
    p_fil = 50.0 - 3.0 * hours_run + noise(0.6)
    v: dict[Channel, Floats] = {
        C.PHASE: phase,
        C.Q_B: q_b + noise(0.8), C.Q_P: q_p + noise(0.15), C.Q_C: q_c + noise(0.6), C.Q_R: q_r + noise(0.15),
        C.P_ACC: 8.0 - 0.52 * q_b + noise(1.5), C.P_PRE: p_ven + 0.12 * q_b + noise(1.2),
        C.P_VEN: p_ven + noise(1.0), C.P_FIL: p_fil,
        C.P_BRI: 60.0 * q_c / 100 + 11.0 + noise(0.8), C.P_BRO: 60.0 * q_c / 100 + noise(0.8),
        C.P_F2O: 40.0 * q_c / 100 + noise(1.0), C.DP_F2: 0.4 * q_r + noise(0.5),
        C.P_RET: p_ven + 0.5 * q_r + noise(1.0),
        C.P_VEN_EXP: p_ven,
        C.TMP: (p_ven + 0.06 * q_b - p_fil) + noise(0.8) - 10.0,
        C.T_W1: lag(np.where(phase >= Phase.PRIME, 37.6, 23.0), 240.0 * scale) + noise(0.03),
        C.T_BR: lag(np.where(phase >= Phase.PRIME, 37.0, 23.0), 420.0 * scale) + noise(0.02),
        C.T_RET: lag(np.where(q_r > 5, 34.8, 24.0), 120.0 * scale) + noise(0.05),
        C.QP_QB: q_p / np.maximum(q_b, 20.0) + noise(0.001),
        C.PLASMA_SHARE: q_p / np.maximum(q_b, 20.0) / 0.63,
        C.BALANCE: np.where(run, 9.0 * np.sin(hours_run * 1.7) + 2.0 * hours_run, 0.0) + noise(0.4),
        C.SESSION_BALANCE: np.full_like(times, 33.0),
        C.W_R: 150.0 - 9.0 * np.sin(hours_run * 1.7) + noise(0.5), C.W_SP: 150.0 + 2.0 * hours_run,
        C.W_S: np.full_like(times, 1940.0) + noise(0.1), C.W_W: np.full_like(times, 1012.0) + noise(0.1),
        C.V_HEP: 5.2 * (times > 0) + 2.0 * hours_run,
        C.G_O2: np.full_like(times, 60.0), C.G_AIR: np.full_like(times, 180.0),
        C.G_CO2: np.full_like(times, 12.0),
        C.DO_IN: 150.0 + noise(1.0), C.DO_OUT: 92.0 + noise(1.0), C.PH: 7.4 + noise(0.004),
        C.RESPONSE: np.where(phase == Phase.PAUSE, float(Response.R2), 0.0),
        C.EFFECTIVE: np.cumsum(treat) / hz, C.BLOOD_TIME: np.cumsum(q_b > 10) / hz,
        C.WALL_TIME: np.maximum(times, 0.0), C.PLASMA: np.cumsum(q_p * (times > 0)) / hz / 60,
    }  # fmt: skip
    for c in C:
        if not CHANNELS[c].derived and c not in v and c not in (C.TURB_R, C.WET):
            v[c] = np.zeros_like(times)
    v[C.P_PRE][np.searchsorted(times, 0.7 * hours * 3600)] = 262.0
    made = Fake(
        Header(PlantKind.SIM, configs(hours)), times, v,
        bad={C.P_FIL: [(0.5 * hours * 3600, 0.53 * hours * 3600, Quality.STALE)]},
        actuators={
            Actuator.BP: bp, Actuator.PP: pp, Actuator.CP: cp, Actuator.RP: rp,
            Actuator.W: np.where((phase >= Phase.PRIME) & (phase < Phase.RINSEBACK), 37.6, 0.0),
        },
        labels={"started": "2026-03-01T08:00:00Z", "ended": "2026-03-01T13:10:00Z", "x_real_time": "1840.2"},
    )  # fmt: skip
    made.items.extend(_story(made, times, phase, hours))
    return made


def _story(made: Fake, times: Floats, phase: Floats, hours: float) -> Iterator[Recorded]:
    h = hours * 3600.0
    changed = np.flatnonzero(np.diff(phase, prepend=-1.0))
    for i in changed:
        yield Recorded(int(i), Event(EventCode.STATE, Phase(int(phase[i])).name, phase[i], "CHECKS_PASSED"))

    def asked(n: int, t: float, name: IntentName, *, key: str = "", value: float = 0.0, why: str = "",
              refused: str = "") -> Iterator[Recorded]:  # fmt: skip
        tick = made.tick(t)
        yield Recorded(tick, Intent(n, name, key, value, "nurse.li", why))
        code = EventCode.INTENT_REFUSED if refused else EventCode.INTENT_TAKEN
        yield Recorded(tick, Event(code, name.name, float(n), refused))

    def alarm(t: float, rule: str, value: float, clears: float | None, acknowledged: float | None,
              ) -> Iterator[Recorded]:  # fmt: skip
        yield Recorded(made.tick(t), Event(EventCode.ALARM_RAISED, rule, value, ""))
        if clears is not None:
            yield Recorded(made.tick(t + clears), Event(EventCode.ALARM_CLEARED, rule))
        if acknowledged is not None:
            yield Recorded(made.tick(t + acknowledged), Event(EventCode.ALARM_ACKNOWLEDGED, rule))

    yield from asked(1, times[0] + 1.0, IntentName.START)
    yield from asked(2, -0.02 * h, IntentName.CONFIRM, why="identity and lines checked by two")
    yield from asked(3, -1.0, IntentName.CONNECTED)
    yield from asked(4, 0.2 * h, IntentName.SET, key="blood_ml_min", value=210.0, why="try more",
                     refused="OUT_OF_RANGE")  # fmt: skip
    yield from asked(5, 0.42 * h, IntentName.RESUME, why="patient turned, line free")
    yield from asked(6, 0.6 * h, IntentName.ENTER, key="sample_ml", value=3.0)
    yield Recorded(made.tick(0.6 * h), Event(EventCode.ENTERED, "sample_ml", 3.0))
    yield from alarm(0.375 * h, "H10.2", 61.2, 9.0, 14.0)
    yield from alarm(0.376 * h, "H05.1", 23.0, 12.0, 30.0)
    yield from alarm(0.7 * h, "H09.1", 262.0, 1.4, None)
    yield from alarm(0.98 * h, "H39.1", 1.0, 60.0, None)
    yield Recorded(made.tick(0.375 * h), Event(EventCode.RESPONSE, "H10.2", float(Response.R2)))
    end = float(times[-1]) - 30.0
    yield Recorded(made.tick(end), Event(EventCode.OUTCOME, "", h, "COMPLETED"))
