"""What people are told, by language: alarms, refusals, checks, and names for what the core's tables hold."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Len

from qh1a.config.files import root, shipped
from qh1a.config.load import load
from qh1a.config.tables import ConfigError
from qh1a.tick import EventCode

Phrase = Annotated[str, Len(1, 200)]
Words = Annotated[str, Len(1, 48)]
"""A line of a list, or a button."""
Name = Annotated[str, Len(1, 28)]
"""A label beside a figure."""


@dataclass(frozen=True, slots=True)
class RuleText:
    """One alarm in words: its name, what happened, what the machine did, what to do now."""

    title: Words
    what: Phrase
    machine: Phrase
    you: Phrase


@dataclass(frozen=True, slots=True)
class Texts:
    """One language.

    By rule id, refusal, start gate and node trip; by state and channel of a check; by the members of the
    core's tables: state, event, priority, response, outcome, pause kind, intent, quality, interlock (I1 is
    bit 0 of channel `interlocks`), and by the ids of actuators and channels.
    """

    schema: Literal[1]
    language: Phrase
    rule: Mapping[str, RuleText]
    refusal: Mapping[str, Phrase]
    gate: Mapping[str, Phrase]
    node: Mapping[str, Phrase]
    check: Mapping[str, Mapping[str, Phrase]]
    state: Mapping[str, Words]
    event: Mapping[str, Words]
    priority: Mapping[str, Name]
    response: Mapping[str, Words]
    outcome: Mapping[str, Name]
    pause: Mapping[str, Words]
    intent: Mapping[str, Words]
    quality: Mapping[str, Words]
    interlock: Mapping[str, Words]
    actuator: Mapping[str, Name]
    channel: Mapping[str, Name]

    def told(self, code: EventCode, subject: str, value: float, detail: str) -> str:
        """An event in words; what a placeholder does not know is left out."""
        rule = self.rule.get(subject)
        return self.event[code.name].format(
            subject=subject, value=f"{value:.6g}", detail=detail, rule=rule.title if rule else "",
            state=self.state.get(subject, ""), intent=self.intent.get(subject, ""),
            response=self.response.get(subject, ""), priority=self.priority.get(detail, ""),
            outcome=self.outcome.get(detail, ""), refusal=self.refusal.get(detail, ""),
            bits=", ".join(interlocks(value)) or self.interlock.get("NONE", ""),
        ).strip()  # fmt: skip


def interlocks(value: float) -> tuple[str, ...]:
    """The interlocks of a figure of channel `interlocks`: I1 is bit 0."""
    bits = int(value) if math.isfinite(value) and value > 0.0 else 0
    return tuple(f"I{i + 1}" for i in range(bits.bit_length()) if bits >> i & 1)


def languages() -> tuple[str, ...]:
    """What `load_texts` knows."""
    return tuple(name.removesuffix(".toml") for name in shipped("texts"))


def load_texts(language: str = "en") -> Texts:
    """The shipped texts of a language; a path is none. Raises `ConfigError`."""
    known = languages()
    if language not in known:
        folder = "texts"
        raise ConfigError(folder, "language", language, f"allowed {', '.join(known)}")
    return read_texts(root() / "texts" / f"{language}.toml")


def read_texts(path: Path) -> Texts:
    """The texts of a file. Raises `ConfigError`."""
    return load(Texts, path)
