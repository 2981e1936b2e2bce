"""Loops on toy processes: limiters, take-over without a bump, wind-up, R1, fallbacks, clamps (circuit 5)."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import pytest

from qh1a.channels import Channel
from qh1a.control.alarms import Active
from qh1a.control.loops import Loops, Situation
from qh1a.control.setpoints import SetPoints
from qh1a.settings import Prescription
from qh1a.tick import UNPOWERED, Actuator, Response, State
from tests.safety.bench import GOOD, LIMITS, P4H, QUIET, TUNING, A, C, S, active, qualities, readings

DT = 0.1
F = P4H.flows
SETS = SetPoints(F.blood_ml_min, F.plasma_ml_min, F.perfusion_ml_min, F.temperature_c, F.do_in_mmhg, F.ph)
PUMPS = (
    (A.BP, C.Q_B, C.Q_B_2S, C.N_BP, 10.4),
    (A.PP, C.Q_P, C.Q_P_2S, C.N_PP, 5.2),
    (A.CP, C.Q_C, C.Q_C_2S, C.N_CP, 5.2),
    (A.RP, C.Q_R, C.Q_R_2S, C.N_RP, 5.2),
)
CLAMPS = ((A.AC, C.POS_AC), (A.VC, C.POS_VC), (A.PC, C.POS_PC), (A.SC, C.POS_SC))
Law = Callable[["Toy"], None]


class Toy:
    """The loops on pumps with 0.3 s of lag and clamps with one tick of travel; `laws` make the pressures."""

    def __init__(self, state: State = S.TREAT, prescription: Prescription = P4H) -> None:
        self.loops = Loops(prescription, LIMITS, TUNING)
        self.v = readings(dict.fromkeys((c for row in PUMPS for c in row[1:4]), 0.0))
        self.q = qualities()
        self.state = state
        self.in_state_s = 0.0
        self.sets = SETS
        self.active: Active = QUIET
        self.trim_frozen = False
        self.sent: list[float] = list(UNPOWERED)
        self.forced: dict[Actuator, float] = {}
        self.laws: list[Law] = []
        for _, position in CLAMPS:
            self.v[position] = 0.0

    def enter(self, state: State) -> "Toy":
        self.state, self.in_state_s = state, 0.0
        return self

    def lose(self, *channels: Channel) -> None:
        for c in channels:
            self.q[c] = 3

    def tick(self) -> "Toy":
        for clamp, position in CLAMPS:
            self.v[position] = self.sent[clamp]
        for pump, flow, mean, speed, stroke in PUMPS:
            q = self.v[flow] + (self.sent[pump] - self.v[flow]) * DT / 0.3
            self.v[flow] = q
            self.v[speed] = q / stroke
            self.v[mean] += (q - self.v[mean]) * DT
        for law in self.laws:
            law(self)
        now = Situation(DT, self.state, self.in_state_s, self.sets, self.active, self.trim_frozen)
        want = self.loops.step(now, self.v, self.q)
        self.sent = [self.forced.get(a, want[a]) for a in A]
        self.loops.observe(self.sent, DT)
        self.in_state_s += DT
        return self

    def seconds(self, s: float) -> "Toy":
        for _ in range(round(s / DT)):
            self.tick()
        return self

    def __getitem__(self, key: Channel) -> float:
        return self.v[key]

    def trace(self, s: float, read: Callable[["Toy"], float]) -> list[float]:
        return [read(self.tick()) for _ in range(round(s / DT))]


def treating() -> Toy:
    """Three minutes of treatment: everything at its set point."""
    toy = Toy().seconds(180)
    at_set = [toy[c] for c in (C.Q_B, C.Q_P, C.Q_C, C.Q_R)]
    assert at_set == pytest.approx([130.0, 30.0, 100.0, 30.0], abs=0.3)
    return toy


def jumps(values: list[float]) -> float:
    return max(abs(b - a) for a, b in itertools.pairwise(values))


# -- limiters -----------------------------------------------------------------------------------------------


class Limiter(NamedTuple):
    """A limited signal as base + slope x flow: healthy, then bad enough to leave the limiter without it."""

    channel: Channel
    pump: Actuator
    flow: Channel
    base: float
    healthy: float
    bad: float
    limit: float
    trip: float
    band: float


LIMITERS = (
    Limiter(C.P_ACC, A.BP, C.Q_B, 0.0, -0.5, -1.8, -180.0, -250.0, 2.0),
    Limiter(C.P_PRE, A.BP, C.Q_B, 0.0, 0.6, 2.6, 300.0, 350.0, 2.0),
    Limiter(C.TMP, A.PP, C.Q_P, 0.0, 0.6, 1.45, 38.0, 45.0, 0.5),
    Limiter(C.P_BRI, A.CP, C.Q_C, 0.0, 0.7, 1.9, 150.0, 200.0, 2.0),
    Limiter(C.DP_BR_OVER, A.CP, C.Q_C, -15.0, 0.0, 0.3, 0.0, 15.0, 1.0),
    Limiter(C.P_F2O, A.RP, C.Q_R, 45.0, 0.0, -3.2, -40.0, -60.0, 1.5),
)
each_limiter = pytest.mark.parametrize("row", LIMITERS, ids=[row.channel.name for row in LIMITERS])


def law(row: Limiter, slope: list[float]) -> Law:
    """First order in 0.5 s."""

    def follow(toy: Toy) -> None:
        there = row.base + slope[0] * toy.v[row.flow]
        toy.v[row.channel] += (there - toy.v[row.channel]) * DT / 0.5

    return follow


@each_limiter
def test_a_limiter_takes_over_before_the_trip_and_gives_back(row: Limiter) -> None:
    toy = treating()
    slope = [row.healthy]
    toy.laws.append(law(row, slope))
    toy.seconds(60)
    wanted = toy[row.flow]
    sign = 1.0 if row.limit > row.base + row.healthy * wanted else -1.0
    # The line clogs over 30 s.
    signal, command = [], []
    for k in range(3000):
        slope[0] = row.healthy + (row.bad - row.healthy) * min(1.0, k / 300)
        toy.tick()
        signal.append(toy[row.channel])
        command.append(toy.sent[row.pump])
    assert row.base + row.bad * wanted != pytest.approx(
        row.limit, abs=5 * row.band
    )  # it would have gone beyond
    assert max(x * sign for x in signal) < row.trip * sign
    assert signal[-1] == pytest.approx(row.limit, abs=row.band)
    assert toy[row.flow] < 0.95 * wanted
    assert jumps(command) < 0.02 * wanted + 0.3
    # It opens again, at once.
    slope[0] = row.healthy
    command = toy.trace(180, lambda t: t.sent[row.pump])
    assert toy[row.flow] == pytest.approx(wanted, rel=0.01)
    assert max(command) < 1.05 * wanted
    assert jumps(command) < 0.12 * wanted


def test_the_lowest_of_several_limiters_leads() -> None:
    toy = treating()
    access, prefilter = LIMITERS[0], LIMITERS[1]
    slopes = [[-1.8], [2.6]]
    toy.laws.extend((law(access, slopes[0]), law(prefilter, slopes[1])))
    toy.seconds(120)
    assert toy[C.P_ACC] == pytest.approx(-180.0, abs=2.0)
    assert toy[C.P_PRE] < 280.0
    slopes[0][0] = -0.5
    toy.seconds(120)
    assert toy[C.P_PRE] == pytest.approx(300.0, abs=2.0)


@pytest.mark.parametrize(
    "lost", [C.P_ACC, C.P_PRE, C.TMP, C.P_BRI, C.DP_BR_OVER, C.P_F2O], ids=lambda c: c.name
)
def test_a_limiter_without_its_signal_stands_aside(lost: Channel) -> None:
    toy = treating()
    toy.lose(lost)
    toy.v[lost] = 1e6 if lost in {C.P_PRE, C.TMP, C.P_BRI, C.DP_BR_OVER} else -1e6
    toy.seconds(30)
    expected = [130.0, 10.0 if lost is C.TMP else 30.0, 100.0]
    assert [toy[c] for c in (C.Q_B, C.Q_P, C.Q_C)] == pytest.approx(expected, abs=0.5)


# -- no wind-up ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pump", [A.BP, A.PP, A.CP, A.RP], ids=lambda a: a.name)
def test_no_wind_up_while_the_supervisor_holds_a_pump(pump: Actuator) -> None:
    toy = treating()
    toy.forced[pump] = 0.0
    toy.seconds(600)
    toy.forced.clear()
    flow = next(row[1] for row in PUMPS if row[0] is pump)
    wanted = {A.BP: 130.0, A.PP: 30.0, A.CP: 100.0, A.RP: 30.0}[pump]
    command = toy.trace(60, lambda t: t.sent[pump])
    assert max(command) < 1.10 * wanted
    assert toy.seconds(240)[flow] == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize(
    "stop", [S.PAUSE_PLASMA, S.PAUSE_STOPPED, S.TREAT_END, S.PATIENT_OFF, S.SAFE], ids=lambda s: s.name
)
def test_no_wind_up_through_any_stop_and_a_soft_start_after_it(stop: State) -> None:
    toy = treating()
    toy.enter(stop).seconds(900)
    assert toy.sent[A.PP] == toy.sent[A.RP] == 0.0
    toy.enter(S.TREAT)
    blood, plasma, back = [], [], []
    for _ in range(1800):
        toy.tick()
        blood.append(toy.sent[A.BP])
        plasma.append(toy[C.Q_P])
        back.append(toy.sent[A.RP])
    assert max(blood) < 1.05 * 130.0
    assert max(plasma) < 1.05 * 30.0
    assert max(back) < 1.15 * 30.0
    for k in range(len(plasma) - 50):
        assert plasma[k + 50] - plasma[k] < 5.0 * 1.3  # 5 mL/min per 5 s
    assert toy[C.Q_P] == pytest.approx(30.0, rel=0.01)


def test_heat_does_not_wind_up_while_the_warmer_is_at_full_power() -> None:
    toy = treating()
    temperature = [20.0]

    def plasma(t: Toy) -> None:
        # The outlet follows its set point with the 60 W there are: slowly.
        temperature[0] += max(-0.01, min(0.01, t.sent[A.W] - temperature[0])) if t.sent[A.W] else -0.01
        t.v[C.T_W1] = t.v[C.T_W2] = temperature[0]
        t.v[C.T_BR] += (temperature[0] - 0.4 - t.v[C.T_BR]) * DT / 40.0

    toy.v[C.T_BR] = 20.0
    toy.laws.append(plasma)
    reached = toy.trace(1200, lambda t: t.v[C.T_BR])
    assert max(reached) < 37.6
    assert toy[C.T_BR] == pytest.approx(37.0, abs=0.1)


def test_the_balance_trim_stands_still_under_a_response_and_within_ten_per_cent() -> None:
    toy = treating()
    toy.v[C.W_R] = 190.0
    toy.seconds(120)
    trimmed = toy[C.Q_R]
    assert 32.0 < trimmed <= 33.0 + 0.1  # +10 % of Q_p at most
    toy.active = active(Response.R1)
    toy.v[C.W_R] = 100.0
    assert toy.seconds(60)[C.Q_R] == pytest.approx(trimmed, abs=0.05)
    toy.active = QUIET
    assert 27.0 - 0.1 <= toy.seconds(60)[C.Q_R] < 29.0
    toy.trim_frozen = True
    held = toy[C.Q_R]
    toy.v[C.W_R] = 190.0
    assert toy.seconds(60)[C.Q_R] == pytest.approx(held, abs=0.05)


def test_the_reservoir_set_point_stays_in_its_band() -> None:
    toy = treating()
    toy.v[C.W_SP] = 20.0  # held at 80: a reservoir of 80 g is on target
    toy.v[C.W_R] = 80.0
    assert toy.seconds(60)[C.Q_R] == pytest.approx(30.0, abs=0.2)
    toy.v[C.W_SP] = 500.0
    toy.v[C.W_R] = 320.0
    assert toy.seconds(60)[C.Q_R] == pytest.approx(30.0, abs=0.2)


# -- R1 -----------------------------------------------------------------------------------------------------

R1 = active(Response.R1, holds=(A.PP,))


def test_r1_takes_separation_down_in_steps_to_ten() -> None:
    toy = treating()
    toy.active = R1
    for step in (25.0, 20.0, 15.0, 10.0, 10.0, 10.0):
        toy.seconds(4.5)
        assert toy[C.Q_P] == pytest.approx(step, abs=1.2)
        toy.seconds(0.5)


def test_r1_resumes_at_eighty_per_cent_three_times_an_hour() -> None:
    toy = treating()
    expected = 30.0
    for _ in range(3):
        toy.active = R1
        toy.seconds(60)
        toy.active = QUIET
        expected *= 0.8
        assert toy.seconds(120)[C.Q_P] == pytest.approx(expected, rel=0.03)
    toy.active = R1
    toy.seconds(60)
    toy.active = QUIET
    assert toy.seconds(600)[C.Q_P] == pytest.approx(10.0, abs=0.3)
    toy.loops.reduction.forget()  # the operator's new set point
    assert toy.seconds(120)[C.Q_P] == pytest.approx(30.0, rel=0.02)


def test_r1_may_resume_again_after_an_hour() -> None:
    toy = treating()
    for _ in range(3):
        toy.active = R1
        toy.seconds(20)
        toy.active = QUIET
        toy.seconds(20)
    toy.seconds(3600)
    low = toy[C.Q_P]
    toy.active = R1
    toy.seconds(60)
    toy.active = QUIET
    assert toy.seconds(120)[C.Q_P] == pytest.approx(0.8 * low, rel=0.05)


def test_a_new_set_point_does_not_lift_r1_while_it_acts() -> None:
    toy = treating()
    toy.active = R1
    toy.seconds(30)
    toy.loops.reduction.forget()
    assert toy.seconds(10)[C.Q_P] == pytest.approx(10.0, abs=0.3)


def test_r1_of_the_warmer_leaves_separation_alone() -> None:
    toy = treating()
    toy.active = active(Response.R1, holds=(A.W,))
    assert toy.seconds(30)[C.Q_P] == pytest.approx(30.0, abs=0.3)


# -- fallbacks on lost feedback -----------------------------------------------------------------------------


def test_blood_holds_its_speed_without_its_meter() -> None:
    toy = treating()
    held = toy.sent[A.BP]
    toy.lose(C.Q_B)
    toy.v[C.Q_B] = 0.0
    assert toy.trace(10, lambda t: t.sent[A.BP]) == [held] * 100


def test_separation_stops_without_its_meter_or_the_blood_meter() -> None:
    for lost in (C.Q_P, C.Q_B_2S):
        toy = treating()
        toy.lose(lost)
        assert toy.tick().sent[A.PP] == 0.0


def test_separation_falls_to_ten_without_a_tmp() -> None:
    toy = treating()
    toy.lose(C.TMP)
    assert toy.seconds(3)[C.Q_P] == pytest.approx(10.0, abs=1.0)
    assert toy.seconds(60)[C.Q_P] == pytest.approx(10.0, abs=0.3)


def test_perfusion_holds_its_speed_without_its_meter() -> None:
    toy = treating()
    held = toy.sent[A.CP]
    toy.lose(C.Q_C)
    assert toy.trace(10, lambda t: t.sent[A.CP]) == [held] * 100


@pytest.mark.parametrize("lost", [C.Q_P_2S, C.Q_C_2S], ids=lambda c: c.name)
def test_the_return_stops_without_the_flows_it_follows(lost: Channel) -> None:
    toy = treating()
    toy.lose(lost)
    assert toy.tick().sent[A.RP] == 0.0


@pytest.mark.parametrize("lost", [C.W_R, C.W_SP], ids=lambda c: c.name)
def test_the_return_goes_on_by_feed_forward_without_its_scale(lost: Channel) -> None:
    toy = treating()
    toy.lose(lost)
    toy.v[C.W_R] = 390.0
    assert toy.seconds(60)[C.Q_R] == pytest.approx(30.0, abs=0.3)


def test_the_return_stays_below_perfusion() -> None:
    toy = treating()
    toy.sets = SETS._replace(perfusion=30.0)
    assert toy.seconds(120)[C.Q_R] <= 30.0 - 3.9


def test_no_heat_without_flow_or_probe() -> None:
    for lost in (C.T_BR, C.Q_C_2S):
        toy = treating()
        assert toy.sent[A.W] > 30.0
        toy.lose(lost)
        assert toy.tick().sent[A.W] == 0.0
    toy = treating()
    toy.forced[A.CP] = 0.0
    assert toy.seconds(5).sent[A.W] == 0.0


def test_the_warmer_set_point_never_leaves_its_span() -> None:
    toy = treating()
    for reactor in (20.0, 45.0):
        toy.v[C.T_BR] = reactor
        toy.v[C.T_W1] = toy.v[C.T_W2] = 38.0
        out = toy.trace(300, lambda t: t.sent[A.W])
        assert all(30.0 <= x <= LIMITS["t_set_high_c"] for x in out)


def test_perfusion_stops_before_the_reservoir_is_empty() -> None:
    toy = treating()
    toy.v[C.W_R] = 14.9
    assert toy.tick().sent[A.CP] == 0.0


# -- heparin ------------------------------------------------------------------------------------------------


def infusing(prescription: Prescription = P4H, changes: Mapping[Channel, float] | None = None) -> Toy:
    toy = Toy(prescription=prescription)
    toy.v[C.V_HEP] = 0.0
    for c, x in (changes or {}).items():
        toy.v[c] = x

    def syringe(t: Toy) -> None:
        t.v[C.V_HEP] += t.sent[A.HP] * DT / 3600.0

    toy.laws.append(syringe)
    return toy


def test_heparin_gives_the_bolus_then_the_rate_and_stops_at_the_cap() -> None:
    toy = infusing().seconds(5)
    assert toy.sent[A.HP] == 60.0
    assert toy.seconds(300).sent[A.HP] == 60.0
    assert toy.seconds(20).sent[A.HP] == 2.0
    assert toy[C.V_HEP] == pytest.approx(P4H.anticoagulation.bolus_ml, abs=0.15)
    toy.v[C.V_HEP] = P4H.anticoagulation.cap_ml
    assert toy.tick().sent[A.HP] == 0.0


def test_heparin_stops_before_the_end_without_its_reading_and_outside_treatment() -> None:
    toy = infusing().seconds(320)
    assert toy.tick().sent[A.HP] == 2.0
    toy.v[C.TO_NOMINAL] = -1800.0
    assert toy.tick().sent[A.HP] == 0.0
    toy.v[C.TO_NOMINAL] = -1801.0
    assert toy.tick().sent[A.HP] == 2.0
    toy.lose(C.V_HEP)
    assert toy.tick().sent[A.HP] == 0.0
    toy.q[C.V_HEP] = GOOD
    assert toy.tick().sent[A.HP] == 2.0
    toy.enter(S.PAUSE_STOPPED)
    assert toy.tick().sent[A.HP] == 0.0


def test_no_agent_no_heparin() -> None:
    none = replace(P4H, anticoagulation=replace(P4H.anticoagulation, agent="none"))
    assert infusing(none).seconds(5).sent[A.HP] == 0.0


# -- clamps and pumps ---------------------------------------------------------------------------------------


def test_the_clamp_opens_before_the_return_pump_and_closes_after() -> None:
    toy = Toy()
    opened = started = closed = None
    for k in range(600):
        toy.tick()
        if opened is None and toy.sent[A.PC] == 1.0:
            opened = k
        if started is None and toy.sent[A.RP] > 0.0:
            started = k
        assert not (toy.sent[A.RP] > 0.0 and toy[C.POS_PC] != 1.0)
    assert opened is not None
    assert started is not None
    assert opened < started
    toy.enter(S.PAUSE_PLASMA)
    for k in range(100):
        toy.tick()
        assert toy.sent[A.RP] == 0.0
        if toy[C.N_RP] > 0.2:
            # The pause's plan closes the clamp; until the rotor stands this is the supervisor's case (I11).
            continue
        closed = k if closed is None and toy.sent[A.PC] == 0.0 else closed
    assert closed is not None


def test_the_plasma_clamp_stays_open_while_the_rotor_turns() -> None:
    toy = Toy().seconds(120)
    toy.lose(C.Q_P_2S)  # the return stops, the state stays
    seen = []
    for _ in range(60):
        toy.tick()
        assert toy.sent[A.RP] == 0.0
        seen.append((toy[C.N_RP] > 0.2, toy.sent[A.PC] == 1.0))
    assert (True, True) in seen
    assert all(turning == is_open for turning, is_open in seen)


def test_blood_waits_for_an_open_way() -> None:
    toy = Toy()
    assert toy.tick().sent[A.BP] == 0.0  # clamps are just told to open
    assert toy.sent[A.AC] == toy.sent[A.VC] == 1.0
    assert toy.seconds(1).sent[A.BP] > 0.0
    toy.forced[A.AC] = 0.0
    assert toy.tick().tick().sent[A.BP] == 0.0


@pytest.mark.parametrize(
    ("state", "low", "high"), [(S.PRIME_BLOOD, 147.9, 151.1), (S.RINSE_PLASMA, 29.0, 51.1)]
)
def test_the_saline_clamp_holds_the_level(state: State, low: float, high: float) -> None:
    toy = Toy(state)
    toy.v[C.W_R] = 20.0
    toy.v[C.RINSE_CHASE] = 0.0

    def reservoir(t: Toy) -> None:
        t.v[C.W_R] += (1.0 if t.sent[A.SR] else 0.0) - 0.1

    toy.laws.append(reservoir)
    toy.seconds(30)
    levels = toy.trace(300, lambda t: t.v[C.W_R])
    assert low <= min(levels)
    assert max(levels) <= high
    moves = toy.trace(300, lambda t: t.sent[A.SR])
    assert set(moves) == {0.0, 1.0}
    assert sum(a != b for a, b in itertools.pairwise(moves)) < 250  # it does not chatter
    toy.v[C.W_R] = 10.0
    toy.lose(C.W_R)
    assert toy.tick().sent[A.SR] == 0.0


def test_the_saline_clamp_stays_shut_once_the_plasma_side_is_chased() -> None:
    toy = Toy(S.RINSE_PLASMA)
    toy.v[C.W_R] = 20.0
    toy.v[C.RINSE_CHASE] = P4H.rinseback.chase_ml - 0.1
    assert toy.tick().sent[A.SR] == 1.0
    toy.v[C.RINSE_CHASE] = P4H.rinseback.chase_ml
    assert toy.tick().sent[A.SR] == 0.0


def test_a_commanded_drop_of_blood_takes_separation_with_it() -> None:
    toy = treating()
    toy.sets = SETS._replace(blood=60.0, plasma=30.0 * 60.0 / 130.0)
    for _ in range(400):
        toy.tick()
        assert toy.sent[A.PP] <= 0.30 * min(toy.sent[A.BP], toy[C.Q_B_2S]) + 1e-9
    assert toy[C.Q_B] == pytest.approx(60.0, abs=0.5)
    assert toy[C.Q_P] == pytest.approx(13.8, abs=0.3)
