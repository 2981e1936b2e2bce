from pathlib import Path

import pytest

from qh1a.config import ConfigError
from qh1a.script import Act, Script, ScriptedOperator, load_script
from qh1a.tick import (
    UNPOWERED,
    AlarmView,
    Commands,
    Decision,
    Intent,
    IntentName,
    Outcome,
    Priority,
    Response,
    SessionView,
    State,
)
from qh1a.units import NS_PER_S, TICK_NS, Ns

STOPPING = AlarmView("H10.2", Priority.MEDIUM, Response.R2, Ns(0), active=True, acknowledged=False)
WARNING = STOPPING._replace(response=Response.R1)


def decision(state: State, *alarms: AlarmView, effective_s: float = 0.0) -> Decision:
    session = SessionView(
        state, State.RAMP, False, 0, Outcome.OPEN, 0, round(effective_s * NS_PER_S), 0, 0, 0.0
    )
    return Decision(Commands(Ns(0), UNPOWERED), alarms, (), session, (), ())


class Session:
    """Feeds an operator tick by tick and notes what it says, with the second it said it."""

    def __init__(self, operator: ScriptedOperator, start_s: float = 0.0) -> None:
        self.operator = operator
        self.now = round(start_s * NS_PER_S)
        self.said: list[tuple[float, Intent]] = []

    def stay(self, seconds: float, seen: Decision, step_ns: int = TICK_NS) -> "Session":
        for _ in range(round(seconds * NS_PER_S / step_ns)):
            self.said += [(self.now / NS_PER_S, i) for i in self.operator.poll(Ns(self.now), seen)]
            self.now += step_ns
        return self

    def words(self) -> list[tuple[float, str]]:
        return [(at, i.name.name) for at, i in self.said]


def operator(*acts: Act) -> ScriptedOperator:
    return ScriptedOperator(Script(1, "tester", acts))


def test_nothing_is_said_before_the_first_decision() -> None:
    o = operator(Act("start", state="self_wait"))
    assert o.poll(Ns(0), None) == ()
    assert o.poll(Ns(TICK_NS), decision(State.SELF_WAIT)) == (Intent(1, IntentName.START, who="tester"),)


def test_intents_are_numbered_and_carry_their_words() -> None:
    o = operator(
        Act("set", state="treat", key="blood_ml_min", value=120.0, why="pressure"),
        Act("pause", state="treat", after_s=1.0, key="plasma"),
    )
    said = Session(o).stay(5, decision(State.TREAT)).said
    assert said == [
        (0.0, Intent(1, IntentName.SET, "blood_ml_min", 120.0, "tester", "pressure")),
        (1.0, Intent(2, IntentName.PAUSE, "plasma", 0.0, "tester", "")),
    ]


def test_state_rows_act_at_every_entry_unless_told_otherwise() -> None:
    o = operator(
        Act("confirm", state="ready", after_s=1.0),
        Act("end", state="ready", repeat=False, why="once"),
        Act("stop", state="ready", after_s=0.5, times=2),
    )
    s = Session(o)
    for _ in range(3):
        s.stay(2, decision(State.READY)).stay(1, decision(State.READY_TEST))
    assert s.words() == [
        (0.0, "END"),
        (0.5, "STOP"),
        (1.0, "CONFIRM"),
        (3.5, "STOP"),
        (4.0, "CONFIRM"),
        (7.0, "CONFIRM"),
    ]


def test_a_state_left_too_early_says_nothing() -> None:
    o = operator(Act("confirm", state="ready", after_s=1.0))
    s = Session(o).stay(0.9, decision(State.READY)).stay(5, decision(State.READY_TEST))
    assert s.said == []


def test_phase_rows_count_from_the_phase_not_from_its_states() -> None:
    o = operator(Act("abort", phase="prime", after_s=3.0))
    s = Session(o).stay(2, decision(State.PRIME_LOAD)).stay(2, decision(State.PRIME_BLOOD))
    assert s.words() == [(3.0, "ABORT")]


