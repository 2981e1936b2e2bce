"""Every check of docs/model.md, and the page."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from qh1a.sim import separator
from tests.validation import anchors, assumptions, equations
from tests.validation.check import Check, figure, holds
from tests.validation.law import Law
from tests.validation.published import ABSENT, CHECKS, NEAR, PAGE, page

SIM = Path(separator.__file__).parent


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: f"{c.id}: {c.what}")
def test_check(check: Check) -> None:
    found = f"{check.id}, {check.what}: {figure(check):.10g}, expected {check.expected:.10g}"
    assert holds(check), found


def test_every_number_of_the_references_has_a_row() -> None:
    analytic = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 25, 26, 27, 28, 29,
                30, 31, 32, 33, 34, 36, 37}  # fmt: skip
    wanted = {f"V{n:02}" for n in analytic} | {f"P{n:02}" for n in (1, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16)}
    wanted |= {"T1", "T2", "T4", "T7", "T8"}
    listed = [check.id for check in CHECKS] + [absent[0] for absent in ABSENT]
    assert {part for ids in listed for part in ids.split(", ")} == wanted


def test_page_is_what_comes_out() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("law", equations.LAWS, ids=lambda law: law.what)
def test_a_law_names_functions_that_exist(law: Law) -> None:
    assert law.where
    for name in law.where:
        module, function = name.split(".")
        found = getattr(import_module(f"qh1a.sim.{module}"), function)
        assert callable(found), name
        # A compiled function keeps the module it was written in; an imported one does not count.
        assert found.__module__ == f"qh1a.sim.{module}", name


def test_no_module_with_compiled_physics_is_missing() -> None:
    compiled = {path.stem for path in SIM.glob("*.py") if "\n@compiled\n" in path.read_text(encoding="utf-8")}
    named = {name.partition(".")[0] for law in equations.LAWS for name in law.where}
    assert compiled - named == equations.PLUMBING


def test_every_law_has_a_mark() -> None:
    for law in equations.LAWS:
        assert any(mark in law.mark for mark in equations.MARKS), law.what


def test_cells_of_a_table_hold_no_bar() -> None:
    for law in equations.LAWS:
        assert "|" not in "".join((law.what, law.equation, law.symbols, law.source, law.mark, law.differs))


def test_marked_figures_are_read_from_comments() -> None:
    first = "[a]\nx = 1.0 # [design]: why\ny = 2.0 # physics 1\n"
    text = f"{first}[b] # figures [design]\nv = 4.0\nw = 5 # 1/h\n[c]\nu = 6\n"
    assert list(assumptions.marked(text)) == [("a", "x", "1.0"), ("b", "v", "4.0"), ("b", "w", "5")]


def test_marks_of_the_rig_are_all_read() -> None:
    text = (assumptions.CONFIGS / assumptions.FILES[0]).read_text(encoding="utf-8")
    figures = [line for line in text.splitlines() if " = " in line and "[design]" in line]
    assert len(list(assumptions.marked(text))) >= len(figures) > 90


def test_near_checks_exist_and_the_overview_counts_all() -> None:
    assert {check.id for check in CHECKS} >= NEAR
    text = page()
    rows = [
        line
        for line in text.splitlines()
        if line.startswith(("| analysis:", "| the same model", "| published", "| the rule"))
    ]
    assert sum(int(row.split(" | ")[1]) for row in rows) == len(CHECKS)


def test_the_rig_separates_less_than_the_published_device() -> None:
    """ADR 0013: from 4.31 um on the rig's own separator would be inside P10, too."""
    assert 22.0 < anchors.separated(anchors.S1) < 23.0
    inside = anchors.separated(replace(anchors.S1, cell_radius=4.31))
    assert inside >= 23.0
    assert inside / (70.0 * 0.63) >= 0.52
