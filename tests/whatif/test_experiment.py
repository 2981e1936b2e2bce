"""Relay experiments in simulated treatment: what ends them, and that they can be repeated."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf

import pytest

from qh1a.channels import Channel
from qh1a.config import load_prescription, load_tuning, resolve
from qh1a.script import ScriptedOperator
from qh1a.tick import Actuator, Decision, EventCode, Intent, IntentName, Priority, State
from qh1a.units import NS_PER_S, Ns
from qh1a.whatif import relay as module
from qh1a.whatif.bench import Bench
from qh1a.whatif.errors import TuneError
from qh1a.whatif.fit import Fit, Record, fit
from qh1a.whatif.relay import identify, treat
from qh1a.whatif.robustness import margins
from qh1a.whatif.table import BY_NAME, LoopRow
from qh1a.whatif.tune import tune
from tests.sessions.harness import run
from tests.whatif.benches import bench, settled, silent

BENCH = load_prescription(resolve("bench-10min.toml", "prescriptions"))


def quick(name: str, **changes: object) -> LoopRow:
    """A row of the table with fewer cycles."""
    row = replace(BY_NAME[name], rest_s=20.0, cycles=4, limit_s=200.0)
    return replace(row, **changes)  # type: ignore[arg-type] # whatever a row has


def test_a_bench_decides_what_the_runtime_decides() -> None:
    trace = run(every=1)
    own = bench(hours=None)
    decided = [own.tick() for _ in range(len(trace.sent))]
    assert [d.commands.value for d in decided] == trace.sent
    assert [d.derived for d in decided] == trace.derived
    assert decided[-1].session.state is State.ENDED


def test_a_bench_put_back_goes_the_same_way_again() -> None:
    own = settled()
    start = own.now
    first = [own.tick() for _ in range(30)]
    own = settled()
    assert own.now == start
    assert [own.tick() for _ in range(30)] == first


class Once:
    """The automatic operator, who changes the temperature once."""

    def __init__(self) -> None:
        self._auto = ScriptedOperator.of("auto", BENCH)
        self._said = False

    def poll(self, now: Ns, last: Decision | None) -> tuple[Intent, ...]:
        given = self._auto.poll(now, last)
        treated = last is not None and last.session.effective_ns > 7 * NS_PER_S
        if self._said or not treated:
            return given
        self._said = True
        return (*given, Intent(900, IntentName.SET, "temperature_c", 37.5, "test", "test"))


def test_an_operator_put_back_says_again_what_was_said_since() -> None:
    own = bench(Once())
    treat(own, 5.0, silent)
    start = own.snapshot()
    first = [own.tick() for _ in range(40)]
    assert any(e.code is EventCode.INTENT_TAKEN for d in first for e in d.events)
    own.restore(start)
    assert [own.tick() for _ in range(40)] == first


def test_loops_are_tuned_each_from_the_same_moment() -> None:
    rows = [quick(name, settle_s=5.0) for name in ("blood", "perfusion")]
    tuning = load_tuning(resolve("default.toml", "tuning"))
    both, errors = tune({"here": bench}, rows, tuning, silent)
    alone, _ = tune({"here": bench}, rows[1:], tuning, silent)
    assert errors == []
    assert both[1] == alone[0]
    assert both[1].deciding == both[1].found[0]


def test_gains_hold_at_both_of_two_operating_points() -> None:
    row = quick("temperature", settle_s=60.0, rest_s=20.0, cycles=1, limit_s=900.0)
    tuning = load_tuning(resolve("default.toml", "tuning"))
    points: dict[str, Callable[[], Bench]] = {"slow": partial(bench, perfusion=60.0), "quick": bench}
    (found,), errors = tune(points, [row], tuning, silent)
    assert errors == []
    assert [f.point.name for f in found.found] == ["slow", "quick"]
    assert found.found[0].point.rate == pytest.approx(0.6, abs=0.02)
    assert found.found[0].fit.model.delay_s > 1.2 * found.found[1].fit.model.delay_s
    every = [margins(f.point, found.design.gains).ms for f in found.found]
    assert max(every) == found.design.margins.ms <= 1.6
    assert found.deciding is found.found[every.index(max(every))]
    assert found.deciding.point.name == "quick"
    assert found.ms_before == max(margins(f.point, tuning.temperature).ms for f in found.found)


def test_an_experiment_finds_the_pump_behind_its_meter_and_can_be_repeated() -> None:
    row = quick("perfusion", cycles=20)
    found = identify(settled(), row, "here", silent)
    assert found.point.name == "here"
    assert (found.point.gain, found.point.rate) == (1.0, 1.0)
    # Motor 0.15 s and meter 0.1 s in series, seen through a mean; a tube not yet worn.
    assert found.fit.model.gain == pytest.approx(1.0, abs=0.05)
    assert found.fit.model.lag_s == pytest.approx(0.21, abs=0.06)
    assert found.fit.model.delay_s == pytest.approx(0.03, abs=0.03)
    assert found.fit.model.mean_s == 2.0
    assert identify(settled(), row, "here", silent) == found


@pytest.mark.parametrize(("name", "gain"), [("blood", 0.9), ("separation", 1.0)])
def test_the_gain_of_a_pump_is_found_under_the_ripple_of_its_rollers(name: str, gain: float) -> None:
    """Of the blood pump 5 % less than its stroke: the more it sucks, the less it fills."""
    found = identify(settled(), quick(name, rest_s=60.0, cycles=20, limit_s=900.0), "", silent)
    assert found.fit.noise > 0.2
    assert found.fit.model.gain == pytest.approx(gain, rel=0.06)


@pytest.mark.parametrize(
    ("name", "least", "most", "gain", "late"),
    [("oxygen", 135.0, 170.0, (500.0, 900.0), (35.0, 75.0)), ("ph", 7.30, 7.50, (0.8, 2.5), (25.0, 65.0))],
)
def test_the_gas_is_found_without_leaving_its_range(
    name: str, least: float, most: float, gain: tuple[float, float], late: tuple[float, float]
) -> None:
    """The blend goes through gas space, bundle, inlet and sensor; the reservoir comes later."""
    own = settled(20.0)
    row = quick(name, rest_s=60.0, cycles=4, limit_s=1200.0)
    seen = []
    tick = own.tick

    def look() -> Decision:
        decision = tick()
        frame = own._plant.read(own.now)  # noqa: SLF001 - what the sensor says
        seen.append(frame.value[row.measured])
        return decision

    own.tick = look  # type: ignore[method-assign]
    try:
        found = identify(own, row, "", silent)
    finally:
        del own.tick
    assert least < min(seen) < max(seen) < most
    assert gain[0] < found.fit.model.gain < gain[1]
    assert found.fit.model.lag_s is not None
    assert late[0] < found.fit.model.lag_s + found.fit.model.delay_s < late[1]
    assert found.point.rate == pytest.approx(1.0, abs=0.02)


def test_the_other_loops_and_the_patient_do_not_notice() -> None:
    own = settled()
    row = quick("blood")
    identify(own, row, "", silent)
    last = own.last
    assert last is not None
    assert last.session.state is State.TREAT
    assert not [a for a in last.alarms if a.priority >= Priority.MEDIUM]
    assert last.commands.value[Actuator.CP] == pytest.approx(100.0, abs=3.0)


def test_the_schedule_of_the_temperature_is_kept_beside_the_model() -> None:
    row = quick("temperature", rest_s=20.0, cycles=1, limit_s=900.0)
    own = settled()
    found = identify(own, row, "", silent)
    assert found.point.rate == pytest.approx(1.0, abs=0.02)
    assert found.point.gain == min(found.point.rate, 1.0)
    assert found.fit.model.delay_s == pytest.approx(30.0, abs=6.0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            quick("balance", up=2.8, down=2.8, hysteresis=9.0, limit_s=900.0),
            "balance: stopped by alarm H17.3 (HIGH), ",
        ),
        (
            quick("temperature", hysteresis=3.0),
            "temperature: no limit cycle: 0 cycles of 4 in 200 s; the relay steps +1 and -0.7 at +/-3 C",
        ),
        (
            quick("separation", slew=inf),
            "separation: stopped, a limiter or the supervisor took over: ",
        ),
        (
            quick("perfusion", sent=Actuator.RP),
            "perfusion: stopped, a limiter or the supervisor took over: ",
        ),
    ],
    ids=["alarm", "no cycle", "limiter", "command"],
)
def test_what_ends_an_experiment_is_said(row: LoopRow, words: str) -> None:
    with pytest.raises(TuneError) as error:
        identify(settled(), row, "", silent)
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


def test_a_cycle_that_drowns_in_noise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NOISE_MOST", 0.01)
    with pytest.raises(TuneError, match=r"blood: the cycle drowns in noise: .* allowed up to 0\.01"):
        identify(settled(), quick("blood"), "", silent)


def test_a_model_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NRMSE_MOST", 0.001)
    with pytest.raises(TuneError, match=r"blood: no model fits: .* unexplained, allowed up to 0\.001"):
        identify(settled(), quick("blood"), "", silent)


def test_a_model_that_answers_the_wrong_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    def backwards(record: Record, *, integrating: bool, mean_s: float, slow_s: float | None) -> Fit:
        told.append((integrating, mean_s, slow_s))
        found = fit(record, integrating=integrating, mean_s=mean_s, slow_s=slow_s)
        return replace(found, model=replace(found.model, gain=-found.model.gain))

    monkeypatch.setattr(module, "fit", backwards)
    row = quick("perfusion", slow_s=900.0)
    with pytest.raises(TuneError, match=r"perfusion: no model fits: -.* and a gain above 0$"):
        identify(settled(), row, "", silent)
    assert told == [(False, 2.0, 900.0)]


def test_a_loop_that_loses_its_measurement_ends_the_experiment() -> None:
    own = settled()
    frame = own._plant.read  # noqa: SLF001 - no seat of the plant takes a meter away

    def blind(now: Ns) -> object:
        seen = frame(now)
        quality = list(seen.quality)
        quality[Channel.Q_B] = 1
        return seen._replace(quality=tuple(quality))

    own._plant.read = blind  # type: ignore[assignment, method-assign] # noqa: SLF001
    try:
        with pytest.raises(TuneError, match="blood: stopped, the loop was not in command"):
            identify(own, quick("blood"), "", silent)
    finally:
        own._plant.read = frame  # type: ignore[method-assign] # noqa: SLF001


class Wishing:
    """The automatic operator, with one wish of its own."""

    def __init__(self, when: Callable[[Decision], bool], intent: Intent) -> None:
        self._auto = ScriptedOperator.of("auto", BENCH)
        self._when, self._intent = when, intent

    def poll(self, now: Ns, last: Decision | None) -> tuple[Intent, ...]:
        mine = last is not None and self._when(last)
        return (*self._auto.poll(now, last), *([self._intent] if mine else []))


def test_a_session_that_does_not_come_to_treatment_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    abort = Intent(900, IntentName.ABORT, who="test", why="test")
    own = bench(Wishing(lambda d: d.session.state is State.PRIME_LOAD, abort))
    with pytest.raises(TuneError, match=r"^the session went to [A-Z_]+ before treatment began"):
        treat(own, 1.0, silent)
    monkeypatch.setattr(module, "START_LIMIT_S", 10.0)
    with pytest.raises(TuneError, match=r"^the session was not in treatment after 0\.00277778 h$"):
        treat(bench(), 1.0, silent)


def test_leaving_treatment_ends_the_settling() -> None:
    pause = Intent(900, IntentName.PAUSE, "plasma", who="test", why="test")
    own = bench(
        Wishing(lambda d: d.session.state is State.TREAT and d.session.in_state_ns == 5 * NS_PER_S, pause)
    )
    with pytest.raises(TuneError, match="settling: stopped, the session left TREAT for PAUSE_PLASMA"):
        treat(own, 60.0, silent)
