from collections.abc import Sequence
from math import inf, nextafter
from pathlib import Path

import pytest

from qh1a.channels import CHANNELS, N_MEASURED, Channel
from qh1a.record import Recorder, RecordError, SessionFile
from qh1a.replay import Divergence, replay
from qh1a.tick import ACTUATORS, Actuator, Decision, Event, EventCode, Frame, Intent, IntentName
from qh1a.units import Ns
from tests.record.ticks import HEADER, StillClock, lively

TICKS = 1250
RAISED = Event(EventCode.ALARM_RAISED, "H1.1", 2.5, "HIGH")
SET = Intent(3, IntentName.SET, "q_b", 120.0, "nurse")


def inputs(n: int) -> tuple[Frame, tuple[Intent, ...]]:
    frame, _, _ = lively(n)
    return frame, (SET,) if n == 900 else ()


class Double:
    """Decides from the frame, the intents and its own state; `spoil` changes what leaves one tick."""

    def __init__(self, at: int = -1, spoiled: Decision | None = None) -> None:
        self.n = 0
        self.total = 0.0
        self.at = at
        self.spoiled = spoiled

    def step(self, frame: Frame, intents: tuple[Intent, ...], /) -> Decision:
        n, self.n = self.n, self.n + 1
        self.total = (self.total + frame.value[Channel.Q_B] / 3.0) * 0.999 + sum(i.value for i in intents)
        if n == self.at and self.spoiled is not None:
            return self.spoiled
        _, _, decision = lively(n, (RAISED,) * (n % 400 == 7))
        value = (self.total, *decision.commands.value[1:])
        return decision._replace(commands=decision.commands._replace(value=value))


def decisions(upto: int) -> list[Decision]:
    double = Double()
    return [double.step(*inputs(n)) for n in range(upto)]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "s.qh1a"
    recorder = Recorder(path, HEADER, StillClock())
    for n, decision in enumerate(decisions(TICKS)):
        recorder.put(*inputs(n), decision)
    recorder.close({})
    return path


def spoiled(path: Path, n: int, decision: Decision) -> Divergence:
    with SessionFile(path) as file:
        result = replay(file, lambda: Double(n, decision))
    assert result.ticks == n + 1
    assert not result.equal
    assert result.divergence is not None
    assert result.divergence.tick == n
    assert result.divergence.session_s == pytest.approx(n / 10)
    return result.divergence


