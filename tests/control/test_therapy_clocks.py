"""The four clocks: whole sessions, pauses of every kind, suspended hosts, and random histories of both.

`Therapy` alone is given readings by hand (fast: whole 4, 6 and 8 h sessions); the kernel gets them from the
ideal plant. The clocks are held against a model written from the circuit's words, not from the code.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, Channel
from qh1a.control.setpoints import SETTABLE
from qh1a.tick import (
    STATES,
    Actuator,
    Event,
    EventCode,
    Intent,
    IntentName,
    Outcome,
    PauseKind,
    Phase,
    Quality,
    Response,
    State,
)
from qh1a.units import NS_PER_S
from tests.control.synthetic import (
    FLOWING,
    GOOD,
    TICK,
    Bench,
    Hands,
    brisk,
    brisk_tuning,
    hurried,
    prescription,
    treating,
)

C, S, Ask = Channel, State, IntentName
HALF_S = NS_PER_S // 2


def interrupt(h: Hands, kind: PauseKind) -> None:
    """One pause of 90 s, a suspended host of 10 min in it, and the way back to treatment."""
    first = PauseKind.STOPPED if kind is PauseKind.PATIENT_OFF else kind
    assert h.ask(Ask.PAUSE, first.name) == ""
    h.stop(kind)
    if kind is PauseKind.PATIENT_OFF:
        assert h.ask(Ask.PAUSE, kind.name) == ""
    assert STATES[h.state].pause is kind
    h.wait(45.0)
    h.step(after=600 * NS_PER_S)
    h.wait(45.0)
    assert h.ask(Ask.RESUME) == ""
    if kind is PauseKind.PATIENT_OFF:
        prepare_readings(h)
        h.until(S.READY)
        assert h.scan() == ""
        assert h.ask(Ask.CONFIRM) == ""
        assert h.ask(Ask.CONFIRM) == ""
        h.v[C.OPT_V] = 1.0
        h.until(S.CONNECT_VENOUS)
        assert h.ask(Ask.CONNECTED) == ""
        h.flow()
        h.until(S.TREAT)
    h.flow()
    assert h.state is S.TREAT


def prepare_readings(h: Hands) -> None:
    """Clamps shut, chamber filled, warmer warm: what the test before connection wants."""
    h.v[C.POS_AC] = h.v[C.POS_VC] = h.v[C.POS_PC] = 0.0
    h.v[C.LVL_VEN], h.v[C.T_W_MAX] = 50.0, 37.0


@pytest.mark.parametrize(("name", "hours"), [("4h", 4), ("6h", 6), ("8h", 8)])
def test_a_whole_session_with_pauses_and_a_suspended_host_ends_at_its_nominal_effective_time(
    name: str, hours: int
) -> None:
    h = Hands(hurried(name)).to_treat()
    for share, kind in ((0.1, PauseKind.PLASMA), (0.2, PauseKind.STOPPED), (0.3, PauseKind.PATIENT_OFF)):
        while h.effective_s() < share * hours * 3600.0:
            h.step()
        interrupt(h, kind)
    before = h.effective_s()
    h.step(after=900 * NS_PER_S)  # suspended in the middle of treatment
    assert h.effective_s() == before
    h.until(S.TREAT_END)
    assert hours * 3600.0 <= h.effective_s() <= hours * 3600.0 + 0.1
    # Three pauses of 690 s and a suspend of 900 s, and the seconds of two ramps and a test.
    assert 2970.0 <= h.wall_s() - h.effective_s() <= 3000.0
    assert h.ask(Ask.END) == ""
    assert h.ask(Ask.END, "without_rinse") in {"", "REASON_NEEDED"}
    assert h.therapy.machine.outcome is Outcome.COMPLETED


def test_a_slow_ramp_does_not_count_as_treatment() -> None:
    h = Hands(hurried("4h"))
    assert h.ask(Ask.CONNECTED) == ""
    h.v[C.Q_P_10S] = 28.0  # below 95 % of the set point: the ramp goes on
    h.wait(1200.0)
    assert h.state is S.RAMP
    assert h.effective_s() == 0.0
    assert h.wall_s() == pytest.approx(1200.0, abs=0.11)
    assert h.therapy.blood_ns == h.therapy.wall_ns
    h.flow()
    h.until(S.TREAT_END)
    assert 14400.0 <= h.effective_s() <= 14400.1
    assert h.therapy.plasma_ml == pytest.approx((1200 * 28.0 + 14402 * 30.0) / 60.0, abs=0.2)


@pytest.mark.parametrize("origin", [0, 1, 1_700_000_000 * NS_PER_S])
def test_the_clocks_know_no_wall_time(origin: int) -> None:
    # Frames carry monotonic time from any zero: the same history from another zero gives the same clocks.
    h = Hands(hurried("bench-10min"), origin).to_treat()
    interrupt_briefly(h)
    h.until(S.TREAT_END)
    assert (h.therapy.effective_ns, h.therapy.wall_ns) == (360_000_000_000, 372_100_000_000)


def interrupt_briefly(h: Hands) -> None:
    h.wait(100.0)
    assert h.ask(Ask.PAUSE, "plasma") == ""
    h.stop(PauseKind.PLASMA)
    h.wait(10.0)
    assert h.ask(Ask.RESUME) == ""
    h.flow()
    h.step()


def test_a_kernel_started_at_another_time_decides_the_same() -> None:
    views = []
    for start in (0, 1_700_000_000 * NS_PER_S):
        bench = Bench(brisk(), brisk_tuning(), start).to(S.TREAT)
        bench.ask(Ask.PAUSE, "stopped")
        bench.run(5.0)
        bench.ask(Ask.RESUME)
        bench.until(S.TREAT_END, 120.0)
        views.append((bench.decision.session, bench.decision.derived, bench.decision.commands.value))
    assert views[0] == views[1]


# -- what effective time needs     ------------------------------


@pytest.mark.parametrize(
    ("channel", "least", "below"),
    [
        (C.Q_B_10S, 0.7 * 130.0, 90.99), (C.Q_P_10S, 0.7 * 30.0, 20.99), (C.Q_C_10S, 0.7 * 100.0, 69.99),
        (C.Q_R_10S, 0.7 * 30.0, 20.99), (C.T_BR, 35.0, 34.99), (C.POS_VC, 1.0, 0.5), (C.POS_PC, 1.0, 0.5),
    ],
)  # fmt: skip
def test_effective_time_starts_at_exactly_its_share(channel: Channel, least: float, below: float) -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    h.v[channel] = least
    h.wait(1.0)
    assert h.therapy.effective_ns == NS_PER_S
    h.v[channel] = below
    h.wait(1.0)
    assert h.therapy.effective_ns == NS_PER_S


@pytest.mark.parametrize("channel", FLOWING)
@pytest.mark.parametrize("quality", [q for q in Quality if q is not Quality.GOOD])
def test_an_invalid_signal_does_not_count(channel: Channel, quality: Quality) -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    h.q[channel] = int(quality)
    h.wait(1.0)
    assert h.effective_s() == 0.0
    h.q[channel] = GOOD
    h.wait(1.0)
    assert h.effective_s() == 1.0


def test_too_warm_plasma_and_a_return_at_the_perfusion_flow_do_not_count() -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    h.v[C.T_BR] = 38.5
    h.step()
    assert h.therapy.effective_ns == TICK
    h.v[C.T_BR] = 38.51
    h.step()
    h.flow()
    h.v[C.Q_R_10S] = 100.0  # Q_c must exceed Q_r
    h.step()
    assert h.therapy.effective_ns == TICK
    h.v[C.Q_R_10S] = 99.9
    h.step()
    assert h.therapy.effective_ns == 2 * TICK


def test_the_shares_are_of_the_flows_frozen_at_connect_whatever_is_set_later() -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    assert h.ask(Ask.SET, "plasma_ml_min", 20.0) == ""
    h.v[C.Q_P_10S] = h.v[C.Q_R_10S] = 20.0
    h.wait(1.0)
    assert h.effective_s() == 0.0


@pytest.mark.parametrize("highest", [Response.NONE, Response.R0, Response.R1])
def test_warnings_and_reductions_count(highest: Response) -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    h.respond(highest)
    h.wait(1.0)
    assert h.effective_s() == 1.0


@pytest.mark.parametrize("highest", [r for r in Response if r > Response.R1])
def test_a_tick_with_a_response_above_r1_does_not_count(highest: Response) -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    h.respond(highest)
    h.step()
    assert h.effective_s() == 0.0
    assert STATES[h.state].phase in {Phase.PAUSE, Phase.SAFE}


@pytest.mark.parametrize(("gap", "counts"), [(HALF_S, True), (HALF_S + 1, False), (3600 * NS_PER_S, False)])
def test_a_gap_over_half_a_second_adds_to_the_wall_only(gap: int, counts: bool) -> None:
    h = Hands(hurried("4h")).to_treat()
    t = h.therapy
    before = (t.wall_ns, t.effective_ns, t.blood_ns)
    plasma = t.plasma_ml
    events = h.step(after=gap)
    more = gap if counts else 0
    assert (t.wall_ns, t.effective_ns, t.blood_ns) == (before[0] + gap, before[1] + more, before[2] + more)
    assert t.plasma_ml == pytest.approx(plasma + 30.0 * more / (60 * NS_PER_S))
    assert [e.value for e in events if e.code is EventCode.GAP] == ([] if counts else [gap / 1e9])


def test_a_frame_at_the_same_time_adds_nothing() -> None:
    h = Hands(hurried("4h")).to_treat()
    before = (h.therapy.wall_ns, h.therapy.effective_ns, h.therapy.blood_ns, h.therapy.plasma_ml)
    h.step(after=0)
    assert before == (h.therapy.wall_ns, h.therapy.effective_ns, h.therapy.blood_ns, h.therapy.plasma_ml)


def test_the_tick_that_takes_a_resume_still_belongs_to_the_pause() -> None:
    # Readings that were good throughout, as after a pause shorter than a clamp's travel.
    h = Hands(hurried("bench-10min")).to_treat()
    assert h.ask(Ask.PAUSE, "plasma") == ""
    h.wait(0.5)
    assert h.ask(Ask.RESUME) == ""
    h.step()
    assert h.effective_s() == 0.0
    h.step()
    assert h.effective_s() == 0.1


def test_the_wall_stands_still_before_the_first_ramp_and_after_disconnection_began() -> None:
    h = Hands(hurried("bench-10min"))
    h.v[C.W_R] = 150.0  # plasma left to return
    h.wait(100.0)
    assert h.wall_s() == 0.0
    h.to_treat()
    h.wait(10.0)
    assert h.ask(Ask.END, "", 0.0, "test") == ""
    h.wait(5.0)
    rinsing = h.wall_s()
    assert rinsing == pytest.approx(h.therapy.blood_ns / NS_PER_S)
    assert h.ask(Ask.RINSE_NEXT) == ""
    assert h.ask(Ask.RINSE_NEXT) == ""
    assert h.state is S.DISCONNECT
    h.wait(60.0)
    assert h.wall_s() == rinsing


def test_blood_time_needs_ten_ml_a_minute_through_a_patient() -> None:
    h = Hands(hurried("bench-10min")).to_treat()
    before = h.therapy.blood_ns
    h.v[C.Q_B_10S] = 9.9
    h.step()
    h.flow()
    h.q[C.Q_B_10S] = int(Quality.STALE)
    h.step()
    assert h.therapy.blood_ns == before
    h.q[C.Q_B_10S] = GOOD
    h.step()
    assert h.therapy.blood_ns == before + TICK


# -- random histories of a Therapy     ------------------------------


class Clocks(NamedTuple):
    effective: int
    blood: int
    wall: int


def counts(v: Sequence[float], q: Sequence[int], f: tuple[float, float, float]) -> bool:
    """Circuit 6, "Effective counts in TREAT only", in its own words."""
    signals = [v[c] for c in FLOWING]
    if any(q[c] != GOOD for c in FLOWING):
        return False
    q_b, q_p, q_c, q_r, t_br, vc, pc = signals
    enough = all(flow >= 0.7 * frozen for flow, frozen in zip((q_b, q_p, q_c), f, strict=True))
    return enough and q_r >= 0.7 * q_p and q_c > q_r and 35.0 <= t_br <= 38.5 and vc == 1.0 and pc == 1.0


class Do(NamedTuple):
    """One step of a history: an intent, readings, or a response, and then some frames."""

    intent: tuple[IntentName, str, float, str] | None = None
    reading: tuple[Channel, float] | None = None
    quality: tuple[Channel, Quality] | None = None
    response: Response | None = None
    frames: int = 1
    gap: int = TICK


WORDS = (
    Ask.RESUME, Ask.CONFIRM, Ask.CONNECTED, Ask.STOP, Ask.ABORT, Ask.END, Ask.RINSE_NEXT, Ask.ACKNOWLEDGE,
    Ask.AUDIO_PAUSE, Ask.START, Ask.DISCONNECTED,
)  # fmt: skip
intents = st.one_of(
    st.sampled_from(
        [
            *((Ask.PAUSE, kind, 0.0, "") for kind in ("plasma", "stopped", "patient_off")),
            *((name, "", 0.0, "") for name in WORDS),
            (Ask.END, "", 0.0, "tired"),
            (Ask.ENTER, "sample_ml", 5.0, ""),
        ]
    ),
    st.tuples(st.just(Ask.EXTEND), st.just(""), st.floats(-1.0, 20.0), st.sampled_from(["", "more"])),
    st.tuples(
        st.just(Ask.SET), st.sampled_from([row.key for row in SETTABLE]), st.floats(0.0, 250.0), st.just("")
    ),
)
NUMBERS = [0.0, 0.5, 1.0, 21.0, 36.0, 91.0, 140.0]
gaps = st.sampled_from([TICK] * 8 + [3 * TICK, 5 * TICK, 6 * TICK, 50 * TICK, 36_000 * TICK])
steps = st.one_of(
    st.builds(Do, frames=st.integers(1, 120), gap=st.just(TICK)),
    st.builds(Do, intent=intents, frames=st.integers(0, 30), gap=gaps),
    st.builds(
        Do, reading=st.tuples(st.sampled_from([*FLOWING]), st.sampled_from(NUMBERS)),
        frames=st.integers(1, 20), gap=gaps,
    ),
    st.builds(
        Do, quality=st.tuples(st.sampled_from([*FLOWING, C.W_R]), st.sampled_from([*Quality])),
        frames=st.integers(1, 20), gap=gaps,
    ),
    st.builds(Do, response=st.sampled_from([*Response]), frames=st.integers(1, 10), gap=gaps),
    st.just(Do(response=Response.NONE, frames=40)),
)  # fmt: skip


class History:
    """A `Therapy` in TREAT, every frame of it compared with the model."""

    def __init__(self) -> None:
        self.h = Hands(brisk()).to_treat()
        t = self.h.therapy
        self.model = Clocks(t.effective_ns, t.blood_ns, t.wall_ns)
        self.ended: list[int] = []

    def do(self, step: Do) -> None:
        h = self.h
        if step.reading is not None:
            h.v[step.reading[0]] = step.reading[1]
        if step.quality is not None:
            h.q[step.quality[0]] = int(step.quality[1])
        if step.response is not None:
            h.respond(step.response)
            if step.response is Response.NONE:
                h.flow()
                h.q = [GOOD] * len(CHANNELS)
        spent_in = h.state
        if step.intent is not None:
            name, key, value, why = step.intent
            h.ask(name, key, value, why)
        for _ in range(step.frames):
            self.frame(step.gap, spent_in)
            spent_in = h.state

    def frame(self, gap: int, spent_in: State) -> None:
        h, t = self.h, self.h.therapy
        taken = h.state
        plasma = t.plasma_ml
        events = h.step(after=gap)
        dt = gap if gap <= HALF_S else 0
        f = (t.frozen.blood, t.frozen.plasma, t.frozen.perfusion)
        treating = spent_in is S.TREAT and taken is S.TREAT and h.alarms.active.highest <= Response.R1
        circulating = (
            STATES[taken].phase in {Phase.RAMP, Phase.TREAT, Phase.RINSEBACK, Phase.SAFE}
            or taken in {S.PAUSE_PLASMA, S.PAUSE_STOPPED}
        )  # fmt: skip
        blood = circulating and h.q[C.Q_B_10S] == GOOD and h.v[C.Q_B_10S] >= 10.0
        over = STATES[taken].phase in {Phase.DISCONNECT, Phase.ENDED}
        m = self.model
        self.model = Clocks(
            m.effective + (dt if treating and counts(h.v, h.q, f) else 0),
            m.blood + (dt if blood else 0),
            m.wall + (0 if over else gap),
        )
        assert Clocks(t.effective_ns, t.blood_ns, t.wall_ns) == self.model, (spent_in, taken)
        assert t.effective_ns <= t.blood_ns <= t.wall_ns
        assert t.plasma_ml >= plasma
        self.rules(events)

    def rules(self, events: list[Event]) -> None:
        h, t = self.h, self.h.therapy
        cap = t.nominal_ns + 60 * NS_PER_S
        end = t.nominal_ns + t.extension_ns
        assert 0 <= t.extension_ns <= 15 * NS_PER_S
        for event in events:
            if event.code is EventCode.END_PROMPT and event.subject == "NOMINAL":
                assert end <= t.effective_ns < end + HALF_S + 1
                self.ended.append(t.effective_ns)
        if h.state in {S.RAMP, S.TREAT}:
            assert t.effective_ns < end or h.state is S.RAMP
            assert t.wall_ns < cap, "plasma treatment after the cap"
            assert h.therapy.machine.connected
        assert t.effective_ns <= t.nominal_ns + 15 * NS_PER_S + HALF_S


@settings(max_examples=250)
@given(st.lists(steps, max_size=40))
@example([Do(frames=900)])
@example([Do(frames=500), Do(intent=(Ask.EXTEND, "", 15.0, "more"), frames=400)])
@example(
    [Do(intent=(Ask.PAUSE, "plasma", 0.0, ""), frames=3), Do(intent=(Ask.RESUME, "", 0.0, ""), frames=3)]
)
@example(
    [
        Do(intent=(Ask.STOP, "", 0.0, ""), frames=1),
        Do(frames=1, gap=36_000 * TICK),
        Do(intent=(Ask.RESUME, "", 0.0, "")),
    ]
)
def test_the_clocks_of_any_history_are_those_of_the_circuit(history: list[Do]) -> None:
    session = History()
    for step in history:
        session.do(step)


# -- random histories of a kernel on the ideal plant     ------------------------------


class KernelHistory:
    """A brisk kernel in TREAT; every tick checked from its frame and decision alone."""

    def __init__(self) -> None:
        self.bench = treating()
        self.pc_waits = 0

    def tick(self, *asked: Intent, gap: int = TICK) -> None:
        b = self.bench
        before = b.decision.session
        d = b.tick(*asked, after=gap)
        after = d.session
        more = after.effective_ns - before.effective_ns
        assert more in {0, gap}
        assert more <= HALF_S
        assert after.blood_ns - before.blood_ns in {0, gap if gap <= HALF_S else 0}
        over = before.phase in {Phase.DISCONNECT, Phase.ENDED} or after.phase in {
            Phase.DISCONNECT,
            Phase.ENDED,
        }
        assert after.wall_ns - before.wall_ns in ({0, gap} if over else {gap})
        assert after.effective_ns <= after.blood_ns <= after.wall_ns
        readings = {c: b.derived(c) for c in FLOWING}
        v = [0.0] * len(CHANNELS)
        q = [GOOD] * len(CHANNELS)
        for channel, (value, quality) in readings.items():
            v[channel], q[channel] = value, quality
        frozen = (130.0, 30.0, 100.0)
        due = before.state is S.TREAT and gap <= HALF_S and b.highest <= Response.R1 and counts(v, q, frozen)
        if more:
            assert due, (before.state, after.state)
        elif due and not asked:
            pytest.fail(f"a tick of treatment was not counted: {before.state}, {after.state}")
        self.plasma_side(after.state)
        cap = round((b.prescription.nominal_h * 3600.0 + 60.0) * NS_PER_S)
        if after.wall_ns >= cap:
            assert after.state not in {S.RAMP, S.TREAT}
        assert after.effective_ns <= round(75.1 * NS_PER_S)

    def plasma_side(self, state: State) -> None:
        sent = self.bench.sent
        if state not in {S.RAMP, S.TREAT, S.RINSE_PLASMA, S.PRIME_PLASMA, S.SELF_PUMPS}:
            assert sent(Actuator.PP) == sent(Actuator.RP) == 0.0, state
            # I11: the plasma clamp may wait half a second for the return pump to stand.
            self.pc_waits = self.pc_waits + 1 if sent(Actuator.PC) else 0
            assert self.pc_waits <= 5, state
        else:
            self.pc_waits = 0
        if STATES[state].pause in {PauseKind.STOPPED, PauseKind.PATIENT_OFF} or state is S.SAFE:
            assert sent(Actuator.BP) == sent(Actuator.VC) == sent(Actuator.AC) == 0.0, state


doubts = st.tuples(
    st.sampled_from([C.Q_B, C.Q_P, C.Q_R, C.T_BR, C.P_VEN, C.W_R]),
    st.sampled_from([Quality.STALE, Quality.COMM_LOST, Quality.FROZEN]),
)
kernel_steps = st.one_of(
    st.tuples(st.just("run"), st.integers(10, 150)),
    st.tuples(st.just("intent"), intents),
    st.tuples(st.just("doubt"), doubts, st.integers(1, 30)),
    st.tuples(st.just("gap"), gaps),
    st.tuples(st.just("recover"), st.integers(20, 100)),
)


@settings(max_examples=70)
@given(st.lists(kernel_steps, max_size=12))
@example([("run", 900)])
@example([("run", 450), ("intent", (Ask.EXTEND, "", 15.0, "more")), ("run", 400)])
@example([("run", 50), ("intent", (Ask.PAUSE, "plasma", 0.0, "")), ("recover", 100), ("run", 600)])
@example([("intent", (Ask.PAUSE, "stopped", 0.0, "")), ("gap", 36_000 * TICK), ("recover", 50), ("run", 50)])
def test_any_history_of_a_kernel_keeps_the_clocks_and_the_plasma_side(
    history: list[tuple[object, ...]],
) -> None:
    session = KernelHistory()
    bench = session.bench
    for step in history:
        match step:
            case ("run", int(n)):
                for _ in range(n):
                    session.tick()
            case ("intent", (IntentName() as name, str(key), float(value), str(why))):
                session.tick(bench.intent(name, key, value, why))
            case ("doubt", (Channel() as channel, Quality() as quality), int(n)):
                bench.plant.quality[channel] = quality
                for _ in range(n):
                    session.tick()
                del bench.plant.quality[channel]
            case ("gap", int(gap)):
                session.tick(gap=gap)
            case ("recover", int(n)):
                session.tick(bench.intent(Ask.ACKNOWLEDGE))
                session.tick(bench.intent(Ask.RESUME))
                for _ in range(n):
                    session.tick()


# -- single stories on the kernel     ------------------------------


@pytest.mark.parametrize("kind", ["plasma", "stopped", "patient_off"])
def test_a_pause_of_each_kind_does_not_move_the_effective_clock(kind: str) -> None:
    b = treating()
    b.run(20.0)
    if kind == "patient_off":
        assert b.ask(Ask.PAUSE, "stopped") == ""
    paused_at = b.decision.session
    assert b.ask(Ask.PAUSE, kind) == ""
    started = b.decision.session
    b.run(10.0)
    waited = b.decision.session
    assert waited.pause is PauseKind[kind.upper()]
    assert waited.effective_ns == started.effective_ns == paused_at.effective_ns or kind != "patient_off"
    assert waited.effective_ns == started.effective_ns
    assert waited.wall_ns == started.wall_ns + 10 * NS_PER_S
    # The 10-s means still hold flow for a moment after the pumps stop.
    assert waited.blood_ns - started.blood_ns <= 10 * NS_PER_S
    assert b.ask(Ask.RESUME) == ""
    if kind == "patient_off":
        b.to(S.TREAT)
    b.until(S.TREAT_END, 200.0)
    assert 60.0 <= b.effective_s() <= 60.1


def test_a_suspended_host_in_treatment_costs_no_effective_time() -> None:
    b = treating()
    b.run(20.0)
    before = b.decision.session
    b.tick(after=30 * NS_PER_S)
    after = b.decision.session
    assert (after.effective_ns, after.blood_ns) == (before.effective_ns, before.blood_ns)
    assert after.wall_ns == before.wall_ns + 30 * NS_PER_S
    b.until(S.TREAT_END, 200.0)
    assert 60.0 <= b.effective_s() <= 60.1


def test_late_frames_of_up_to_half_a_second_still_end_within_a_second_of_nominal() -> None:
    b = treating()
    late = 0
    while b.state is S.TREAT:
        b.tick(after=(1, 3, 5)[late % 3] * TICK)
        late += 1
    assert b.state is S.TREAT_END
    assert 60.0 <= b.effective_s() <= 60.5


def test_a_ramp_goes_on_where_the_host_fell_asleep() -> None:
    p = replace(prescription("4h"), preparation=brisk().preparation)
    b = Bench(p, brisk_tuning()).to(S.RAMP)
    b.run(30.0)
    assert b.sent(Actuator.BP) == pytest.approx(60.0, abs=0.5)
    b.tick(after=900 * NS_PER_S)
    b.run(60.0)
    # 90 s of ramp: the second stair comes at 120 s, plasma at 300 s.
    assert b.sent(Actuator.BP) == pytest.approx(60.0, abs=0.5)
    assert b.sent(Actuator.PP) == 0.0
    b.run(40.0)
    assert b.sent(Actuator.BP) == pytest.approx(75.0, abs=0.5)
    assert b.decision.session.wall_ns == pytest.approx(1030.0 * NS_PER_S, abs=2 * TICK)


@pytest.mark.parametrize(
    "state", [S.SELF_ZERO, S.SELF_NODE, S.PRIME_BLOOD, S.PRIME_PLASMA, S.READY_TEST, S.CONNECT_FILL]
)
def test_a_timed_step_is_not_over_because_the_host_slept(state: State) -> None:
    b = Bench(brisk(), brisk_tuning()).to(state)
    b.tick(after=3600 * NS_PER_S)
    assert b.state is state
    assert b.decision.session.in_state_ns <= TICK
