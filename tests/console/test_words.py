"""The labels of the pages: whole in every language, and every one that a page asks for is there."""

import re
from pathlib import Path
from typing import Final

import pytest

from qh1a.console.access import REASONS
from qh1a.console.app import STATIC
from qh1a.console.tables import LANGUAGES, texts, words

PLACE: Final = re.compile(r"\{\w+\}")
ASKED: Final = re.compile(r"""\bt\(["`]([a-z]+\.[\w.]+)["`]""")
SCRIPTS: Final = sorted(STATIC.glob("*.js"))


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_a_language_has_every_label_with_the_same_places(language: str) -> None:
    first, other = words("en"), words(language)
    assert [(t, key) for t in first for key in first[t]] == [(t, key) for t in other for key in other[t]]
    places = {
        f"{table}.{key}": (found, sorted(PLACE.findall(other[table][key])))
        for table, rows in first.items()
        for key, text in rows.items()
        if (found := sorted(PLACE.findall(text))) != sorted(PLACE.findall(other[table][key]))
    }
    assert places == {}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_label_that_a_page_asks_for_is_there(script: Path) -> None:
    known = words("en")
    asked = {key.partition(".")[::2] for key in ASKED.findall(script.read_text(encoding="utf-8"))}
    assert [f"{table}.{key}" for table, key in sorted(asked) if key not in known.get(table, {})] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_words(language: str) -> None:
    core = texts(language)["refusal"]
    assert isinstance(core, dict)
    assert set(words(language)["reason"]) == set(REASONS)
    assert not set(core) & set(REASONS) - {"UNKNOWN_KEY"}
