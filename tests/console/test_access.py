"""Every role, action and state: allowed as the table says, and the table against the session machine."""

from collections.abc import Iterator
from itertools import product

import pytest

from qh1a.console.access import ACTIONS, BEFORE, BY_ID, Action, Role, Situation, denied, situation
from qh1a.control.session import (
    PAUSED,
    RINSING,
    TREATING,
    Machine,
    Trigger,
    follow,
    pause_trigger,
)
from qh1a.tick import STATES, IntentName, Outcome, Phase, State

FROM_THERAPY = {
    "start": Trigger.START, "confirm_load": Trigger.CONFIRM, "confirm_ready": Trigger.CONFIRM,
    "confirm_access": Trigger.CONFIRM, "connected": Trigger.CONNECTED, "resume": Trigger.RESUME,
    "extend": Trigger.EXTEND, "end": Trigger.END, "end_without_plasma": Trigger.END_WITHOUT_PLASMA,
    "end_without_rinse": Trigger.END_WITHOUT_RINSE, "rinse_next": Trigger.RINSE_NEXT,
    "disconnected": Trigger.DISCONNECTED, "abort": Trigger.ABORT, "stop": Trigger.STOP,
}  # fmt: skip


def trigger(action: Action) -> Trigger | None:
    if action.intent is IntentName.PAUSE:
        return pause_trigger(action.key)
    return FROM_THERAPY.get(action.id)


def machines(state: State) -> Iterator[Machine]:
    for left in (*TREATING, *RINSING):
        for connected, tested, capped in product((False, True), repeat=3):
            yield Machine(state, left, connected, tested, capped, Outcome.OPEN)


def granted(action: Action) -> set[State]:
    asked = trigger(action)
    assert asked is not None
    return {s for s in State if any(isinstance(follow(m, asked), Machine) for m in machines(s))}


MOVING = [a for a in ACTIONS if trigger(a) is not None]


@pytest.mark.parametrize("action", MOVING, ids=lambda a: a.id)
def test_an_action_is_offered_exactly_where_the_session_can_grant_it(action: Action) -> None:
    can = granted(action)
    if action.intent is IntentName.CONFIRM:
        assert action.states < can  # one row per step
        assert len(action.states) == 1
    elif action.id == "abort":  # taken there too, and changes nothing
        assert can - action.states == {State.SAFE, State.DISCONNECT, State.ENDED}
    else:
        assert can == action.states


def test_every_confirmation_has_its_row() -> None:
    rows = [a.states for a in ACTIONS if a.intent is IntentName.CONFIRM]
    assert frozenset().union(*rows) == granted(BY_ID["confirm_load"])


def test_what_moves_nothing_is_offered_where_it_means_something() -> None:
    open_ = set(State) - {State.ENDED}
    want = {
        "enter_cartridge": {State.PRIME_LOAD}, "enter_viability": {State.PRIME_LOAD},
        "enter_out": {State.PRIME_LOAD}, "enter_subject": {State.READY},
        "set": {State.RAMP, State.TREAT, State.PAUSE_PLASMA, State.PAUSE_STOPPED},
        "acknowledge": open_, "enter_sample": open_, "note": open_, "audio_pause": set(State),
    }  # fmt: skip
    assert {a.id: set(a.states) for a in ACTIONS if a not in MOVING} == want


def test_the_columns_of_the_table() -> None:
    assert {a.id for a in ACTIONS if a.second} == {"confirm_load", "confirm_ready"}
    assert {a.id for a in ACTIONS if a.why} == {
        "extend", "end", "end_without_plasma", "end_without_rinse", "rinse_next", "abort", "note",
    }  # fmt: skip
    assert {a.id for a in ACTIONS if a.always} == {"stop", "audio_pause"}
    assert {a.id: a.takes for a in ACTIONS if a.takes} == {
        "enter_cartridge": "text", "enter_viability": "value", "enter_out": "value", "enter_subject": "text",
        "extend": "value", "acknowledge": "text", "enter_sample": "value",
    }  # fmt: skip
    assert len(BY_ID) == len(ACTIONS) == 26
    assert {a.intent for a in ACTIONS} >= set(IntentName) - {i for i in IntentName if i.name == "INJECT"}


def expected(action: Action, role: Role, at: Situation) -> bool:
    """Safety 5.2 T4 in other words than the product's."""
    if action.id in ("stop", "audio_pause"):
        return True
    if role is Role.OPERATOR:
        return at.state in action.states
    early = STATES[at.state].phase in (Phase.SELF_TEST, Phase.PRIME, Phase.READY)
    nobody = not at.connected and not at.begun
    return role is Role.ENGINEER and early and nobody and at.state in action.states


@pytest.mark.parametrize("role", Role)
def test_every_action_in_every_state(role: Role) -> None:
    seen = set()
    for action, state, connected, begun in product(ACTIONS, State, (False, True), (False, True)):
        at = Situation(state, connected, begun)
        may = denied(action, role, at) == ""
        assert may is expected(action, role, at), (action.id, at)
        seen.add(may)
        if role in (Role.VIEWER, Role.SERVICE, Role.SECOND):
            assert may is action.always
    assert seen == {True, False}


def test_an_engineer_does_not_act_once_anybody_was_connected() -> None:
    start = BY_ID["start"]
    assert denied(start, Role.ENGINEER, Situation(State.SELF_WAIT, False, False)) == ""
    assert denied(start, Role.ENGINEER, Situation(State.SELF_WAIT, True, False)) == "ROLE"
    assert denied(start, Role.ENGINEER, Situation(State.SELF_WAIT, False, True)) == "ROLE"
    assert denied(BY_ID["abort"], Role.ENGINEER, Situation(State.CONNECT_ACCESS, False, False)) == "ROLE"
    assert {s for s in State if s not in BEFORE} >= TREATING | RINSING | PAUSED


def test_a_session_that_says_nothing_known_allows_nothing() -> None:
    assert situation({"state": "FLYING", "wall_ns": 0, "connected": False}) is None
    assert situation({"state": "TREAT"}) is None
    assert situation({"state": "TREAT", "wall_ns": 1}) == Situation(State.TREAT, True, True)
    assert situation({"state": "READY", "wall_ns": 0, "connected": False}) == Situation(
        State.READY, False, False
    )
