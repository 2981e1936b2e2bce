"""What stands between a button and the link: who, whether, having seen what, signed by whom, written down.

STOP and audio pause are sent first and written down after; everything else is durable before it is sent.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from qh1a.console.access import (
    ACTIONS,
    BY_ID,
    SIGNERS,
    Action,
    Person,
    Role,
    Situation,
    denied,
)
from qh1a.console.audit import Audit
from qh1a.console.figures import Figures
from qh1a.console.guard import Browser
from qh1a.console.lease import Lease
from qh1a.console.pins import Pins, Wrong
from qh1a.console.relay import Relay
from qh1a.console.setting import RefusedError, Review, Settings
from qh1a.console.turns import Turns
from qh1a.console.wishes import Ask, NoError, ref_of, signed, wish_of, written
from qh1a.link import Answer, Delivered, LinkLostError, Wish
from qh1a.tick import IntentName
from qh1a.units import nanoseconds

_REFS_MOST: Final = 200
_UNCERTAIN: Final = "UNCERTAIN"


class Said(NamedTuple):
    """An answer of HTTP."""

    status: int
    body: Mapping[str, object]


class Desk:
    """One console's. `browsers` gives every browser that has a cookie."""

    def __init__(
        self,
        relay: Relay,
        pins: Pins,
        audit: Audit,
        figures: Figures,
        wall_ns: Callable[[], int],
        texts: Mapping[str, str],
    ) -> None:
        self._relay, self._pins, self._audit, self._f = relay, pins, audit, figures
        self._wall_ns, self._texts = wall_ns, texts
        self._later: deque[tuple[str, dict[str, object]]] = deque(maxlen=1000)
        self._lease = Lease(figures.takeover_s, wall_ns, self._lease_told)
        self._settings = Settings(relay, figures)
        self._one = asyncio.Lock()
        """One intent at a time: the next one's view is looked at once this one is answered."""
        self._turns = Turns[Said]()
        self._people: dict[str, Browser] = {}

    def say(self, status: int, reason: str, more: Mapping[str, object] | None = None) -> Said:
        """A no, or a broken request, with its words."""
        return Said(status, {"reason": reason, "text": self._text(reason), **(more or {})})

    def _text(self, reason: str) -> str:
        return self._texts.get(reason, reason)

    def _lease_told(self, what: str, person: Person) -> None:
        self._later.append(("lease", {"what": what, "who": str(person)}))

    async def settle(self) -> None:
        """Lock who has not touched anything for too long, and write down what happened by itself."""
        idle_ns = nanoseconds(self._f.idle_s)
        for browser in tuple(self._people.values()):
            if self._wall_ns() - browser.touched_ns >= idle_ns:
                browser.locked, browser.review = True, None
                del self._people[browser.id]
                self._later.append(("idle", {"who": str(browser.person)}))
                self._lease.give(browser.id)
        while self._later:
            kind, fields = self._later.popleft()
            await self._audit.note(kind, fields)

    def view(self, browser: Browser) -> dict[str, object]:
        """What of this console a browser's page shows."""
        taking, holder = self._lease.taking, self._lease.holder
        return {
            "me": me(browser),
            "lease": {
                "holder": holder.name if holder else None, "mine": self._lease.holds(browser.id),
                "taking": taking.person.name if taking else None, "in_s": taking.in_s if taking else None,
            },
            "locked": browser.locked,
            "generation": self._relay.generation,
            "may": self._may(browser),
        }  # fmt: skip

    def _may(self, browser: Browser) -> list[str]:
        at, person = self._relay.situation, browser.person
        if at is None:
            return []
        awake = person is not None and not browser.locked
        return [a.id for a in ACTIONS if a.always or (awake and person and not denied(a, person.role, at))]

    # -- who ------------------------------------------------------------------------------------------

    async def log_in(self, browser: Browser, name: str, pin: str) -> Said:
        """Somebody says who it is."""
        found = await self._identify(name, pin)
        known = name if name in self._pins.names else "?"
        if isinstance(found, Wrong):
            await self._audit.note("login", {"who": known, "ok": False, "reason": found.reason})
            return self._wrong(found)
        if browser.person is not None and browser.person != found:
            self._lease.give(browser.id)
        browser.person, browser.locked, browser.review = found, False, None
        browser.touched_ns = self._wall_ns()
        self._people[browser.id] = browser
        await self._audit.note("login", {"who": str(found), "ok": True})
        await self.settle()
        return Said(200, {"name": found.name, "role": found.role.value})

    async def _identify(self, name: str, pin: str) -> Person | Wrong:
        return await self._pins.check(name, pin)

    def _wrong(self, wrong: Wrong) -> Said:
        if wrong.reason == "LOCKED":
            return self.say(429, "LOCKED", {"retry_s": round(wrong.retry_s, 1)})
        return self.say(401, "WRONG_PIN")

    async def log_out(self, browser: Browser) -> Said:
        """Nobody is at this browser any more."""
        if browser.person is not None:
            await self._audit.note("logout", {"who": str(browser.person)})
        self._lease.give(browser.id)
        browser.person, browser.locked, browser.review = None, False, None
        self._people.pop(browser.id, None)
        await self.settle()
        return Said(200, {})

    async def here(self, browser: Browser) -> Said:
        """The person touched something."""
        await self.settle()
        if not browser.locked:
            browser.touched_ns = self._wall_ns()
        return Said(200, {})

    async def lease(self, browser: Browser, *, take: bool) -> Said:
        """Take control, or give it back."""
        await self.here(browser)
        in_s = 0.0
        if take:
            try:
                in_s = self._taken(browser)
            except NoError as no:
                return await self._refuse(browser, Ask("", "lease", 0), no)
        else:
            self._lease.give(browser.id)
        await self.settle()
        return Said(200, {"mine": self._lease.holds(browser.id), "in_s": in_s})

    def _taken(self, browser: Browser) -> float:
        """Seconds until control is had. Raises `NoError`."""
        person, at = self._awake(browser), self._relay.situation
        if not any(_role_fits(a, person.role, at) for a in ACTIONS):
            raise NoError(403, "ROLE")
        in_s = self._lease.take(browser.id, person)
        if in_s is None:
            raise NoError(403, "TAKING")
        return in_s

    def _awake(self, browser: Browser) -> Person:
        if browser.person is None:
            raise NoError(403, "NOT_LOGGED_IN")
        if browser.locked:
            raise NoError(403, "IDLE_LOCKED")
        return browser.person

    # -- intents --------------------------------------------------------------------------------------

    async def intent(self, browser: Browser, ask: Ask) -> Said:
        """Ask the session for something, once."""
        action = BY_ID.get(ask.action)
        if action is not None and action.always:
            return await self._calm(browser, ask, action)
        await self.here(browser)
        try:
            if action is None:
                raise NoError(422, "UNKNOWN_ACTION")  # noqa: TRY301 - refused like any other
            if action.intent is IntentName.SET:
                raise NoError(403, "REVIEW_NEEDED")  # noqa: TRY301 - as above
            return await self._act(browser, ask, action, None)
        except NoError as no:
            return await self._refuse(browser, ask, no)

    async def confirm(self, browser: Browser, id_: str, ask: Ask) -> Said:
        """Ask for the change that was reviewed."""
        await self.here(browser)
        review = browser.review
        try:
            if known := self._known(browser, ask._replace(text=id_)):
                return known
            if reason := self._settings.confirmable(review, id_, self._wall_ns()):
                raise NoError(403, reason)  # noqa: TRY301 - refused like any other
            assert review is not None  # noqa: S101 - else it is not confirmable
            return await self._act(browser, ask._replace(text=id_), BY_ID["set"], review)
        except NoError as no:
            return await self._refuse(browser, ask, no)

    async def review(self, browser: Browser, key: str, value: float, seen: int) -> Said:
        """What a change of a set point would do."""
        await self.here(browser)
        ask = Ask("", "set", seen, value, key=key)
        try:
            self._entitled(browser, ask, BY_ID["set"])
            found = self._settings.review(key, value, self._wall_ns())
        except RefusedError as error:
            return await self._refuse(browser, ask, NoError(422, error.reason))
        except NoError as no:
            return await self._refuse(browser, ask, no)
        browser.review = found
        return Said(200, {
            "id": found.id, "key": found.key, "unit": found.unit, "old": found.old, "new": found.new,
            "lo": found.lo, "hi": found.hi, "second": found.second,
            "effects": [e._asdict() for e in found.effects], "expires_s": self._f.review_s,
        })  # fmt: skip

    async def _refuse(self, browser: Browser, ask: Ask, no: NoError) -> Said:
        await self._audit.note("refused", {**written(browser, ask, ""), "reason": no.reason})
        return self.say(no.status, no.reason, no.more)

    def _entitled(self, browser: Browser, ask: Ask, action: Action) -> Person:
        """Who asks. Raises `NoError` when role, state, lease or view say no."""
        person, at = self._awake(browser), self._relay.situation
        if at is None:
            raise NoError(503, "LOST")
        if reason := denied(action, person.role, at):
            raise NoError(403, reason)
        if not self._lease.holds(browser.id):
            raise NoError(403, "LEASE")
        if not self._relay.fresh(ask.seen):
            raise NoError(403, "STALE")
        return person

    async def _act(self, browser: Browser, ask: Ask, action: Action, review: Review | None) -> Said:
        if known := self._known(browser, ask):
            return known
        self._awake(browser)
        if action.why and not (ask.why.strip() or (action.id == "note" and (ask.text or "").strip())):
            raise NoError(403, "WHY_NEEDED")
        wish = wish_of(browser, ask, action, review)
        person = self._entitled(browser, ask, action)
        signer = await self._signed(
            person, ask, needed=action.second or (review is not None and review.second)
        )
        who = f"{person}+{signer}" if signer else str(person)
        async with self._one:
            if known := self._known(browser, ask):
                return known
            # Again: while the second person's PIN was looked at, or another intent waited for its tick.
            self._entitled(browser, ask, action)
            if review is not None:
                if browser.review is not review:
                    raise NoError(403, "NO_REVIEW")
                if reason := self._settings.confirmable(review, review.id, self._wall_ns()):
                    raise NoError(403, reason)
                browser.review = None
            wish = signed(wish, who, self._relay.tick_of(ask.seen))
            await self._audit.note("intent", written(browser, ask, who, wish))
            said = await self._send(wish)
            _remember(browser, ask, said)
        await self._after({"ref": wish.ref, "who": who, **said.body})
        return said

    async def _after(self, fields: dict[str, object]) -> None:
        """Write an answer down. What is done is done: a disk that is full must not deny it."""
        try:
            await self._audit.note("answer", fields)
        except OSError:
            self._later.append(("answer", fields))

    async def _signed(self, person: Person, ask: Ask, *, needed: bool) -> Person | None:
        if not needed:
            return None
        if ask.second is None:
            raise NoError(403, "SECOND_NEEDED")
        if ask.second.name == person.name:
            raise NoError(403, "SECOND_SAME")
        found = await self._identify(ask.second.name, ask.second.pin)
        if isinstance(found, Wrong):
            await self._audit.note("second", {"who": str(person), "ok": False, "reason": found.reason})
            more = {"retry_s": round(found.retry_s, 1)} if found.reason == "LOCKED" else None
            raise NoError(429 if more else 403, found.reason, more)
        if found.role not in SIGNERS:
            raise NoError(403, "SECOND_ROLE")
        return found

    async def _calm(self, browser: Browser, ask: Ask, action: Action) -> Said:
        """STOP and audio pause: at once, whoever it is, and however often."""
        if known := self._known(browser, ask, refuse=False):
            return known
        who = str(browser.person) if browser.person is not None and not browser.locked else "console"
        sent: Wish | None = None

        async def send() -> Said:
            nonlocal sent
            ref = f"{ask.ref[:24]}~{secrets.token_hex(6)}" if ask.ref in browser.refs else ask.ref
            own = ask._replace(ref=ref)
            sent = Wish(ref_of(browser, own), action.intent.name, who=who, why=ask.why)
            said = await self._send(sent)
            _remember(browser, own, said)
            return said

        said = await self._turns.take((browser.id, action.id), send)
        if sent is not None:
            await self._after({**written(browser, ask, who, sent), **said.body})
        return said

    async def _send(self, wish: Wish) -> Said:
        try:
            answer = await self._relay.ask(wish)
        except LinkLostError:
            return self.say(503, "LOST")
        return Said(200, self._answer(answer))

    def _answer(self, answer: Answer) -> dict[str, object]:
        reason = _UNCERTAIN if answer.delivered is Delivered.UNCERTAIN else answer.reason
        text = self._text(reason) if reason else ""
        return {"delivered": answer.delivered.value, "reason": reason, "text": text, "now": answer.now}

    def _known(self, browser: Browser, ask: Ask, *, refuse: bool = True) -> Said | None:
        """The answer to what was asked before under the same reference."""
        kept = browser.refs.get(ask.ref)
        if kept is None:
            return None
        content, body = kept
        if content != _content(ask):
            if refuse:
                raise NoError(422, "REF_USED")
            return None
        return None if body.get("reason") == _UNCERTAIN else Said(200, body)


def me(browser: Browser) -> dict[str, str] | None:
    """Who is at a browser."""
    person = browser.person
    return None if person is None else {"name": person.name, "role": person.role.value}


def _role_fits(action: Action, role: Role, at: Situation | None) -> bool:
    if action.always:
        return False
    return role in action.roles if at is None else denied(action, role, at) != "ROLE"


def _content(ask: Ask) -> str:
    return json.dumps([ask.action, ask.value, ask.text, ask.why])


def _remember(browser: Browser, ask: Ask, said: Said) -> None:
    if said.status == 200:
        browser.refs[ask.ref] = _content(ask), said.body
        while len(browser.refs) > _REFS_MOST:
            del browser.refs[next(iter(browser.refs))]
