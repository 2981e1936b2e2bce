import numpy as np

from qh1a.report.events import Entry, Recorded, alarms_of, changes_of, journal_of, samples_of, spans_of
from qh1a.tick import Event, EventCode, Intent, IntentName, Phase, Priority
from tests.report import fake

T = np.arange(0.0, 100.0, 0.1)
FLOWS = {"blood_ml_min": 130.0, "plasma_ml_min": 30.0, "perfusion_ml_min": 100.0}


def at(t: float, what: Intent | Event) -> Recorded:
    return fake.Recorded(round(t * 10), what)


def lines(*records: Recorded) -> list[tuple[bool, str, str, str, int]]:
    return [(e.machine, e.who, e.what, e.verdict, e.times) for e in journal_of(records, T)]


def test_phases_are_stays_without_holes() -> None:
    t = np.arange(6.0)
    codes = np.array([4.0, 4.0, 99.0, 5.0, 6.0, 5.0])
    good = np.array([True, True, False, True, True, True])
    spans = [(s.phase, s.start, s.end) for s in spans_of(t, codes, good)]
    assert spans == [
        (Phase.RAMP, 0.0, 3.0), (Phase.TREAT, 3.0, 4.0), (Phase.PAUSE, 4.0, 5.0), (Phase.TREAT, 5.0, 5.0),
    ]  # fmt: skip


def test_a_phase_unknown_at_the_start_is_the_first_one_known() -> None:
    spans = spans_of(np.arange(3.0), np.array([0.0, 1.0, 1.0]), np.array([False, True, True]))
    assert [(s.phase, s.start) for s in spans] == [(Phase.PRIME, 0.0)]
    assert spans_of(np.arange(2.0), np.zeros(2), np.zeros(2, dtype=np.bool_)) == ()
    assert spans_of(np.empty(0), np.empty(0), np.empty(0, dtype=np.bool_)) == ()


def test_each_alarm_has_its_own_end() -> None:
    alarms = alarms_of(
        [
            at(1.0, Event(EventCode.ALARM_RAISED, "H10.2", 61.0, "MEDIUM")),
            at(2.0, Event(EventCode.ALARM_ACKNOWLEDGED, "H10.2")),
            at(3.0, Event(EventCode.ALARM_CLEARED, "H10.2")),
            at(4.0, Event(EventCode.ALARM_RAISED, "H10.2", 62.0, "MEDIUM")),
            at(5.0, Event(EventCode.ALARM_RAISED, "H05.1", 22.0, "HIGH")),
            at(6.0, Event(EventCode.ALARM_RESET, "H05.1")),
            at(7.0, Event(EventCode.ALARM_CLEARED, "H99.9")),
        ],
        T,
    )
    assert [(a.rule, a.raised, a.acknowledged, a.cleared) for a in alarms] == [
        ("H10.2", 1.0, 2.0, 3.0), ("H10.2", 4.0, None, None), ("H05.1", 5.0, None, 6.0),
    ]  # fmt: skip
    assert [a.priority for a in alarms] == [Priority.MEDIUM, Priority.MEDIUM, Priority.HIGH]


def test_an_intent_carries_its_own_verdict() -> None:
    assert lines(
        at(1.0, Intent(1, IntentName.SET, "blood_ml_min", 120.0, "li", "calm")),
        at(1.0, Intent(2, IntentName.RESUME, "", 0.0, "", "")),
        at(1.0, Event(EventCode.INTENT_REFUSED, "RESUME", 2.0, "ALARM_PRESENT")),
        at(1.0, Event(EventCode.ENTERED, "blood_ml_min", 120.0)),
        at(1.0, Event(EventCode.INTENT_TAKEN, "SET", 1.0)),
        at(2.0, Intent(3, IntentName.STOP)),
    ) == [
        (False, "li", "set blood_ml_min 120", "taken", 1),
        (False, "operator", "resume", "refused: alarm present", 1),
        (False, "operator", "stop", "no answer recorded", 1),
    ]


