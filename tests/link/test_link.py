"""The socket of a running session: what a console sees, what becomes of a wish, and who may ask."""

# ruff: noqa: ASYNC240 - what a test asks of its own file waits for nobody

import asyncio
import math
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from qh1a.channels import N_MEASURED, Channel
from qh1a.link import (
    SCHEMA,
    Answer,
    Delivered,
    Link,
    LinkClient,
    LinkLostError,
    LinkTakenError,
    Role,
    Status,
    Wish,
)
from qh1a.link import client as client_module
from qh1a.link import server as server_module
from qh1a.link.messages import LINE_MOST, STATE_MOST
from qh1a.link.server import CLIENTS_MOST, EVENTS_KEPT, EVENTS_TOLD, WAITING_MOST
from qh1a.tick import ACTUATORS, Event, EventCode, IntentName, Outcome, State
from qh1a.units import TICK_NS
from tests.link.bench import ABOUT, Raw, Wall, Ward, console, wish

HELLO = b'{"kind":"hello","schema":1,"role":"console"}\n'
START = wish("a", IntentName.START)


async def last_of(client: LinkClient) -> None:
    while True:
        await client.state()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.sock"


async def test_a_client_is_told_what_it_talks_to_and_then_everything(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        assert client.about == {"schema": SCHEMA, **ABOUT}
        state = await ward.round(client)
        frame, decision = ward.session.frame, ward.session.decision
        assert frame is not None
        assert (state.seq, state.now, state.label) == (1, frame.now, "2026-11-23T03:00:00Z")
        assert len(state.value) == len(state.quality) == len(Channel)
        assert len(state.command) == len(ACTUATORS)
        for channel, figure in enumerate(frame.value):
            assert state.value[channel] == pytest.approx(figure, abs=1e-6)
        assert state.command == decision.commands.value
        assert state.session["state"] == "SELF_WAIT"
        assert (await ward.round(client)).seq == 2


async def test_four_states_a_second_and_every_event_once(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        asked = asyncio.create_task(client.ask(START))
        while not asked.done():
            await ward.round(client)
        told: list[object] = []
        for _ in range(40):
            for _tick in range(3):
                ward.tick(100_000_000)
            state = await client.state()
            assert state.missed == 0
            told += [e["number"] for e in state.events]
        assert told == list(range(int(str(told[0])), int(str(told[-1])) + 1))
        codes = [event.code for event in ward.session.decision.events]
        assert EventCode.INTENT_REFUSED not in codes


async def test_states_follow_the_wall_not_the_ticks(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        first = await ward.round(client)
        for _ in range(100):  # a hundred ticks in a tenth of a second, as at 100 times real time
            ward.tick(1_000_000)
        state = await ward.round(client)
        assert state.seq == first.seq + 1
        assert state.now == ward.session.now


async def test_the_last_tick_is_told_at_once_for_none_comes_after_it(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        await ward.round(client)
        decision = ward.session.tick()
        over = decision.session._replace(state=State.ENDED, outcome=Outcome.COMPLETED)
        assert ward.session.frame is not None
        ward.link.observe(ward.session.frame, (), decision._replace(session=over))
        assert (await client.state()).session["outcome"] == "COMPLETED"


async def test_a_wish_is_answered_by_the_tick_that_took_it(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        [answer] = await ward.answered(client, START)
        assert answer.delivered is Delivered.TAKEN
        assert 0 < answer.now <= ward.session.now
        assert [(i.name, i.who, i.why) for i in ward.taken] == [(IntentName.START, "nurse", "it is time")]
        [refused] = await ward.answered(client, wish("b", IntentName.RESUME))
        assert refused.delivered is Delivered.REFUSED
        assert refused.reason == "NOT_NOW"


async def test_a_wish_asked_twice_is_taken_once_and_answered_twice(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        [first] = await ward.answered(client, START)
        [second] = await ward.answered(client, START)
        assert first == second
        assert len(ward.taken) == 1
        async with console(ward) as other:  # from a console that came back, too
            [third] = await ward.answered(other, START)
        assert third == first
        assert len(ward.taken) == 1


@pytest.mark.parametrize("first", [IntentName.START, IntentName.STOP, IntentName.AUDIO_PAUSE])
@pytest.mark.parametrize("apart", [False, True], ids=["one tick", "two ticks"])
async def test_a_wish_is_stale_once_another_was_taken_after_what_was_seen(
    path: Path, first: IntentName, *, apart: bool
) -> None:
    async with Ward(path) as ward, console(ward) as one, console(ward) as other:
        seen = (await ward.round(one)).now
        asked = [asyncio.create_task(one.ask(replace(wish("one", first), seen=seen)))]
        await ward.arrived()
        if apart:
            ward.tick()
        asked.append(asyncio.create_task(other.ask(replace(START, seen=seen))))
        await ward.arrived(1 if apart else 2)
        while not all(task.done() for task in asked):
            await ward.round(one)
        assert [task.result().delivered for task in asked] == [Delivered.TAKEN, Delivered.REFUSED]
        assert asked[1].result().reason == "STALE"
        assert [i.name for i in ward.taken] == [first]
        look = replace(wish("look", IntentName.AUDIO_PAUSE), seen=(await ward.round(other)).now)
        [again] = await ward.answered(other, look)
        assert again.delivered is Delivered.TAKEN, "it looked again"


@pytest.mark.parametrize(
    "safer", [IntentName.PAUSE, IntentName.ABORT, IntentName.STOP, IntentName.AUDIO_PAUSE]
)
@pytest.mark.parametrize("apart", [False, True], ids=["one tick", "two ticks"])
async def test_what_is_safer_waits_for_nothing_whatever_was_seen(
    path: Path, safer: IntentName, *, apart: bool
) -> None:
    async with Ward(path) as ward, console(ward) as one, console(ward) as other:
        seen = (await ward.round(one)).now
        asked = [asyncio.create_task(one.ask(replace(START, seen=seen)))]
        await ward.arrived()
        if apart:
            ward.tick()
        asked.append(asyncio.create_task(other.ask(replace(wish("safer", safer), seen=seen))))
        await ward.arrived(1 if apart else 2)
        ward.tick()
        assert [i.name for i in ward.taken][-1 if apart else 0] is safer
        while not all(task.done() for task in asked):
            await ward.round(one)
        assert asked[1].result().reason != "STALE"


@pytest.mark.parametrize("role", [Role.WATCH, Role.MQTT])
async def test_who_only_looks_asks_for_nothing(path: Path, role: Role) -> None:
    async with Ward(path) as ward, console(ward, role) as client:
        [answer] = await ward.answered(client, START)
        assert answer == Answer("a", Delivered.REFUSED, 0, "VIEW_ONLY")
        assert ward.taken == []


async def test_beside_a_scripted_operator_a_console_only_looks(path: Path) -> None:
    async with Ward(path, wishes=False) as ward, console(ward) as client:
        [answer] = await ward.answered(client, START)
        assert (answer.delivered, answer.reason) == (Delivered.REFUSED, "SCRIPTED")


@pytest.mark.parametrize("name", [IntentName.STOP, IntentName.AUDIO_PAUSE])
async def test_too_many_wishes_are_refused_but_never_what_calms(path: Path, name: IntentName) -> None:
    async with Ward(path) as ward, console(ward) as client:
        wishes = [wish(f"w{i}", IntentName.ACKNOWLEDGE) for i in range(WAITING_MOST + 1)]
        asked = [asyncio.create_task(client.ask(w)) for w in (*wishes, wish("calm", name))]
        refused = await asked[WAITING_MOST]
        assert (refused.delivered, refused.reason) == (Delivered.REFUSED, "TOO_MANY")
        await ward.round(client)
        while not asked[-1].done():
            await ward.round(client)
        assert ward.taken[0].name is name  # and it comes first
        assert len(ward.taken) == WAITING_MOST + 1
        await asyncio.gather(*asked)


async def test_a_controller_that_goes_leaves_nothing_open(path: Path) -> None:
    async with Ward(path) as ward:
        client = LinkClient(path, Role.CONSOLE)
        async with client:
            await ward.round(client)
            asked = asyncio.create_task(client.ask(START))
            await ward.arrived()
            await ward.link.__aexit__()
            answer = await asked
            assert (answer.delivered, answer.reason) == (Delivered.REFUSED, "ENDED")
            with pytest.raises(LinkLostError, match="gone"):
                await client.state()
            late = await client.ask(wish("late", IntentName.STOP))
            assert late.delivered is Delivered.UNCERTAIN
            assert str(path) in late.reason
    assert not path.exists()


async def test_a_connection_that_breaks_makes_a_wish_uncertain(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        asked = asyncio.create_task(client.ask(START))
        await ward.arrived()
        for connected in ward.link._clients:  # noqa: SLF001 - cut by hand
            connected.writer.transport.abort()
        assert (await asked).delivered is Delivered.UNCERTAIN
        async with console(ward) as again:
            [answer] = await ward.answered(again, START)
        assert answer.delivered is Delivered.TAKEN
        assert len(ward.taken) == 1


async def test_a_silent_controller_makes_a_wish_uncertain(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "ANSWER_S", 0.01)
    async with Ward(path) as ward, console(ward) as client:
        answer = await client.ask(START)
        assert (answer.delivered, answer.reason) == (Delivered.UNCERTAIN, "no answer in time")
        monkeypatch.undo()
        [answer] = await ward.answered(client, START)  # asked again
        assert answer.delivered is Delivered.TAKEN
        assert len(ward.taken) == 1


@pytest.mark.parametrize(("said", "told"), [
    (b"\n", "JSON"),
    (b"[]\n", "object"),
    (b'{"kind":"hello","schema":2,"role":"console"}\n', "schema"),
    (b'{"kind":"hello","schema":1,"role":"king"}\n', "role"),
    (b'{"kind":"intent","ref":"a","name":"START"}\n', "kind"),
    (HELLO + b'{"kind":"intent","ref":"a","name":"FLY"}\n', "name"),
    (HELLO + b'{"kind":"intent","ref":"","name":"START"}\n', "ref"),
    (HELLO + b'{"kind":"intent","ref":"a","name":"SET","value":NaN}\n', "value"),
    (HELLO + b'{"kind":"intent","ref":"a","name":"SET","power":1}\n', "power"),
    (HELLO + b'{"kind":"intent","ref":"a","name":"SET","why":"' + b"x" * 501 + b'"}\n', "why"),
    (HELLO + b"\xff\xfe\n", "JSON"),
    (HELLO + b"[" * 60_000 + b"\n", "JSON"),
    (HELLO + b"x" * (LINE_MOST + 10), "limit"),
])  # fmt: skip
async def test_what_is_no_message_is_refused_with_the_reason(path: Path, said: bytes, told: str) -> None:
    async with Ward(path) as ward:
        async with Raw.to(path, said) as raw:
            heard = await raw.hear()
            if said.startswith(HELLO):
                assert heard is not None
                assert heard["kind"] == "hello"
                heard = await raw.hear()
            assert heard is not None
            assert heard["kind"] == "refused"
            assert told in str(heard["reason"])
            assert await raw.hear() is None
        async with console(ward) as client:  # and the link goes on
            assert (await ward.round(client)).seq >= 1
        assert ward.taken == []


async def test_who_says_nothing_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_HELLO_S", 0.01)
    async with Ward(path), Raw.to(path) as raw:
        assert await raw.hear() is None


async def test_one_client_too_many_is_told_so(path: Path) -> None:
    async with Ward(path) as ward:
        clients = [LinkClient(path, Role.WATCH) for _ in range(CLIENTS_MOST)]
        for client in clients:
            await client.__aenter__()
        with pytest.raises(LinkLostError, match=f"{CLIENTS_MOST} clients"):
            await LinkClient(path, Role.CONSOLE).__aenter__()
        await clients.pop().__aexit__()
        while len(ward.link._clients) == CLIENTS_MOST:  # noqa: SLF001 - until it has seen that
            await ward.round(clients[0])
        async with console(ward) as client:
            await ward.round(client)
        for client in clients:
            await client.__aexit__()


def test_the_figures() -> None:
    m = server_module
    assert (m.PERIOD_NS, m.CLIENTS_MOST, m.WAITING_MOST) == (250_000_000, 8, 16)
    assert (m.BEHIND_MOST, m.EVENTS_KEPT, m.EVENTS_TOLD, m.ANSWERS_KEPT) == (262_144, 1000, 200, 1000)
    assert (LINE_MOST, STATE_MOST, client_module.ANSWER_S) == (65_536, 1_048_576, 2.0)


async def test_a_client_that_does_not_read_costs_nobody_anything(path: Path) -> None:
    """It gets the states that still fit, later others, and what happened in between."""
    async with Ward(path) as ward, Raw.to(path, HELLO) as raw, console(ward) as client:
        worst = 0
        for n in range(400):
            assert (await ward.round(client)).seq == n + 1
            worst = max(worst, *(c.behind for c in ward.link._clients))  # noqa: SLF001
        assert server_module.BEHIND_MOST < worst <= server_module.BEHIND_MOST + LINE_MOST
        heard = await raw.hear()
        assert heard is not None
        assert heard["kind"] == "hello"
        last = 0
        while True:
            heard = await raw.hear()
            assert heard is not None
            if int(str(heard["seq"])) != last + 1:
                break
            last += 1
            if last > 30:
                ward.tick()
        assert 30 < last < 400


async def test_a_client_that_asks_and_does_not_read_is_left(path: Path) -> None:
    async with Ward(path) as ward, Raw.to(path, HELLO.replace(b"console", b"watch")) as raw:
        many = b"".join(b'{"kind":"intent","ref":"%d","name":"STOP"}\n' % n for n in range(1000))
        with pytest.raises(ConnectionError):
            await raw.say_for_ever(many)
        async with console(ward) as client:
            await ward.round(client)
            assert len(ward.link._clients) == 1  # noqa: SLF001


async def test_who_has_not_said_who_it_is_is_told_nothing(path: Path) -> None:
    async with Ward(path) as ward, Raw.to(path) as raw, console(ward) as client:
        for _ in range(3):
            await ward.round(client)
        raw.writer.write(HELLO)
        heard = await raw.hear()
        assert heard is not None
        assert heard["kind"] == "hello"


async def test_the_end_waits_for_nobody(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_GOODBYE_S", 0.01)
    async with Ward(path) as ward, Raw.to(path, HELLO), Raw.to(path), console(ward) as client:
        for _ in range(400):
            await ward.round(client)
        await ward.link.close()
        assert ward.link._clients == {}  # noqa: SLF001
        with pytest.raises(LinkLostError):
            await last_of(client)


async def test_events_too_old_to_be_kept_are_counted(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        before = sum(len(s.events) + s.missed for s in [await ward.round(client)])
        assert ward.session.frame is not None
        many = ward.session.decision._replace(events=(Event(EventCode.GAP),) * (EVENTS_KEPT + 7))
        ward.wall.wall += 250_000_000
        ward.link.observe(ward.session.frame, (), many)
        state = await client.state()
        assert (len(state.events), state.missed) == (EVENTS_TOLD, 7)
        numbers = [event["number"] for event in state.events]
        while len(numbers) < EVENTS_KEPT:  # the rest comes with the next
            state = await ward.round(client)
            assert state.missed == 0
            numbers += [event["number"] for event in state.events]
        assert numbers == list(range(before + 8, before + 8 + EVENTS_KEPT))


async def test_the_socket_is_its_owners_alone(path: Path) -> None:
    async with Ward(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


async def test_a_socket_left_behind_is_taken_over_and_a_live_one_is_not(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with Ward(path) as ward:
        with pytest.raises(LinkTakenError, match="another controller"):
            await Link(path, ABOUT, Wall()).__aenter__()
        await Link(path, ABOUT, Wall()).close()  # nor is it taken away by one that never opened
        async with console(ward) as client:
            await ward.round(client)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(LinkTakenError, match="no socket"):
        await Link(path, ABOUT, Wall()).__aenter__()
    assert path.read_text(encoding="utf-8") == "mine"
    with pytest.raises(LinkTakenError, match="nowhere"):
        await Link(path.parent / "nowhere" / "s.sock", ABOUT, Wall()).__aenter__()


async def test_no_controller_is_said(path: Path) -> None:
    with pytest.raises(LinkLostError, match="no controller answers"):
        await LinkClient(path, Role.CONSOLE).__aenter__()


# -- faults, and what is told beside the tick -----------------------------------------------------------


FAULTS = {"return_line_kink": (1.0, 10.0)}


@pytest.mark.parametrize(
    ("role", "key", "value", "answer"),
    [
        (Role.WATCH, "return_line_kink", 10.0, ""),
        (Role.WATCH, "end:return_line_kink", 0.0, ""),
        (Role.WATCH, "return_line_kink", 10.1, "OUT_OF_RANGE"),
        (Role.WATCH, "return_line_kink", 0.9, "OUT_OF_RANGE"),
        (Role.WATCH, "another", 1.0, "UNKNOWN_KEY"),
        (Role.WATCH, "end:another", 1.0, "UNKNOWN_KEY"),
        (Role.CONSOLE, "return_line_kink", 3.0, "VIEW_ONLY"),
        (Role.MQTT, "return_line_kink", 3.0, "VIEW_ONLY"),
    ],
)
@pytest.mark.parametrize("wishes", [True, False])
async def test_faults_come_from_the_terminal_view_only_and_inside_their_span(
    path: Path, role: Role, key: str, value: float, answer: str, *, wishes: bool
) -> None:
    async with Ward(path, wishes=wishes, faults=FAULTS) as ward, LinkClient(path, role) as client:
        found = await ward.answered(client, Wish("a", "INJECT", key, value))
        assert found[0][1:4:2] == ("taken" if not answer else "refused", answer)
        assert [i.key for i in ward.taken] == ([] if answer else [key])


async def test_a_plant_that_bears_no_faults_says_so(path: Path) -> None:
    async with Ward(path) as ward, LinkClient(path, Role.WATCH) as client:
        answer = await client.ask(Wish("a", "INJECT", "return_line_kink", 3.0))
        assert answer.reason == "NOT_HERE"
        assert ward.taken == []


async def test_a_state_tells_of_record_loops_and_pace(path: Path) -> None:
    told = [Status(60.0, (7, "ab12"), {"blood": (1.0, 2.0, math.inf, 0.0, 3.0, 0)})]
    async with Ward(path, status=lambda: told[0]) as ward, console(ward) as client:
        state = await ward.round(client)
        assert (state.speed, state.chain) == (60.0, {"n": 7, "head": "ab12"})
        assert state.loops == {"blood": (1.0, 2.0, None, 0.0, 3.0, 0)}
        told[0] = Status(None)
        assert (await ward.round(client)).speed is None


async def test_skipped_ticks_are_counted_and_ages_told(path: Path) -> None:
    async with Ward(path) as ward, console(ward) as client:
        assert (await ward.round(client)).late_ticks == 0
        ward.session.plant.age_s[Channel.T_BR] = 1.5
        ward.session.now += 4 * TICK_NS
        state = await ward.round(client)
        assert state.late_ticks == 4
        assert state.age_ms[Channel.T_BR] == 1500
        assert len(state.age_ms) == N_MEASURED
        assert (await ward.round(client)).late_ticks == 4
