"""Every check of docs/model.md, and the page."""

import pytest

from tests.validation.check import Check, figure, holds
from tests.validation.published import ABSENT, CHECKS, PAGE, page


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: f"{c.id}: {c.what}")
def test_check(check: Check) -> None:
    found = f"{check.id}, {check.what}: {figure(check):.10g}, expected {check.expected:.10g}"
    assert holds(check) == (not check.outside), found


def test_every_number_of_the_references_has_a_row() -> None:
    analytic = {1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 25, 26, 27, 28, 29,
                30, 31, 32, 33, 34, 36, 37}  # fmt: skip
    wanted = {f"V{n:02}" for n in analytic} | {f"P{n:02}" for n in (1, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 16)}
    wanted |= {"T1", "T2", "T4", "T7", "T8"}
    listed = [check.id for check in CHECKS] + [absent[0] for absent in ABSENT]
    assert {part for ids in listed for part in ids.split(", ")} == wanted


def test_page_is_what_comes_out() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
