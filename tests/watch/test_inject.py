"""Faults as somebody types them."""

import pytest

from qh1a.link import Answer, Delivered, Wish
from qh1a.watch.inject import Injector

FAULTS = {"return_line_kink": (1.0, 10.0, 4.0)}


class Asked:
    """A controller that takes everything but what is too much."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []

    async def ask(self, wish: Wish) -> Answer:
        self.wishes.append(wish)
        taken = wish.value <= 10.0
        return Answer(
            wish.ref, Delivered.TAKEN if taken else Delivered.REFUSED, 7, "" if taken else "OUT_OF_RANGE"
        )


@pytest.mark.parametrize(
    ("typed", "sent", "said"),
    [
        ("return_line_kink", ("return_line_kink", 4.0), "return_line_kink 4 taken"),
        (" return_line_kink  2.5 ", ("return_line_kink", 2.5), "return_line_kink 2.5 taken"),
        ("end:return_line_kink", ("end:return_line_kink", 0.0), "end:return_line_kink 0 taken"),
        (
            "return_line_kink 11",
            ("return_line_kink", 11.0),
            "return_line_kink 11 refused: OUT_OF_RANGE, allowed 1 to 10",
        ),
        ("kink 3", None, "kink: no such fault, page 5 lists them"),
        ("return_line_kink much", None, "much: allowed is one magnitude, 1 to 10"),
        ("return_line_kink nan", None, "nan: allowed is one magnitude, 1 to 10"),
        ("return_line_kink inf", None, "inf: allowed is one magnitude, 1 to 10"),
        ("return_line_kink 1 2", None, "1 2: allowed is one magnitude, 1 to 10"),
    ],
)
async def test_what_is_typed_is_sent_or_said_to_be_wrong(
    typed: str, sent: tuple[str, float] | None, said: str
) -> None:
    asked = Asked()
    assert await Injector(asked, FAULTS, "r")(typed) == said
    assert [(w.name, w.key, w.value) for w in asked.wishes] == ([] if sent is None else [("INJECT", *sent)])


async def test_the_same_fault_typed_twice_is_two_wishes() -> None:
    asked = Asked()
    inject = Injector(asked, FAULTS, "r")
    await inject("return_line_kink")
    await inject("return_line_kink")
    assert [w.ref for w in asked.wishes] == ["r-1", "r-2"]
