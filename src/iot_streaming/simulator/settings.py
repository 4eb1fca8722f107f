"""What a user asks for in, the one frozen set of settings that decides every byte out."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from iot_streaming.errors import ConfigurationError
from iot_streaming.simulator.fleet import readings_per_device_hour

__all__ = ["FAULT_PROFILES", "Simulation"]

# How a profile scales the rates in faults.py and anomalies.py.
FAULT_PROFILES = {"none": 0.0, "light": 0.1, "default": 1.0, "heavy": 5.0}

DEFAULT_START = datetime(2026, 1, 5, tzinfo=UTC)
_DEFAULT_HOURS = 48.0
_SMALLEST_FLEET = 12  # below this, a fleet of four device types no longer looks like one


@dataclass(frozen=True)
class Simulation:
    """Everything that decides the bytes; equal settings give equal files.

    `devices` send readings (the database holds a few more, decommissioned ones), from `start`
    (aware, kept in UTC) for `hours`. `faults` is one of FAULT_PROFILES. `gzip` compresses the
    event files.

    >>> Simulation.sized(5_000_000).devices
    736
    """

    seed: int = 7
    devices: int = 60
    start: datetime = DEFAULT_START
    hours: float = _DEFAULT_HOURS
    faults: str = "default"
    gzip: bool = False

    def __post_init__(self) -> None:
        if self.faults not in FAULT_PROFILES:
            raise ConfigurationError(
                f"unknown fault profile {self.faults!r}; known: {', '.join(FAULT_PROFILES)}"
            )
        if self.devices < 1:
            raise ConfigurationError(f"a fleet of {self.devices} devices; ask for at least 1")
        if not 0.1 <= self.hours <= 24 * 3660:
            raise ConfigurationError(f"{self.hours} hours; ask for 0.1 to {24 * 3660}")
        if self.start.tzinfo is None:
            raise ConfigurationError(
                f"start {self.start.isoformat()} has no offset; write it with one, such as Z"
            )
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "hours", float(self.hours))

    @classmethod
    def sized(
        cls,
        events: int,
        *,
        devices: int | None = None,
        hours: float | None = None,
        seed: int = 7,
        start: datetime = DEFAULT_START,
        faults: str = "default",
        gzip: bool = False,
    ) -> Self:
        """Settings that give about `events` readings.

        Chooses the devices for `hours` (48 unless told), or the hours when `devices` is given.
        A few events are spread over a small fleet and fewer hours.
        """
        if events < 1:
            raise ConfigurationError(f"{events} events; ask for at least 1")
        if devices is not None and hours is not None:
            raise ConfigurationError(
                f"{devices} devices for {hours:g} hours decide how many events there are; "
                "leave out one of events, devices and hours"
            )
        if devices is None:
            wanted = events / ((hours or _DEFAULT_HOURS) * readings_per_device_hour())
            devices = max(1, round(wanted))
            if hours is None and devices < _SMALLEST_FLEET:
                devices = _SMALLEST_FLEET
                hours = events / (devices * readings_per_device_hour(devices))
        else:
            hours = events / (max(1, devices) * readings_per_device_hour(devices))
        hours = max(0.1, round(hours or _DEFAULT_HOURS, 4))
        return cls(seed=seed, devices=devices, start=start, hours=hours, faults=faults, gzip=gzip)

    @property
    def start_ms(self) -> int:
        """Start in milliseconds since 1970 (UTC)."""
        return (self.start - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    @property
    def end_ms(self) -> int:
        """First millisecond after the simulation."""
        return self.start_ms + round(self.hours * 3_600_000)

    @property
    def fault_scale(self) -> float:
        """What the fault rates are multiplied by."""
        return FAULT_PROFILES[self.faults]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they stand in the manifest."""
        return asdict(self) | {"start": self.start.isoformat().replace("+00:00", "Z")}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The settings that `to_dict` wrote."""
        return cls(**(values | {"start": datetime.fromisoformat(values["start"])}))
