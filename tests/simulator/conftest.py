"""Small simulations, made once a session: tests only read them."""

from pathlib import Path

import pytest

from iot_streaming.simulator import Manifest, Simulation, simulate

SMALL = Simulation(seed=11, devices=20, hours=14)


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    """A small fleet under the default profile."""
    out = tmp_path_factory.mktemp("landing")
    return out, simulate(SMALL, out)
