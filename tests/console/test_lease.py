"""One browser has control."""

from qh1a.console.access import Person, Role
from qh1a.console.lease import Lease
from tests.link.bench import Wall

ANNA, BEN = Person("anna", Role.OPERATOR), Person("ben", Role.OPERATOR)


def lease() -> tuple[Lease, Wall, list[str]]:
    wall, told = Wall(), list[str]()
    return Lease(5.0, wall.wall_ns, lambda what, who: told.append(f"{what} {who}")), wall, told


def test_a_free_lease_is_taken_at_once() -> None:
    found, _, told = lease()
    assert not found.holds("a")
    assert found.take("a", ANNA) == 0.0
    assert found.take("a", ANNA) == 0.0
    assert str(found.holder) == "anna/operator"
    assert (found.holds("a"), found.holds("b")) == (True, False)
    assert told == ["TAKEN anna/operator"]


def test_a_held_lease_changes_hands_after_the_notice_and_not_before() -> None:
    found, wall, told = lease()
    found.take("a", ANNA)
    assert found.take("b", BEN) == 5.0
    wall.wall = 4_999_999_999
    assert found.holds("a")
    taking = found.taking
    assert taking is not None
    assert taking.person == BEN
    assert found.take("b", BEN) == 0.000_000_001  # asking again does not start the notice again
    wall.wall = 5_000_000_000
    assert (found.holds("a"), found.holds("b"), bool(found.taking)) == (False, True, False)
    assert told == ["TAKEN anna/operator", "TAKING ben/operator", "TAKEN ben/operator"]


def test_a_third_waits_until_the_second_has_it() -> None:
    found, wall, _ = lease()
    found.take("a", ANNA)
    found.take("b", BEN)
    assert found.take("c", ANNA) is None
    wall.wall = 5_000_000_000
    assert found.take("c", ANNA) == 5.0


def test_what_is_given_back_is_the_takers_at_once() -> None:
    found, _, told = lease()
    found.take("a", ANNA)
    found.take("b", BEN)
    found.give("a")
    assert found.holds("b")
    found.give("c")
    assert found.holds("b")
    assert told[-2:] == ["GIVEN anna/operator", "TAKEN ben/operator"]


def test_a_taker_that_goes_takes_nothing() -> None:
    found, wall, _ = lease()
    found.take("a", ANNA)
    found.take("b", BEN)
    found.give("b")
    wall.wall = 10_000_000_000
    assert found.holds("a")
