"""What the console says about a rule, a refusal or a failed check, by language."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Len

from qh1a.config.files import resolve
from qh1a.config.load import load

Phrase = Annotated[str, Len(1, 200)]


@dataclass(frozen=True, slots=True)
class RuleText:
    """One alarm in words: its name, what happened, what the machine did, what to do now."""

    title: Annotated[str, Len(1, 48)]
    what: Phrase
    machine: Phrase
    you: Phrase


@dataclass(frozen=True, slots=True)
class Texts:
    """One language: by rule id, refusal, start gate, node trip, and by state and channel of a check."""

    schema: Literal[1]
    language: Phrase
    rule: Mapping[str, RuleText]
    refusal: Mapping[str, Phrase]
    gate: Mapping[str, Phrase]
    node: Mapping[str, Phrase]
    check: Mapping[str, Mapping[str, Phrase]]


def load_texts(language: str = "en") -> Texts:
    """The texts of a language. Raises `ConfigError`."""
    return read_texts(resolve(f"{language}.toml", "texts"))


def read_texts(path: Path) -> Texts:
    """The texts of a file. Raises `ConfigError`."""
    return load(Texts, path)