def test_equal_decisions_are_equal(path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with SessionFile(path) as file:
        result = replay(file, Double, lambda done, ticks: seen.append((done, ticks)))
    assert result.equal
    assert (result.ticks, result.divergence) == (TICKS, None)
    assert seen == [(600, TICKS), (1200, TICKS), (TICKS, TICKS)]


def test_a_session_left_open_is_replayed_to_its_last_tick(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "s.qh1a", HEADER, StillClock())
    for n, decision in enumerate(decisions(700)):
        recorder.put(*inputs(n), decision)
    recorder.commit()
    with SessionFile(tmp_path / "s.qh1a") as file:
        assert replay(file, Double).ticks == 700
        assert not replay(file, lambda: Double(699, decisions(1)[0])).equal
    recorder.close({})


@pytest.mark.parametrize("n", [0, 599, 600, 1249])
@pytest.mark.parametrize("actuator", [Actuator.BP, Actuator.BV])
def test_one_ulp_in_one_command_is_found(path: Path, n: int, actuator: Actuator) -> None:
    decision = decisions(n + 1)[n]
    value = list(decision.commands.value)
    value[actuator] = nextafter(value[actuator], inf)
    found = spoiled(path, n, decision._replace(commands=decision.commands._replace(value=tuple(value))))
    assert found.field == f"commands.{ACTUATORS[actuator].id}"
    assert found.recorded == repr(decision.commands.value[actuator])
    assert found.decided == repr(value[actuator])


def test_the_sign_of_zero_in_a_command_is_found(path: Path) -> None:
    decision = decisions(5)[4]
    at = decision.commands.value.index(0.0)
    value = (*decision.commands.value[:at], -0.0, *decision.commands.value[at + 1 :])
    found = spoiled(path, 4, decision._replace(commands=decision.commands._replace(value=value)))
    assert (found.recorded, found.decided) == ("0.0", "-0.0")


def test_the_lease_is_compared(path: Path) -> None:
    decision = decisions(701)[700]
    until = decision.commands.valid_until
    found = spoiled(
        path, 700, decision._replace(commands=decision.commands._replace(valid_until=Ns(until + 1)))
    )
    assert found.field == "commands.valid_until"
    assert (found.recorded, found.decided) == (repr(until), repr(until + 1))


def test_a_count_of_a_derived_value_is_found_and_less_is_not(path: Path) -> None:
    decision = decisions(601)[600]
    at = Channel.TMP - N_MEASURED
    lsb = CHANNELS[Channel.TMP].lsb

    def shifted(by: float) -> Decision:
        derived = list(decision.derived)
        derived[at] += by
        return decision._replace(derived=tuple(derived))

    found = spoiled(path, 600, shifted(lsb))
    assert found.field == "derived.TMP"
    assert float(found.decided) - float(found.recorded) == pytest.approx(1.25 * lsb)
    with SessionFile(path) as file:
        assert replay(file, lambda: Double(600, shifted(lsb / 5))).equal


def test_a_derived_value_that_is_no_number_is_found(path: Path) -> None:
    decision = decisions(2)[1]
    derived = (float("nan"), *decision.derived[1:])
    assert spoiled(path, 1, decision._replace(derived=derived)).decided == "nan"


def test_the_quality_of_a_derived_value_is_compared(path: Path) -> None:
    decision = decisions(602)[601]
    quality = (*decision.derived_quality[:-1], 4)
    found = spoiled(path, 601, decision._replace(derived_quality=quality))
    assert found.field == f"derived_quality.{CHANNELS[-1].id}"
    assert (found.recorded, found.decided) == (repr(decision.derived_quality[-1]), "4")


@pytest.mark.parametrize(
    ("n", "events", "field", "recorded", "decided"),
    [
        (7, [RAISED._replace(code=EventCode.RESPONSE)], "event[0].code", "ALARM_RAISED", "RESPONSE"),
        (7, [RAISED._replace(subject="H2")], "event[0].subject", "'H1.1'", "'H2'"),
        (807, [RAISED._replace(value=nextafter(2.5, inf))], "event[0].value", "2.5", "2.5000000000000004"),
        (407, [RAISED._replace(detail="")], "event[0].detail", "'HIGH'", "''"),
        (8, [RAISED], "event[0]", "none", "H1.1"),
        (7, [RAISED, RAISED], "event[1]", "none", "H1.1"),
        (7, [], "event[0]", "H1.1", "none"),
    ],
)
def test_events_are_compared_field_by_field(
    path: Path, n: int, events: Sequence[Event], field: str, recorded: str, decided: str
) -> None:
    decision = decisions(n + 1)[n]._replace(events=tuple(events))
    found = spoiled(path, n, decision)
    assert found.field == field
    assert recorded in found.recorded
    assert decided in found.decided


def test_the_first_of_two_differences_counts(path: Path) -> None:
    decision = decisions(8)[7]
    value = (-1.0, *decision.commands.value[1:])
    both = decision._replace(events=(), commands=decision.commands._replace(value=value))
    assert spoiled(path, 7, both).field == "commands.BP"


def test_a_lost_intent_is_found(path: Path) -> None:
    class Deaf(Double):
        def step(self, frame: Frame, _: tuple[Intent, ...], /) -> Decision:
            return super().step(frame, ())

    with SessionFile(path) as file:
        result = replay(file, Deaf)
    assert result.divergence is not None
    assert (result.divergence.tick, result.divergence.field) == (900, "commands.BP")


def test_a_file_of_another_channel_table_is_refused(path: Path) -> None:
    with SessionFile(path) as file:
        file.layout = type(file.layout)(file.layout.measured[1:], file.layout.derived, file.layout.actuators)
        with pytest.raises(RecordError, match="another table"):
            replay(file, Double)
