"""A whole kernel under random operators and readings: the interlocks hold in every state it reaches.

The plant is the ideal one of `tests.control.synthetic`; hypothesis begins somewhere in a session, takes it
through its phases, asks for anything, bends any reading in value, quality or age, lets the loops want
anything and the host sleep.
"""

from functools import cache
from typing import Final, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.control.loops import Loops, Situation
from qh1a.control.reduction import Reduction
from qh1a.control.session import TREATING
from qh1a.hazards import RESPONSES, Restrict
from qh1a.sim.node import AT_REST
from qh1a.tick import (
    LEASE_NS,
    Actuator,
    Decision,
    Event,
    EventCode,
    Intent,
    IntentName,
    Outcome,
    Priority,
    Quality,
    Response,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS
from tests.control.synthetic import Bench, answer, brisk, brisk_tuning
from tests.safety.test_supervisor import Tick, check_interlocks, check_spans, wishes

A, S = Actuator, State
KEYS: Final = (
    "", "plasma", "stopped", "patient_off", "without_rinse", "blood_ml_min", "plasma_ml_min",
    "perfusion_ml_min", "temperature_c", "do_in_mmhg", "ph", "sample_ml", "H05.1", "nobody",
)  # fmt: skip
NEXT: Final = {
    S.SELF_WAIT: IntentName.START, S.PRIME_LOAD: IntentName.CONFIRM, S.READY: IntentName.CONFIRM,
    S.CONNECT_ACCESS: IntentName.CONFIRM, S.CONNECT_VENOUS: IntentName.CONNECTED,
    S.TREAT_END: IntentName.END, S.DISCONNECT: IntentName.DISCONNECTED, S.PAUSE_PLASMA: IntentName.RESUME,
    S.PAUSE_STOPPED: IntentName.RESUME, S.PATIENT_OFF: IntentName.RESUME, S.SAFE: IntentName.RESUME,
}  # fmt: skip
"""What somebody who knows the machine says."""
WATCHED: Final = tuple(c for c in Channel if c < Channel.NODE)
BEGINNINGS: Final = (S.SELF_WAIT, S.READY, S.CONNECT_FILL, S.RAMP, S.TREAT, S.RINSE_PLASMA)
channels = st.sampled_from(WATCHED)


@cache
def _begun(state: State) -> Bench:
    """A session that has come to a state; to be branched, not to be moved."""
    bench = Bench(brisk(), brisk_tuning())
    if state is S.SELF_WAIT:
        bench.tick()
        return bench
    if state is S.RINSE_PLASMA:
        bench.to(S.TREAT).ask(IntentName.END, why="early")
        return bench
    return bench.to(state)


class _Mad:
    """Loops that want what somebody else says; on their own they would hardly ever need the supervisor."""

    def __init__(self, loops: Loops) -> None:
        self.loops = loops
        self.want: list[float] | None = None

    def step(self, now_is: Situation, v: list[float], q: list[int]) -> list[float]:
        sane = self.loops.step(now_is, v, q)
        return sane if self.want is None else list(self.want)

    def observe(self, sent: list[float], dt: float) -> None:
        self.loops.observe(sent, dt)

    @property
    def reduction(self) -> Reduction:
        return self.loops.reduction


class KernelMachine(RuleBasedStateMachine):
    """The kernel, its plant and a hand on everything."""

    steps = 0
    reached: Final[set[State]] = set()

    @initialize(
        state=st.sampled_from([S.SELF_WAIT, S.READY, S.CONNECT_FILL, S.RAMP, S.TREAT, S.RINSE_PLASMA])
    )
    def start(self, state: State) -> None:
        begun = _begun(state)
        self.bench = begun.branch(begun.kernel.snapshot())
        inside = self.bench.kernel._s  # noqa: SLF001 - loops have no seat of their own
        self.loops = _Mad(inside.loops)
        inside.loops = cast("Loops", self.loops)
        self.tested = state is not S.SELF_WAIT
        self.stood = 0
        self._tick()

    # -- what happens ---------------------------------------------------------------------------------

    @rule(seconds=st.floats(0.1, 8.0))
    def time_passes(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds * 10))):
            self._tick()

    @rule()
    def the_operator_goes_on(self) -> None:
        name = NEXT.get(self.bench.state)
        if name is not None:
            self._tick(self.bench.intent(IntentName.ACKNOWLEDGE))
            for intent in (*self.bench.scans(), self.bench.intent(name, why="it is time")):
                self._tick(intent)

    @rule(name=st.sampled_from(list(IntentName)), key=st.sampled_from(KEYS), value=st.floats(-10.0, 250.0))
    def somebody_says_anything(self, name: IntentName, key: str, value: float) -> None:
        self._tick(self.bench.intent(name, key, value, "because"))

    @rule(channel=channels, share=st.floats(0.0, 1.0))
    def a_sensor_shows(self, channel: Channel, share: float) -> None:
        row = CHANNELS[channel]
        counts = round((row.lo + share * (row.hi - row.lo)) / row.lsb)
        self.bench.plant.value[channel] = counts * row.lsb

    @rule(channel=channels, quality=st.sampled_from(list(Quality)))
    def a_sensor_is_doubted(self, channel: Channel, quality: Quality) -> None:
        self.bench.plant.quality[channel] = quality

    @rule(channel=channels, age_s=st.sampled_from([-0.1, 0.2, 0.4, 3.0, 20.0]))
    def a_sensor_is_late(self, channel: Channel, age_s: float) -> None:
        self.bench.plant.age_s[channel] = age_s

    @rule()
    def the_sensors_are_repaired(self) -> None:
        plant = self.bench.plant
        plant.value.clear()
        plant.quality.clear()
        plant.age_s.clear()

    @rule(want=wishes())
    def the_loops_go_mad(self, want: list[float]) -> None:
        self.loops.want = want
        self._tick()

    @rule()
    def the_loops_come_to_reason(self) -> None:
        self.loops.want = None

    @rule(seconds=st.sampled_from([0.3, 0.6, 1.5, 40.0]))
    def the_host_sleeps(self, seconds: float) -> None:
        self._tick(after=round(seconds * NS_PER_S))

    # -- what must hold -------------------------------------------------------------------------------

    def _tick(self, *intents: Intent, after: int = TICK_NS) -> None:
        before = self.bench.last
        decision = self.bench.tick(*intents, after=after)
        type(self).steps += 1
        self.reached.add(decision.session.state)
        self._answered(decision, intents)
        self._commands(decision, after, before)
        self._alarms(decision)
        self._session(decision, before)

    @staticmethod
    def _answered(decision: Decision, intents: tuple[Intent, ...]) -> None:
        if intents:
            answer(decision.events)
        else:
            told = {EventCode.INTENT_TAKEN, EventCode.INTENT_REFUSED}
            assert not [e for e in decision.events if e.code in told]

    def _commands(self, decision: Decision, after: int, before: Decision | None) -> None:
        out = decision.commands.value
        kernel = self.bench.kernel._s  # noqa: SLF001 - what the supervisor saw
        state, active = decision.session.state, kernel.alarms.active
        lease = decision.commands.valid_until - self.bench.now
        assert lease <= LEASE_NS  # I8
        # Void commands leave only where everything rests, to see the node trip.
        assert lease > 0 or (decision.session.state is S.SELF_NODE and not any(out[a] for a in AT_REST))
        check_spans(out)
        if before is not None:
            ran = before.commands.value[A.BP] > 0.0
            self.stood = after if ran else self.stood + after
        check_interlocks(Tick(after, list(out), kernel.v, kernel.q, state, active), out, self.stood)
        for a in Actuator:
            worst = max((RESPONSES[r][a] for r in active.responses), default=Restrict.FREE)
            if worst is Restrict.OFF and a is not A.PC:  # PC may wait for its pump, half a second (I11)
                assert out[a] == 0.0, (a.name, active)

    @staticmethod
    def _alarms(decision: Decision) -> None:
        order = [view.priority for view in decision.alarms]
        assert order == sorted(order, reverse=True)
        sound = Priority(int(decision.derived[Channel.SOUND - N_MEASURED]))
        pause = decision.derived[Channel.AUDIO_PAUSE_S - N_MEASURED]
        assert 0.0 <= pause <= 120.0
        unanswered = [view.priority for view in decision.alarms if not view.acknowledged]
        assert sound is (Priority.NONE if pause else max(unanswered, default=Priority.NONE))

    def _session(self, decision: Decision, before: Decision | None) -> None:
        state = decision.session.state
        if state in {S.SELF_WAIT, S.PRIME_LOAD, S.READY_TEST}:
            self.tested = False
        if state is S.READY and before is not None and before.session.state is S.READY_TEST:
            self.tested = not _failed(decision.events)
        if state in TREATING or decision.session.connected:
            assert self.tested, state.name
        if state is S.ENDED:
            assert decision.session.outcome is not Outcome.OPEN
        ladder = decision.derived[Channel.RESPONSE - N_MEASURED]
        if ladder >= Response.R2:
            assert state is not S.TREAT or before is None or before.session.state is not S.TREAT

    def teardown(self) -> None:
        """Wherever it ended: one word leads to SAFE, but where the session is over."""
        if self.bench.state in {S.SAFE, S.DISCONNECT, S.ENDED}:
            return
        self._tick(self.bench.intent(IntentName.ABORT, why="now"))
        decision = self.bench.decision
        assert decision.session.state is S.SAFE
        assert all(decision.commands.value[a] == 0.0 for a in (A.BP, A.PP, A.RP, A.HP))


def _failed(events: tuple[Event, ...]) -> bool:
    return any(e.code is EventCode.CHECK_FAILED for e in events)


def test_whatever_is_said_and_read_the_interlocks_hold() -> None:
    KernelMachine.steps = 0
    KernelMachine.reached.clear()
    run_state_machine_as_test(KernelMachine, settings=settings(max_examples=120, stateful_step_count=40))
    assert KernelMachine.steps > 5_000
    assert {S.TREAT, S.SAFE, S.PAUSE_STOPPED, S.PAUSE_PLASMA} <= KernelMachine.reached
