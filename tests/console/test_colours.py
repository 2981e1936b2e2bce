"""The colours of the alarms, as people see them who lack a kind of cone.

Simulation: Machado, Oliveira and Fernandes 2009, severity 1. Difference: CIEDE2000, of which 1 is just seen.
"""

import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest
from coloraide import Color

from qh1a.console.app import STATIC

STYLE: Final = (STATIC / "style.css").read_text(encoding="utf-8")
SHAPES: Final = (STATIC / "dom.js").read_text(encoding="utf-8")
PAGE: Final = Path(__file__).parents[2] / "docs" / "console.md"
SIGHTS: Final = ("normal", "protan", "deutan", "tritan")
THEMES: Final = ("dark", "light")
PRIORITIES: Final = ("high", "medium", "low")
APART: Final = 20.0
"""Of two priorities, side by side or alone: a proposed floor, twenty times what is just seen."""
OFF_THE_PAGE: Final = 10.0
"""Of an alarmed field and the page around it; its shape and word carry an edge of their own."""
READ: Final = 4.5
"""WCAG 2.2, 1.4.3: words."""
DRAWN: Final = 3.0
"""WCAG 2.2, 1.4.11: what is drawn."""


def palette(theme: str) -> Mapping[str, str]:
    """The colours of a theme by name: the light one changes some of the dark one's."""
    heads = (r":root", r':root\[data-theme="light"\]')
    blocks = [re.search(rf"^{head} \{{(.*?)\}}", STYLE, re.DOTALL | re.MULTILINE) for head in heads]
    found: dict[str, str] = {}
    for block in blocks[: THEMES.index(theme) + 1]:
        assert block is not None
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", block[1]))
    return found


PALETTES: Final = {theme: palette(theme) for theme in THEMES}
LOOKS: Final = [(theme, sight) for theme in THEMES for sight in SIGHTS]


def seen(colour: str, sight: str) -> Color:
    found = Color(colour)
    return found if sight == "normal" else found.filter(sight, 1, method="machado").clip()


def apart(a: str, b: str, sight: str) -> float:
    return float(seen(a, sight).delta_e(seen(b, sight), method="2000"))


def contrast(a: str, b: str, sight: str) -> float:
    return float(seen(a, sight).contrast(seen(b, sight), method="wcag21"))


def least(theme: str, sight: str, kind: str) -> float:
    """The smallest difference of two priorities; `kind` is "-bg" for fields, "" for what is drawn."""
    colours = [PALETTES[theme][f"{name}{kind}"] for name in PRIORITIES]
    return min(apart(a, b, sight) for a, b in combinations(colours, 2))


@pytest.mark.parametrize(("theme", "sight"), LOOKS)
@pytest.mark.parametrize("kind", ["-bg", ""], ids=["fields", "lines"])
def test_two_priorities_are_told_apart(theme: str, sight: str, kind: str) -> None:
    assert least(theme, sight, kind) >= APART


@pytest.mark.parametrize(("theme", "sight"), LOOKS)
@pytest.mark.parametrize("name", PRIORITIES)
def test_an_alarm_stands_off_the_page_and_is_read(theme: str, sight: str, name: str) -> None:
    colours = PALETTES[theme]
    field, on, line = colours[f"{name}-bg"], colours[f"on-{name}"], colours[name]
    assert contrast(field, on, sight) >= READ
    for page in ("bg", "panel"):
        assert apart(field, colours[page], sight) >= OFF_THE_PAGE
        assert contrast(line, colours[page], sight) >= DRAWN


def test_each_priority_has_a_shape_of_its_own() -> None:
    table = re.search(r"SHAPES = \{(.*?)\n\}", SHAPES, re.DOTALL)
    assert table is not None
    shapes = dict(re.findall(r"(\w+): \[\"([^\"]+)\"", table[1]))
    assert shapes.keys() >= {name.upper() for name in PRIORITIES}
    assert len(set(shapes.values())) == len(shapes)


def test_the_page_says_the_least_differences() -> None:
    """docs/console.md gives them: one row per sight."""
    text = PAGE.read_text(encoding="utf-8")
    for sight in SIGHTS:
        figures = [f"{least(theme, sight, kind):.0f}" for theme in THEMES for kind in ("-bg", "")]
        assert f"| {sight} | {' | '.join(figures)} |" in text
