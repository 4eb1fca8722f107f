"""The real server, where the extra that captures it is installed."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.capture.server import Server, running_server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL for one module's tests. `.ci/capture` installs what it takes."""
    if find_spec("pydbzengine") is None:
        pytest.skip("the extra 'capture' is not installed; .ci/capture runs this")
    with running_server() as running:
        yield running
