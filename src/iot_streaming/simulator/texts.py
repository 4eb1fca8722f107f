"""Nothing in; the texts that lines are put together from out, ready as NUL-padded bytes."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from iot_streaming.simulator.fleet import E4

Bytes = NDArray[np.uint8]

CONVERTED_DECIMALS = 4  # of a value in another unit, so that it converts back within 0.02
LARGEST_WHOLE = 20_000

# As a device writes them, and minutes ahead of UTC.
OFFSETS = (("+05:30", 330), ("-08:00", -480), ("+01:00", 60), ("-03:00", -180))
WRONG_VALUES = ('"n/a"', '"ERR"', '"--"', '{"v":21.5}', "[21.5]", "true")
WRONG_BATTERIES = ('"low"', '"full"', '"n/a"')
EXTRA_FIELDS = (
    ',"rssi":-71',
    ',"rssi":-58,"hops":2',
    ',"meta":{"gateway":"gw-04","hops":3}',
    ',"tags":["roof","north"]',
    ',"calibrated":true',
)
# What stands where a JSON object should. No NUL, newline or carriage return; and no \x01,
# with which bronze has its lines left whole.
GARBAGE = (
    "<<< sensor bus reset >>>",
    "ERROR 0x1F: read timeout",
    '["reading",21.5,"C"]',
    '[{"event_id":"batched","value":1}]',
    '"just a string"',
    "42",
    "{'event_id': 'single quotes', 'value': 21.5}",
    "\x02\x1f\x7f\x10\x05\u00e9\u2603\ufffd\x03",
    "event_id,device_id,timestamp,value",
    '{"event_id":"no end of text',
)


def table(texts: Sequence[str]) -> Bytes:
    """Texts as rows of NUL-padded bytes."""
    encoded = np.array([text.encode() for text in texts])
    rows: Bytes = encoded.view(np.uint8).reshape(len(texts), encoded.dtype.itemsize)
    return rows


@lru_cache
def minutes() -> Bytes:
    """`HH:MM:` by minute of the day."""
    return table([f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)])


@lru_cache
def seconds() -> Bytes:
    """`SS.` by second."""
    return table([f"{second:02d}." for second in range(60)])


@lru_cache
def millis() -> Bytes:
    """Three digits by millisecond."""
    return table([f"{milli:03d}" for milli in range(1000)])


@lru_cache
def wholes() -> Bytes:
    """Whole numbers, without a sign."""
    return table([str(number) for number in range(LARGEST_WHOLE)])


@lru_cache
def fractions() -> Bytes:
    """The point and what follows, by decimals x 10,000 + ten-thousandths."""
    return table(
        [
            f".{part:04d}"[: decimals + 1] if decimals else ""
            for decimals in range(CONVERTED_DECIMALS + 1)
            for part in range(E4)
        ]
    )


@lru_cache
def hex_pairs() -> Bytes:
    """Two digits by byte."""
    return table([f"{byte:02x}" for byte in range(256)])