def test_nobody_passes_for_the_machine() -> None:
    (entry,) = journal_of([at(1.0, Intent(1, IntentName.STOP, "", 0.0, "machine", ""))], T)
    assert not entry.machine


def test_a_round_that_repeats_is_said_once() -> None:
    records = []
    for n in range(20):
        records += [
            at(n, Intent(2 * n, IntentName.ACKNOWLEDGE, "", 0.0, "auto")),
            at(n, Event(EventCode.INTENT_TAKEN, "ACKNOWLEDGE", 2.0 * n)),
            at(n, Intent(2 * n + 1, IntentName.RESUME, "", 0.0, "auto")),
            at(n, Event(EventCode.INTENT_REFUSED, "RESUME", 2.0 * n + 1, "NOT_NOW")),
        ]
    records.append(at(50.0, Event(EventCode.OUTCOME, "", 60.0, "ENDED_EARLY")))
    assert lines(*records) == [
        (False, "auto", "acknowledge", "taken", 20),
        (False, "auto", "resume", "refused: not now", 20),
        (True, "machine", "outcome ended_early, 60 s effective", "", 1),
    ]
    assert [e.until for e in journal_of(records, T)] == [19.0, 19.0, 50.0]


def test_what_differs_is_not_folded() -> None:
    records = [at(n, Event(EventCode.STATE, name, 0.0, "NOMINAL")) for n, name in enumerate("ABABCAB")]
    assert len(journal_of(records, T)) == 7


def test_events_speak_plainly() -> None:
    said = [
        (Event(EventCode.STATE, "TREAT", 13.0, "AT_SET"), "state TREAT", "at set"),
        (Event(EventCode.RESPONSE, "R4S", 7.0), "response R4s", ""),
        (Event(EventCode.RESPONSE, "R2", 3.0, "H10.2"), "response R2", "H10.2"),
        (Event(EventCode.RESPONSE, "NONE", 0.0), "response over", ""),
        (Event(EventCode.INTERLOCK, "", 5.0), "interlocks I1, I3", ""),
        (Event(EventCode.INTERLOCK, "", 0.0), "interlocks released", ""),
        (Event(EventCode.GAP, "", 12.5), "gap of 12.5 s between frames", ""),
        (Event(EventCode.CHECK_FAILED, "P_VEN", 22.0, "SELF_ZERO"), "check failed P_VEN 22", "self zero"),
        (Event(EventCode.INTENT_TAKEN, "STOP", float("inf")), "intent taken STOP inf", ""),
    ]
    for event, what, why in said:
        (entry,) = journal_of([at(1.0, event)], T)
        assert (entry.what, entry.why, entry.machine) == (what, why, True)


def test_set_points_change_when_taken_and_plasma_follows_blood() -> None:
    changes = changes_of(
        [
            at(10.0, Event(EventCode.ENTERED, "blood_ml_min", 104.0)),
            at(20.0, Event(EventCode.ENTERED, "plasma_ml_min", 20.0)),
            at(30.0, Event(EventCode.ENTERED, "sample_ml", 5.0)),
        ],
        FLOWS,
        T,
    )
    assert changes["blood_ml_min"] == ((0.0, 130.0), (10.0, 104.0))
    assert changes["plasma_ml_min"] == ((0.0, 30.0), (10.0, 24.0), (20.0, 20.0))
    assert changes["perfusion_ml_min"] == ((0.0, 100.0),)


def test_samples_before_ramp_are_not_of_the_balance() -> None:
    records = [at(t, Event(EventCode.ENTERED, "sample_ml", ml)) for t, ml in ((1.0, 5.0), (50.0, 3.0))]
    assert samples_of(records, T - 20.0) == 3.0


def test_a_record_of_a_tick_that_is_not_there_is_of_the_last_one() -> None:
    (entry,) = journal_of([fake.Recorded(10**9, Event(EventCode.FROZEN))], T)
    assert isinstance(entry, Entry)
    assert entry.at == T[-1]
