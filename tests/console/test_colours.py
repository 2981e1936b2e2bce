"""The colours of the alarms, as people see them who lack a kind of cone.

Simulation: Machado, Oliveira and Fernandes 2009, severity 1; for tritanopia that is an approximation, so
Brettel, Viénot and Mollon 1997 is asked as well. Difference: CIEDE2000, of which 1 is just seen.
"""

import re
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest
from coloraide import Color

from qh1a.console.app import STATIC
from qh1a.console.tables import LANGUAGES, texts, words

STYLE: Final = (STATIC / "style.css").read_text(encoding="utf-8")
SHAPES: Final = (STATIC / "dom.js").read_text(encoding="utf-8")
TRENDS: Final = (STATIC / "trends.js").read_text(encoding="utf-8")
PAGE: Final = Path(__file__).parents[2] / "docs" / "console.md"
SIGHTS: Final = {
    "normal": None,
    "protan": ("protan", "machado"),
    "deutan": ("deutan", "machado"),
    "tritan": ("tritan", "machado"),
    "tritan, Brettel": ("tritan", "brettel"),
}
"""Each with the filter and the method that show it."""
THEMES: Final = ("dark", "light")
PRIORITIES: Final = ("high", "medium", "low")
APART: Final = 20.0
"""Of two priorities, and of each and the page around it: a proposed floor, twenty times what is just seen."""
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
    found, how = Color(colour), SIGHTS[sight]
    return found if how is None else found.filter(how[0], 1, method=how[1]).clip()


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
        assert apart(field, colours[page], sight) >= APART
        assert apart(line, colours[page], sight) >= APART
        assert contrast(line, colours[page], sight) >= DRAWN


@pytest.mark.parametrize("theme", THEMES)
def test_the_trends_ask_for_colours_that_there_are(theme: str) -> None:
    table = re.search(r"COLOUR = \{(.*?)\}", TRENDS)
    assert table is not None
    asked = dict(re.findall(r"(\w+): \"--([\w-]+)\"", table[1]))
    assert asked == {name.upper(): name for name in PRIORITIES}
    named = set(re.findall(r"this\.css\(\"--([\w-]+)\"\)", TRENDS))
    assert named
    assert named <= PALETTES[theme].keys()


@pytest.mark.parametrize("theme", THEMES)
def test_no_alarm_colour_is_written_a_second_time(theme: str) -> None:
    """A copy beside the palette would stay behind when a theme changes it."""
    ours = {PALETTES[theme][f"{name}{kind}"] for name in PRIORITIES for kind in ("", "-bg")}
    rules = [
        re.sub(r"^:root[^{]*\{.*?\}", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for sheet in sorted(STATIC.glob("*.css"))
    ]
    assert [
        colour for rule in rules for colour in re.findall(r"#[0-9a-f]{6}\b", rule) if colour in ours
    ] == []


def test_each_priority_has_a_shape_of_its_own() -> None:
    table = re.search(r"SHAPES = \{(.*?)\n\}", SHAPES, re.DOTALL)
    assert table is not None
    rows = {name: (path, marks) for name, path, marks in re.findall(r'(\w+): \["([^"]+)", "(!+)"', table[1])}
    assert rows.keys() == {name.upper() for name in PRIORITIES}
    for each in zip(*rows.values(), strict=True):
        assert len(set(each)) == len(PRIORITIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_priority_has_a_word_of_its_own(language: str) -> None:
    labels, core = words(language), texts(language)["priority"]
    assert isinstance(core, dict)
    names = [name.upper() for name in PRIORITIES]
    for standing in ("active", "latched", "acked"):
        assert len({labels["banner"][f"{standing}_{name}"] for name in names} - {""}) == len(names)
    for table in (labels["setup"], core):
        assert len({table[name] for name in names} - {""}) == len(names)


def test_the_page_says_the_least_differences() -> None:
    """docs/console.md gives them: one row per sight."""
    text = PAGE.read_text(encoding="utf-8")
    for sight in SIGHTS:
        figures = [f"{least(theme, sight, kind):.0f}" for theme in THEMES for kind in ("-bg", "")]
        assert f"| {sight} | {' | '.join(figures)} |" in text
