"""A fleet that behaves like one, with planted faults and the truth about them.

>>> from iot_streaming.simulator import Simulation, simulate
>>> simulate(Simulation.sized(100_000), Path("landing")).faults["duplicate_events"]
"""

from iot_streaming.simulator.manifest import Manifest, SourceCount
from iot_streaming.simulator.run import follow, simulate
from iot_streaming.simulator.settings import FAULT_PROFILES, Simulation

__all__ = ["FAULT_PROFILES", "Manifest", "Simulation", "SourceCount", "follow", "simulate"]
