from collections.abc import AsyncIterator

import pytest

from tests.contract.subjects import SUBJECTS, Subject


@pytest.fixture(params=SUBJECTS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    """An opened plant that has given its first frame."""
    made = SUBJECTS[request.param]()
    await made.plant.open()
    made.read()
    yield made
    await made.plant.make_safe()
    await made.plant.close()
    made.clock.close()
