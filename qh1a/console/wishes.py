"""What a press of a button says, and the intent that it becomes."""

from collections.abc import Mapping
from typing import NamedTuple

from qh1a.console.access import Action
from qh1a.console.guard import Browser
from qh1a.console.setting import Review
from qh1a.link import Wish
from qh1a.tick import IntentName


class Signature(NamedTuple):
    """A second person, as typed."""

    name: str
    pin: str


class Ask(NamedTuple):
    """One press of a button. `seen`: the number of the state that the person looked at."""

    ref: str
    action: str
    seen: int
    value: float | None = None
    text: str | None = None
    why: str = ""
    second: Signature | None = None
    key: str | None = None
    """Of a set point."""


class NoError(Exception):
    """The answer is no: status of HTTP, reason, and what else is said."""

    def __init__(self, status: int, reason: str, more: Mapping[str, object] | None = None) -> None:
        self.status, self.reason, self.more = status, reason, more or {}


def ref_of(browser: Browser, ask: Ask) -> str:
    """A reference of the link: two browsers never mean the same."""
    return f"{browser.id[:16]}-{ask.ref}"


def wish_of(browser: Browser, ask: Ask, action: Action, review: Review | None) -> Wish:
    """The intent of an action. Raises `NoError` for a value or text that it does not take, or lacks."""
    ref, name = ref_of(browser, ask), action.intent.name
    if review is not None:
        return Wish(ref, name, key=review.key, value=review.new)
    text = (ask.text or "").strip()
    if action.id == "note":
        return Wish(ref, name, key=action.key, why=text or ask.why)
    if (ask.value is not None) is not (action.takes == "value") or (text and action.takes != "text"):
        raise NoError(422, "VALUE_NEEDED")
    if action.intent is IntentName.ACKNOWLEDGE:
        if len(text) > 64:
            raise NoError(422, "VALUE_NEEDED")
        return Wish(ref, name, key=text, why=ask.why)
    if action.takes == "text":
        if not text:
            raise NoError(422, "VALUE_NEEDED")
        return Wish(ref, name, key=action.key, why=text)
    return Wish(ref, name, key=action.key, value=ask.value or 0.0, why=ask.why)


def signed(wish: Wish, who: str, seen: int | None) -> Wish:
    """The same, asked by them, who looked at the state of that tick."""
    return Wish(wish.ref, wish.name, wish.key, wish.value, who, wish.why, seen)


def written(browser: Browser, ask: Ask, who: str, wish: Wish | None = None) -> dict[str, object]:
    """What the audit keeps of it."""
    row: dict[str, object] = {
        "who": who or str(browser.person or "console"), "action": ask.action, "seen": ask.seen,
        "why": ask.why,
    }  # fmt: skip
    if wish is not None:
        row |= {"ref": wish.ref, "intent": wish.name, "key": wish.key, "value": wish.value, "said": wish.why}
    return row
