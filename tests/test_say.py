"""Tables for people: nothing that must be typed again is cut off."""

import pytest

from qh1a.cli.say import result_table

HEADINGS = ("name", "unit", "does")
NAME = "separation_pump_stall"
ROWS = [(NAME, "1", "The separation pump stands still whatever it is told, and goes on standing still.")]


def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int) -> str:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    result_table(HEADINGS, ROWS)
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", [22, 40, 60, 80, 200])
def test_a_name_is_whole_on_every_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    said = shown(monkeypatch, capsys, columns)
    assert NAME in said
    assert "…" not in said


def test_a_narrow_terminal_gets_row_by_row_and_a_wide_one_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(monkeypatch, capsys, 40).splitlines()[0] == f"name  {NAME}"
    first = shown(monkeypatch, capsys, 80).splitlines()[0]
    assert [heading for heading in HEADINGS if heading in first] == list(HEADINGS)
