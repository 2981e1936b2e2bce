"""Maximum sensitivity of every controller there is gains for, on the model its loop is tuned on."""

import dataclasses

import pytest

from qh1a.settings import PidGains
from tests.control.models import LOOPS, worst_sensitivity
from tests.safety.bench import TUNING

MS_MOST = 1.7


def test_no_controller_is_left_out() -> None:
    gains = {f.name for f in dataclasses.fields(TUNING) if isinstance(getattr(TUNING, f.name), PidGains)}
    assert gains == set(LOOPS)


@pytest.mark.parametrize("name", LOOPS)
def test_maximum_sensitivity_is_at_most_1_7(name: str) -> None:
    worst = worst_sensitivity(LOOPS[name])
    assert 1.0 < worst <= MS_MOST
