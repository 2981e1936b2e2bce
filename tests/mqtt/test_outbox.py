"""What leaves is on a list, numbered, and bounded."""

import json
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from qh1a.channels import CHANNELS, Channel
from qh1a.hazards import RULES
from qh1a.link import State
from qh1a.mqtt.allowed import pseudonym
from qh1a.mqtt.outbox import EVENTS_MOST, Message, Outbox, Status
from qh1a.mqtt.publisher import DELAY_MOST_S, delay_s
from qh1a.tick import EventCode, Quality
from qh1a.tick import State as Step

RULE = RULES[0].id
GOOD, BAD = int(Quality.GOOD), int(Quality.STALE)


def told(number: int, code: str = "ALARM_RAISED", **more: object) -> dict[str, object]:
    return {
        "number": number, "now": number * 10**9, "code": code, "subject": RULE, "value": 1.5,
        "detail": "HIGH", **more,
    }  # fmt: skip


def state(
    seq: int = 4, events: tuple[Mapping[str, object], ...] = (), *, missed: int = 0, step: str = "TREAT"
) -> State:
    session: dict[str, object] = {"state": step, "effective_ns": 90_000_000_000, "plasma_ml": 12.5}
    return State(
        seq, 2_500_000_000, "2030-01-02T03:04:05Z", tuple(float(n) for n in range(len(Channel))),
        (GOOD,) * len(Channel), (), session, (), events, missed,
    )  # fmt: skip


def outbox() -> Outbox:
    return Outbox("qh1a", "0123", "SIM")


def drain(box: Outbox) -> list[Message]:
    found = []
    while (message := box.take()) is not None:
        found.append(message)
        box.done()
    return found


def body(message: Message) -> dict[str, object]:
    found = json.loads(message.payload)
    assert isinstance(found, dict)
    return found


MARK = "Sch\u00fctz-4711"
HOSTILE = st.one_of(st.just(MARK), st.text(max_size=20).map(lambda t: f"{t}{MARK}{t}"))
CODES = st.one_of(st.sampled_from([c.name for c in EventCode]), HOSTILE)


@given(HOSTILE, st.lists(CODES, max_size=5), st.sampled_from("subject detail value now".split()))
def test_no_text_of_a_person_leaves(text: str, codes: list[str], where: str) -> None:
    box = Outbox("qh1a", pseudonym("abc", 7), text)
    more = {"who": text, "why": text, where: text, text: text}
    alarm = dict.fromkeys(("priority", "response", "since", "active", "acknowledged", "who", text), text)
    hostile = state(events=tuple({**told(n, code), **more} for n, code in enumerate(codes)))
    session = {**dict.fromkeys(hostile.session, text), "left": text, "connected": text, "who": text, text: 1}
    alarms = ({"rule": RULE, **alarm}, {"rule": text})
    box.hear(
        State(4, 0, text, hostile.value, hostile.quality, (), session, alarms, hostile.events)
    )  # fmt: skip
    messages = drain(box)
    assert messages[-1].topic.endswith("/state")
    for message in messages:
        whole = message.topic + json.dumps(json.loads(message.payload), ensure_ascii=False)
        assert MARK not in whole


def test_neither_what_was_scanned_nor_why_leaves() -> None:
    box = outbox()
    box.hear(state(events=(told(1, "ENTERED", subject="patient", value=4711.0, detail="SIM-001"),)))
    event = body(drain(box)[0])
    assert event == {
        "schema": 1, "number": 1, "now_s": 1.0, "code": "ENTERED", "subject": None, "value": None,
        "detail": None, "dropped": 0, "chain": {"n": None, "head": None},
    }  # fmt: skip