def test_every_repeats_while_the_state_lasts() -> None:
    o = operator(Act("connected", state="connect_venous", after_s=1.0, every_s=2.0))
    s = Session(o).stay(6, decision(State.CONNECT_VENOUS)).stay(6, decision(State.RAMP))
    assert s.words() == [(1.0, "CONNECTED"), (3.0, "CONNECTED"), (5.0, "CONNECTED")]


def test_when_clear_counts_from_the_moment_that_treatment_may_go_on() -> None:
    o = operator(Act("resume", state="pause_plasma", after_s=20.0, when_clear=True))
    s = Session(o).stay(30, decision(State.PAUSE_PLASMA, STOPPING))
    s.stay(10, decision(State.PAUSE_PLASMA)).stay(1, decision(State.PAUSE_PLASMA, STOPPING))
    # A latched alarm whose condition is gone, and a warning, do not hold the operator up.
    s.stay(30, decision(State.PAUSE_PLASMA, STOPPING._replace(active=False), WARNING))
    assert s.words() == [(61.0, "RESUME")]


def test_acknowledge_waits_for_an_alarm() -> None:
    o = operator(Act("acknowledge", state="treat", after_s=1.0))
    s = Session(o).stay(5, decision(State.TREAT)).stay(2, decision(State.TREAT, WARNING))
    assert s.words() == [(5.0, "ACKNOWLEDGE")]


def test_absolute_rows_act_once() -> None:
    o = operator(
        Act("extend", effective_s=100.0, value=60.0, why="asked"), Act("enter", run_s=5.0, key="sample_ml")
    )
    s = Session(o, start_s=1000.0).stay(10, decision(State.TREAT))
    s.stay(10, decision(State.TREAT, effective_s=99.9)).stay(
        10, decision(State.PAUSE_PLASMA, effective_s=100.0)
    )
    assert s.words() == [(1005.0, "ENTER"), (1020.0, "EXTEND")]


def test_a_clock_that_stands_still_is_waited_for() -> None:
    o = operator(Act("end", effective_s=10.0, why="early"))
    s = Session(o).stay(60, decision(State.TREAT, effective_s=9.0))
    assert s.said == []
    s.stay(1, decision(State.TREAT, effective_s=10.0))
    assert s.words() == [(60.0, "END")]


def test_the_same_session_gives_the_same_intents() -> None:
    def play() -> list[tuple[float, Intent]]:
        s = Session(ScriptedOperator.of("auto"))
        for state in State:
            s.stay(40, decision(state, STOPPING._replace(active=False)))
        return s.said

    first = play()
    assert first == play()
    assert [i.id for _, i in first] == list(range(1, len(first) + 1))
    assert {i.who for _, i in first} == {"auto"}


def test_auto_brings_a_session_through_every_state_that_waits() -> None:
    s = Session(ScriptedOperator.of("auto"))
    path = (
        State.SELF_WAIT,
        State.PRIME_LOAD,
        State.READY,
        State.CONNECT_ACCESS,
        State.CONNECT_VENOUS,
        State.RAMP,
        State.TREAT,
        State.TREAT_END,
        State.RINSE_PLASMA,
        State.RINSE_BLOOD,
    )
    for state in path:
        s.stay(3, decision(state))
    s.stay(11, decision(State.DISCONNECT))
    assert [name for _, name in s.words()] == [
        "START",
        *["ENTER"] * 3,
        "CONFIRM",
        "ENTER",
        "CONFIRM",
        "CONFIRM",
        "CONNECTED",
        "END",
        "DISCONNECTED",
    ]


@pytest.mark.parametrize("state", [State.PAUSE_PLASMA, State.PAUSE_STOPPED, State.SAFE])
def test_auto_acknowledges_and_then_resumes_once_clear(state: State) -> None:
    s = Session(ScriptedOperator.of("auto")).stay(100, decision(state, STOPPING))
    assert s.said == []
    s.stay(20.1, decision(state, STOPPING._replace(active=False)))
    assert s.words() == [(118.0, "ACKNOWLEDGE"), (120.0, "RESUME")]


