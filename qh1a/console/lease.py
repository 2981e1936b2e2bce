"""The one control lease (safety 5.2, T2): one browser acts, the others look.

It is free, or a browser's until that browser gives it back, is locked for idleness, or another has taken it
after a notice that everybody sees.
"""

from collections.abc import Callable
from typing import NamedTuple

from qh1a.console.access import Person
from qh1a.units import nanoseconds


class _Held(NamedTuple):
    browser: str
    person: Person


class Taking(NamedTuple):
    """A take-over that is announced: by whom, and in how many seconds it is done."""

    person: Person
    in_s: float


class Lease:
    """Who holds control. `told` hears of every change: what, and whose."""

    def __init__(
        self, takeover_s: float, wall_ns: Callable[[], int], told: Callable[[str, Person], None]
    ) -> None:
        self._notice_ns, self._wall_ns, self._told = nanoseconds(takeover_s), wall_ns, told
        self._held: _Held | None = None
        self._next: _Held | None = None
        self._due = 0

    def _settle(self) -> None:
        if self._next is not None and (self._held is None or self._wall_ns() >= self._due):
            self._held, self._next = self._next, None
            self._told("TAKEN", self._held.person)

    @property
    def holder(self) -> Person | None:
        """Who holds control now."""
        self._settle()
        return self._held.person if self._held else None

    @property
    def taking(self) -> Taking | None:
        """Who is about to take it."""
        self._settle()
        if self._next is None:
            return None
        return Taking(self._next.person, max(0.0, (self._due - self._wall_ns()) / 1e9))

    def holds(self, browser: str) -> bool:
        """Whether it is this browser's."""
        self._settle()
        return self._held is not None and self._held.browser == browser

    def take(self, browser: str, person: Person) -> float | None:
        """Seconds until it is this browser's, 0 at once; None while somebody else is taking it."""
        self._settle()
        if self._held is None or self._held.browser == browser:
            if self._held is None or self._held.person != person:
                self._told("TAKEN", person)
            self._held = _Held(browser, person)
            return 0.0
        if self._next is None:
            self._next, self._due = _Held(browser, person), self._wall_ns() + self._notice_ns
            self._told("TAKING", person)
        elif self._next.browser != browser:
            return None
        return (self._due - self._wall_ns()) / 1e9

    def give(self, browser: str) -> None:
        """This browser neither has it nor takes it any more."""
        self._settle()
        if self._next is not None and self._next.browser == browser:
            self._told("NOT_TAKEN", self._next.person)
            self._next = None
        if self._held is not None and self._held.browser == browser:
            self._told("GIVEN", self._held.person)
            self._held = None
        self._settle()