def test_what_may_leave_leaves() -> None:
    box = outbox()
    alarm = {
        "rule": RULE, "priority": "HIGH", "response": "R4", "since": 10**9, "active": True,
        "acknowledged": False, "who": "nurse",
    }  # fmt: skip
    full = state(events=(told(7),))
    quality = [GOOD] * len(Channel)
    quality[Channel.T_BR] = BAD
    box.hear(
        State(
            full.seq,
            full.now,
            full.label,
            full.value,
            tuple(quality),
            (),
            full.session,
            (alarm,),
            full.events,
        )
    )
    event, message = drain(box)
    assert (event.topic, event.retain) == ("qh1a/0123/event", False)
    assert body(event) == {
        "schema": 1, "number": 7, "now_s": 7.0, "code": "ALARM_RAISED", "subject": RULE, "value": 1.5,
        "detail": "HIGH", "dropped": 0, "chain": {"n": None, "head": None},
    }  # fmt: skip
    assert (message.topic, message.retain) == ("qh1a/0123/state", True)
    found = body(message)
    value, session = found["value"], found["session"]
    assert isinstance(value, dict)
    assert isinstance(session, dict)
    assert list(value) == [row.id for row in CHANNELS]
    assert value[CHANNELS[Channel.T_BR].id] is None
    assert value[CHANNELS[Channel.P_VEN].id] == float(Channel.P_VEN)
    assert found["quality"] == {CHANNELS[Channel.T_BR].id: "STALE"}
    assert (found["plant"], found["now_s"], found["label"]) == ("SIM", 2.5, "2030-01-02T03:04:05Z")
    assert (session["state"], session["effective_s"], session["plasma_ml"]) == ("TREAT", 90.0, 12.5)
    assert found["alarms"] == [
        {
            "rule": RULE, "priority": "HIGH", "response": "R4", "since_s": 1.0, "active": True,
            "acknowledged": False,
        }
    ]  # fmt: skip


def test_a_session_has_its_own_name_and_it_is_short() -> None:
    names = {pseudonym("abc", 7), pseudonym("abc", 8), pseudonym("abd", 7)}
    assert len(names) == 3
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)
    assert pseudonym("abc", 7) == pseudonym("abc", 7)


def test_one_state_a_second_every_event_and_the_last_state() -> None:
    box = outbox()
    states: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for seq in range(1, 41):
        box.hear(state(seq, (told(seq),)))
        for message in drain(box):
            (states if message.retain else events).append(body(message))
    assert [s["seq"] for s in states] == [1, *range(4, 41, 4)]
    assert [e["number"] for e in events] == list(range(1, 41))
    box.hear(state(41, step=Step.ENDED.name))
    assert box.ended
    assert [body(m)["seq"] for m in drain(box)] == [41]


def test_of_states_that_wait_only_the_newest_is_kept() -> None:
    box = outbox()
    for seq in range(4, 400, 4):
        box.hear(state(seq))
    assert [body(m)["seq"] for m in drain(box)] == [396]


@given(st.integers(1, 40), st.integers(0, 3))
def test_of_events_that_wait_the_newest_thousand_are_kept_and_the_others_counted(
    batches: int, missed: int
) -> None:
    box = outbox()
    for n in range(batches):
        box.hear(state(4, tuple(told(50 * n + k) for k in range(50)), missed=missed))
    events = [body(m) for m in drain(box) if not m.retain]
    lost = max(0, 50 * batches - EVENTS_MOST)
    assert [e["number"] for e in events] == list(range(lost, 50 * batches))
    assert [e["dropped"] for e in events] == [lost + missed * batches] + [0] * (len(events) - 1)


def test_what_failed_is_taken_again_in_order_and_a_state_only_while_it_is_the_newest() -> None:
    box = outbox()
    box.hear(state(4, (told(1), told(2))))
    first = box.take()
    box.failed()
    assert box.take() == first
    box.hear(state(8, tuple(told(n) for n in range(3, EVENTS_MOST + 3))))
    assert box.take() == first  # what may be with the broker is not dropped: it would be counted as lost
    box.done()
    rest = [body(m) for m in drain(box)]
    assert [e.get("number") for e in rest] == [*range(3, EVENTS_MOST + 3), None]
    assert rest[0]["dropped"] == 1
    box.hear(state(12))
    old = box.take()
    assert old is not None
    box.failed()
    assert box.take() == old
    box.hear(state(16))
    box.failed()
    assert [body(m)["seq"] for m in drain(box)] == [16]


def test_a_status_is_retained() -> None:
    assert outbox().status(Status.ENDED) == ("qh1a/0123/status", "ended", True)


def test_the_delay_grows_to_thirty_seconds() -> None:
    delays = [delay_s(n) for n in range(1, 2000)]
    assert delays[:7] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
    assert set(delays[6:]) == {DELAY_MOST_S}


def test_the_head_of_the_chain_leaves_and_nothing_that_is_no_hash() -> None:
    box, head = outbox(), "0e89c7d6" * 8
    box.hear(replace(state(events=(told(1),)), chain={"n": 48, "head": head}))
    event, whole = (body(message) for message in drain(box))
    assert event["chain"] == whole["chain"] == {"n": 48, "head": head}
    for at, wrong in enumerate((f"{head}0", head[1:], head.upper(), MARK)):
        box.hear(replace(state(8 + 4 * at), chain={"n": 48, "head": wrong}))
        assert body(drain(box)[-1])["chain"] == {"n": 48, "head": None}