def test_auto_gives_up_in_the_end() -> None:
    for state in (State.SELF_WAIT, State.PRIME_WARM, State.READY, State.CONNECT_VENOUS, State.PAUSE_STOPPED):
        s = Session(ScriptedOperator.of("auto"))
        for _ in range(4):
            s.stay(3 * 3600 + 10, decision(state, STOPPING), 10 * NS_PER_S).stay(1, decision(State.TREAT))
        assert {"ABORT", "END"} & {name for _, name in s.words()}, state


def test_an_idle_poll_is_cheap() -> None:
    o = ScriptedOperator.of("auto")
    seen = decision(State.TREAT)
    o.poll(Ns(0), seen)
    assert o.poll(Ns(TICK_NS), seen) is o.poll(Ns(2 * TICK_NS), seen)  # the empty tuple: nothing was built


# -- files -----------------------------------------------------------------------------------------------


def write(folder: Path, rows: str, head: str = 'schema = 1\nname = "mine"\n') -> str:
    path = folder / "mine.toml"
    path.write_text(head + rows, encoding="utf-8")
    return str(path)


def test_a_base_lends_its_rows_but_for_the_states_named(tmp_path: Path) -> None:
    rows = 'base = "auto"\n[[act]]\nstate = "treat_end"\nintent = "extend"\nvalue = 60\nwhy = "asked"\n'
    script = load_script(write(tmp_path, rows))
    auto = load_script("auto")
    assert script.act[0] == Act("extend", state="treat_end", value=60.0, why="asked")
    assert script.act[1:] == tuple(act for act in auto.act if act.state != "treat_end")
    s = (
        Session(ScriptedOperator(script))
        .stay(3, decision(State.SELF_WAIT))
        .stay(3, decision(State.TREAT_END))
    )
    assert [(i.name.name, i.who) for _, i in s.said] == [("START", "mine"), ("EXTEND", "mine")]


BAD = [
    (
        '[[act]]\nstate = "prime_lod"\nintent = "confirm"\n',
        'act[0].state = "prime_lod": unknown state, nearest is prime_load',
    ),
    (
        '[[act]]\nstate = "ready"\nintent = "confrim"\n',
        'act[0].intent = "confrim": unknown intent, nearest is confirm',
    ),
    (
        '[[act]]\nphase = "primer"\nintent = "confirm"\n',
        'act[0].phase = "primer": unknown phase, nearest is prime',
    ),
    ('[[act]]\nintent = "confirm"\n', "act[0]: allowed is exactly one of state, phase, effective_s, run_s"),
    (
        '[[act]]\nstate = "ready"\nrun_s = 1\nintent = "confirm"\n',
        "act[0]: allowed is exactly one of state, phase, effective_s, run_s",
    ),
    (
        '[[act]]\nrun_s = 1\nafter_s = 1\nintent = "confirm"\n',
        "act[0]: after_s, every_s and when_clear go with state or phase only",
    ),
    (
        '[[act]]\nstate = "ready"\nintent = "confirm"\nafter_min = 1\n',
        "act[0].after_min = 1: unknown key, the unit expected is s: after_s",
    ),
    (
        '[[act]]\nstate = "ready"\nintent = "confirm"\nevery_s = 0\n',
        "act[0].every_s = 0: allowed 0.1 to 86400 s",
    ),
    ('base = "manual"\nact = []\n', 'base = "manual": allowed "auto"'),
    ("", "act: missing, allowed a list"),
]


@pytest.mark.parametrize(("rows", "words"), BAD)
def test_a_bad_script_is_refused_in_one_line(tmp_path: Path, rows: str, words: str) -> None:
    name = write(tmp_path, rows)
    with pytest.raises(ConfigError) as refused:
        load_script(name)
    assert str(refused.value) == f"{name}: {words}"


def test_an_unknown_script_lists_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match=r"^nobody\.toml: no such file; shipped operators are auto\.toml"):
        load_script("nobody.toml")
