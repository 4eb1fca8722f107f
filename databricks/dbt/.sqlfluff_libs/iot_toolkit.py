"""A macro's name in, SQL that sqlfluff can parse in its place out; linting renders no macros."""

from collections.abc import Callable

_SELECTS = ("days_from_to", "key_differences")


def __getattr__(name: str) -> Callable[..., str]:
    if name.startswith("_"):
        raise AttributeError(name)
    text = "select 1 as one" if name in _SELECTS else f"iot_toolkit_{name}"
    return lambda *_arguments, **_named: text
