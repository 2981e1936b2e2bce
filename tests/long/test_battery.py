"""The machinery of the batteries: it resumes, repeats findings, and forgets when the code changes."""

from pathlib import Path

import pytest

from tests.long import battery
from tests.long.battery import Battery, Budget, budget

ALL = Budget(seconds=60.0, wanted=6, minimum=3)


def sound(_: int) -> str:
    return ""


def odd(n: int) -> str:
    if n == 5:
        raise ZeroDivisionError
    return f"{n} is odd" if n % 2 else ""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(battery, "STATE", tmp_path)
    monkeypatch.setattr(battery, "fingerprint", lambda: "one")


def test_it_goes_on_where_it_stopped_and_repeats_findings() -> None:
    first = Battery("b", odd)
    first.run(ALL)
    assert first.done == {0, 2, 4}
    assert first.findings == {1: "1 is odd", 3: "3 is odd", 5: "ZeroDivisionError()"}
    assert first.report(ALL).splitlines()[0] == "b: 6 done of 6 wanted, 3 with a finding"
    repaired = Battery("b", sound)
    repaired.load()
    assert repaired.done == {0, 2, 4}
    repaired.run(ALL)
    assert (repaired.done, repaired.findings) == ({0, 1, 2, 3, 4, 5}, {})


def test_without_time_nothing_is_begun() -> None:
    late = Battery("b", sound)
    late.run(Budget(seconds=0.0, wanted=6, minimum=3))
    assert late.report(ALL) == "b: 0 done of 6 wanted, 0 with a finding"


def test_other_code_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    Battery("b", sound).run(ALL)
    monkeypatch.setattr(battery, "fingerprint", lambda: "another")
    again = Battery("b", sound)
    again.load()
    assert again.done == set()


def test_the_minutes_are_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(battery.MINUTES, raising=False)
    full = [budget(name) for name in ("treatments", "faults", "pauses", "unblocked")]
    assert sum(b.seconds for b in full) == pytest.approx(75 * 60)
    monkeypatch.setenv(battery.MINUTES, "7.5")
    assert budget("faults").seconds == pytest.approx(full[1].seconds / 10)
    assert budget("faults").minimum == full[1].minimum // 10
    monkeypatch.setenv(battery.MINUTES, "0")
    with pytest.raises(ValueError, match="QH1A_LONG_MINUTES = 0"):
        budget("faults")
