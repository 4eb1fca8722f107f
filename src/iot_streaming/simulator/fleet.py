"""The catalogue of device types, sensors and limits in; a fleet's arrays out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from iot_streaming.simulator.draws import F64, I64, U64, draw, purpose_key, redraw, unit

__all__ = ["DEVICE_TYPES", "EXPECTED_INTERVALS", "UNITS", "Fleet", "SensorProfile"]

UNITS = {
    "temperature": "C",
    "humidity": "%",
    "pressure": "hPa",
    "vibration": "m/s2",
    "light": "lx",
    "motion": "count",
}
SENSOR_TYPES = tuple(UNITS)
DECIMALS = {
    "temperature": 2,
    "humidity": 2,
    "pressure": 2,
    "vibration": 3,
    "light": 1,
    "motion": 0,
}
E4 = 10_000  # values are whole ten-thousandths of their unit until they are written


@dataclass(frozen=True)
class SensorProfile:
    """How one sensor of one device type behaves; all but the interval in the sensor's unit.

    A reading is base + day x daily curve + slow x drift + noise, so that without an excursion it
    keeps inside (minimum, maximum), the limits beyond which an alert is raised.
    """

    sensor_type: str
    interval_seconds: int
    base: tuple[float, float]
    day: float
    slow: float
    noise: float
    minimum: float | None
    maximum: float | None
    severity: str


DEVICE_TYPES: dict[str, tuple[SensorProfile, ...]] = {
    "climate": (
        SensorProfile("temperature", 60, (20, 23), 1.5, 0.8, 0.25, 14, 28, "HIGH"),
        SensorProfile("humidity", 60, (40, 52), 4, 4, 1, 25, 70, "MEDIUM"),
        SensorProfile("pressure", 300, (1005, 1020), 0.8, 6, 0.4, 985, 1040, "LOW"),
    ),
    "cold_chain": (
        SensorProfile("temperature", 60, (3.5, 5), 0.4, 0.5, 0.25, 2, 8, "CRITICAL"),
        SensorProfile("humidity", 300, (62, 70), 2, 4, 1.5, 40, 85, "MEDIUM"),
    ),
    "industrial": (
        SensorProfile("temperature", 30, (45, 60), 4, 4, 1, 10, 80, "HIGH"),
        SensorProfile("pressure", 30, (1015, 1040), 1, 5, 1.5, 990, 1070, "HIGH"),
        SensorProfile("vibration", 60, (2, 4), 0.6, 0.5, 0.4, None, 9, "CRITICAL"),
    ),
    "occupancy": (
        SensorProfile("motion", 60, (3, 8), 6, 2, 4, None, 60, "LOW"),
        SensorProfile("temperature", 300, (20, 23), 1.5, 0.8, 0.25, 14, 28, "HIGH"),
        SensorProfile("light", 300, (250, 350), 200, 30, 15, None, 900, "LOW"),
    ),
}

EXPECTED_INTERVALS: list[tuple[str, str, int]] = [
    (device_type, profile.sensor_type, profile.interval_seconds)
    for device_type, profiles in DEVICE_TYPES.items()
    for profile in profiles
]

# The mix of types, dealt to devices in this order again and again.
_TYPE_PATTERN = (
    "climate",
    "industrial",
    "cold_chain",
    "occupancy",
    "climate",
    "occupancy",
    "climate",
    "industrial",
    "cold_chain",
    "occupancy",
    "climate",
    "cold_chain",
    "climate",
    "occupancy",
    "industrial",
    "climate",
    "cold_chain",
    "occupancy",
    "climate",
    "industrial",
)

DEVICES_PER_LOCATION = 4
LOCATIONS_PER_CUSTOMER = 2
_LONGEST_DELIVERY_MS = 90_000
_JITTER_SHARE = 0.1
_FIRMWARE_PERIOD_DAYS = (4.0, 9.0)
_FIRST_FIRMWARES = 12


def device_type_of(device: int) -> str:
    """The type of the device with that index."""
    return _TYPE_PATTERN[device % len(_TYPE_PATTERN)]


def readings_per_device_hour(devices: int = len(_TYPE_PATTERN)) -> float:
    """Readings that a fleet of that many devices sends per device and hour."""
    types = [device_type_of(device) for device in range(min(devices, len(_TYPE_PATTERN)))]
    hourly = [3600 / p.interval_seconds for kind in types for p in DEVICE_TYPES[kind]]
    return sum(hourly) / len(types)


def firmware_text(version: int) -> str:
    """The version string of a firmware number."""
    return f"{2 + version // 40}.{version // 4 % 10}.{version % 4}"


class Fleet:
    """`devices` devices and their series: a series is one (device, sensor type) pair.

    Arrays are by device index or, with names `series_*`, by series index; a device's series
    stand together. Times are milliseconds since 1970.
    """

    def __init__(self, seed: int, devices: int, start_ms: int) -> None:
        self.seed, self.devices, self.start_ms = seed, devices, start_ms
        self.device_types = [device_type_of(device) for device in range(devices)]
        self.profiles = [p for kind in self.device_types for p in DEVICE_TYPES[kind]]
        per_device = np.array([len(DEVICE_TYPES[kind]) for kind in self.device_types])
        self.series_device: I64 = np.repeat(np.arange(devices), per_device)
        self.locations = max(2, -(-devices // DEVICES_PER_LOCATION))
        self.device_location = self._dealt_to_locations()

        device_bits = draw(purpose_key(seed, "device"), np.arange(devices))
        self.delivery_ms: I64 = (500 + unit(device_bits) * (_LONGEST_DELIVERY_MS - 500)).astype(
            np.int64
        )
        self.battery_offset: F64 = unit(redraw(device_bits, 1)) * 92
        self.battery_per_day: F64 = 0.3 + unit(redraw(device_bits, 2)) * 2.2
        low, high = _FIRMWARE_PERIOD_DAYS
        self.firmware_period_ms: I64 = (
            (low + unit(redraw(device_bits, 3)) * (high - low)) * 86_400_000
        ).astype(np.int64)
        self._firmware_phase_ms: I64 = (
            unit(redraw(device_bits, 4)) * self.firmware_period_ms
        ).astype(np.int64)
        self._first_firmware: I64 = (unit(redraw(device_bits, 5)) * _FIRST_FIRMWARES).astype(
            np.int64
        )
        self._lay_out_series(unit(redraw(device_bits, 6)))

    def _dealt_to_locations(self) -> I64:
        """Every location gets devices; the types are spread over them."""
        shuffled = np.argsort(draw(purpose_key(self.seed, "location"), np.arange(self.devices)))
        locations: I64 = np.empty(self.devices, dtype=np.int64)
        locations[shuffled] = np.arange(self.devices) % self.locations
        return locations

    def _lay_out_series(self, device_phase: F64) -> None:
        count = len(self.profiles)
        profiles = self.profiles
        self.series_key: U64 = draw(purpose_key(self.seed, "series"), np.arange(count))
        self.series_sensor: I64 = np.array([SENSOR_TYPES.index(p.sensor_type) for p in profiles])
        self.series_interval_ms: I64 = np.array([p.interval_seconds * 1000 for p in profiles])
        # Phase and jitter together stay inside the slot, so each slot of the epoch grid gets one.
        phase = (0.02 + device_phase * 0.85)[self.series_device]
        self.series_phase_ms: I64 = (phase * self.series_interval_ms).astype(np.int64)
        self.series_jitter_ms: I64 = (_JITTER_SHARE * self.series_interval_ms).astype(np.int64)
        low, high = (np.array([p.base[end] for p in profiles], dtype=float) for end in (0, 1))
        self.series_base: F64 = low + unit(redraw(self.series_key, 1)) * (high - low)
        self.series_day: F64 = np.array([p.day for p in profiles], dtype=float)
        self.series_slow: F64 = np.array([p.slow for p in profiles], dtype=float)
        self.series_noise: F64 = np.array([p.noise for p in profiles], dtype=float)
        self.series_min: F64 = np.array(
            [-np.inf if p.minimum is None else p.minimum for p in profiles]
        )
        self.series_max: F64 = np.array(
            [np.inf if p.maximum is None else p.maximum for p in profiles]
        )

    @cached_property
    def series_names(self) -> list[str]:
        """`device_id/sensor_type` of each series."""
        return [
            f"{self.device_id(int(device))}/{profile.sensor_type}"
            for device, profile in zip(self.series_device, self.profiles, strict=True)
        ]

    def device_id(self, device: int) -> str:
        """The device_id of a device index (also of spare ones past the sending fleet)."""
        return f"DEV-{device + 1:05d}"

    def location_id(self, location: int) -> str:
        """The location_id of a location index."""
        return f"LOC-{location + 1:04d}"

    def firmware_version(self, device: NDArray[np.integer], at_ms: I64) -> I64:
        """Firmware number that each device runs at each instant; it only ever grows."""
        since = at_ms - self.start_ms + self._firmware_phase_ms[device]
        version: I64 = self._first_firmware[device] + since // self.firmware_period_ms[device]
        return version

    def firmware_upgrade_ms(self, device: NDArray[np.integer], version: I64) -> I64:
        """When each device began to run that firmware number."""
        upgrades = version - self._first_firmware[device]
        since_phase = upgrades * self.firmware_period_ms[device]
        upgraded_ms: I64 = self.start_ms + since_phase - self._firmware_phase_ms[device]
        return upgraded_ms
