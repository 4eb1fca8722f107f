"""Two engines' homes in, proof that their tables are equal or the first difference of each out."""

from iot_streaming.parity.comparison import TableParity, compare_homes
from iot_streaming.parity.keys import known_keys
from iot_streaming.parity.rules import EXCLUDED, JSON_COLUMNS, TOLERANCE

__all__ = [
    "EXCLUDED",
    "JSON_COLUMNS",
    "TOLERANCE",
    "TableParity",
    "compare_homes",
    "known_keys",
]
