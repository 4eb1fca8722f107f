"""A seed in, lines out that readers of JSON, numbers and times disagree about."""

import json
import random
from collections.abc import Callable

from iot_streaming.contract import Source

STAMP = "2026-01-05T12:00:00.000Z"
NUMBERS = """
0 -0 -0.0 1 7 12.5 1.50 21.0 80 1e3 1E5 1e-7 1.5e-7 12.30 0.1 1e400 -1e400 1e-400 2.5
9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775808
18446744073709551616 123456789012345678901234567890 1.2345678901234567890123
12.300000000000000000001 1e22 1e21 1e16 2147483647 2147483648 -2147483649 1767268800000000
253402300800000000 -62135596800000001 19000 3e6 0.000012345 123456789.125 99999999999.99
1e999999999
""".split()  # noqa: SIM905
TEXT_NUMBERS = """
12.5 +5 .5 5. -.5 1_000 1__0 _1 1_ 1_0.5_0 1e1_0 inf +inf -inf NaN -NaN nan iNf Infinity
INFINITY 1e400 -1e400 0x1F 0x10 12d 1.5f 1e 1e+ e5 . - + --5 +-5 -+5 - 00012 1,5 １２ ١٢ 1e5.5
true TRUE True false tRuE t 1 0 1e3 12.0 12.50 12.505 12.300000000000001 0.000000000001 1e-30
999999999999.99 9999999999.99 10000000000 99999999999999999999999999999999999999999
POSITIVE_INFINITY NAN BM4= AQ== /w== 123 1234 Infinity= 9223372036854775808.0
9223372036854775807 2147483648 20000 -719162 -719163 2932896 2932897 1767268800000000
253402300799999999 253402300800000000
""".split()  # noqa: SIM905
STAMPS = """
2026-01-05T12:00:00Z 2026-01-05T12:00:00.5-08:00 2026-01-05T12:00:00+05:30 2026-01-05
2026-01-05T12:00:00+0530 2026-01-05T12:00:00+05 2026-01-05T12:00:00+5 2026-01-05T12:00:00-00:00
2026-01-05T12:00:00+14:00 2026-01-05T12:00:00+15:59 2026-01-05T12:00:00+18:00
2026-01-05T12:00:00+25:00 2026-01-05T12:00:00+05:60 2026-01-05T12:00:00+05:30:15
2026-01-05T12:00:00z 2026-01-05t12:00:00Z 2026-01-05T12:00 2026-01-05T12:00Z 2026-01-05T12:00+01
2026-01-05T12 2026-01-05T 2026-01 2026 2026-1-5 2026-01-05T24:00:00Z 2026-01-05T24:00:01Z
2026-01-05T24:00:00.000+01:00 2026-12-31T24:00:00 2026-12-31T23:59:60Z 2026-06-30T23:59:60.5Z
2026-01-05T25:00:00Z 2026-01-05T12:60:00Z 2026-02-29 2024-02-29T00:00:00Z 2026-02-30T00:00:00Z
2026-13-01T00:00:00Z 2026-00-10 2026-01-00T00:00:00Z 0000-01-01T00:00:00Z 0001-01-01T00:00:00Z
0001-01-01T00:00:00+05:00 0001-01-01T00:00:00-05:00 9999-12-31T23:59:59Z
9999-12-31T23:59:59.999999Z 9999-12-31T23:59:59-05:00 9999-12-31T24:00:00Z 9999-12-31
10000-01-01T00:00:00Z 20000-01-01T00:00:00Z -001-01-01 +2026-01-05 infinity -infinity epoch now
2026-01-05T12:00:00.Z 2026-01-05T12:00:00.1Z 2026-01-05T12:00:00.1234567Z 2026-01-05T12:00:00,5Z
2026-01-05T12:00:00.123456789+02:00 2026-01-05T12:00:00.12345678901234567890Z
1969-12-31T23:59:59.9999999Z 2026-01-05T1:2:3Z 2026-1-5T1:02:03Z 2026-01-05T012:00:00Z
2026-01-05T12:0:0Z 20260105T120000Z 1767268800 2026/01/05 2026-01-05TZ 2026-01-05Z
2026-01-05+01:00 2026-01-05T12:00:00UTC 2026-01-05T12:00:00NZ 2026-01-05T12:00:00.NZ
2026-001-05T00:00:00Z 2026-005 2026-W02-1 2026-01-05T12:00:00Z[Europe/Berlin]
2026-01-05T12:00:00+01:00[Europe/Berlin] T12:00:00Z 12:00:00 2026-01-05T-1:00:00Z
2026-01-0xT12:00:00Z ٢٠٢٦-01-05 2026-01-05T12:00:00−05:00 2026-01-05T+1:00:00Z
2026-01-05T12:+1:00Z 202601-5T12:00:00Z
""".split()  # noqa: SIM905
SPACED_STAMPS = [
    "2026-01-05 12:00:00",
    "2026-01-05 12:00:00+00",
    "2026-01-05 12:00:00 Europe/Berlin",
    "2026-01-05 12:00:00 UTC",
    "2026-01-05 12:00:00 utc",
    "2026-01-05T12:00:00 Z",
    "2026-01-05T12:00:00 +01:00",
    "2026-01-05T12:00:00.1 NZ",
    "2026-01-05T12:00:00. NZ",
    "2026-01-05T12:00:00 America/New_York",
    "2026-01-05 12:00:00 PST",
    "2026-01-05  12:00:00",
    "2026-01-05T 1:00:00Z",
    "2026-01-05T\t1:00:00Z",
    "2026-01-05T 12:00:00Z",
    " 2026-01-05T12:00:00Z",
    "2026-01-05T12:00:00Z ",
    "2026-01-05T12:00:00Z\n",
    "2026-01-05T12:00:00\n",
    "2026 01 05",
    "2026- 1-05T12:00:00Z",
    "2026-01-05T12: 0:00Z",
    "2026-01-05T12:00: 0Z",
    "0044-03-15 (BC)",
    "0044-03-15 (BC)T12:00:00Z",
    "2026-01-05 12:00:00.5 Etc/GMT+5",
]
TEXTS = [
    *[
        "",
        " ",
        "x",
        "null",
        "a,b",
        "a:b",
        ",]",
        ",}",
        "NaN",
        "nan",
        "-inf",
        ": NaN",
        "[nan",
        "good",
    ],
    *[
        "\u0000",
        "a\u0000b",
        "\u0001",
        "\u001f",
        "\x7f",
        "\u0085",
        "\u2028",
        "\ufeff",
        "\ufffd",
        "\\",
    ],
    *[
        "é",
        "e\u0301",
        "😀",
        "°C",
        "\U0010ffff",
        "'",
        '"',
        "/",
        "\t",
        "\r",
        "\n",
        "{}",
        "[1]",
        '{"a":1}',
    ],
    *[
        "-- x",
        "/* x */",
        "// x",
        "12\n",
        "\u00a012",
        "12\u00a0",
        " 12 ",
        "\t12",
        "\x0b12",
        "12\x0c",
    ],
    *["__debezium_unavailable_value", "payload", '"payload"', "a\\u0000", "ſ", "İ", "ﬀ", "K"],
    *["x" * 3000, "é" * 5000, "9" * 1200, "1." + "0" * 1100 + "1"],
]
RAW = [
    *[
        "true",
        "false",
        "null",
        "{}",
        "[]",
        "[1, 2]",
        '{"a" : 1.50, "b":[null , true]}',
        "[1.50,1e22]",
    ],
    *['{"a":1,"a":2}', '[{"b":1e-8}]', '["a\\u001fb","\\/"]', "[" * 30 + "]" * 30, '{"":""}'],
    *[
        "NaN",
        "nan",
        "-NaN",
        "Infinity",
        "-Infinity",
        "inf",
        "-inf",
        "INF",
        "[NaN]",
        "[1,]",
        '{"a":1,}',
    ],
    *[
        "01",
        "+1",
        ".5",
        "5.",
        "0x1F",
        "1_000",
        "-",
        "--1",
        "1e",
        "1.e5",
        "1.2.3",
        "TRUE",
        "Null",
        "None",
    ],
    *[
        "'x'",
        "x",
        '"x',
        '"\\x41"',
        '"\\u12"',
        '"\\u00zz"',
        "undefined",
        "",
        "/**/1",
        "1 // x",
        "[1",
        "{",
    ],
    *[
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\udc00\\ud800"',
        '"\\ud800x"',
        '"\\uD83D\\uDE00x"',
        '"\\u0000"',
    ],
    *[
        '"a\tb"',
        '"a\x01b"',
        '"\\u0041"',
        '"\\b\\f\\n\\r\\t\\/\\\\\\""',
        '"\x7f"',
        "[[1],[2,[3]]]",
        "[,1]",
    ],
    *["1" * 1200, "0." + "1" * 1200, "[" + "1" * 1200 + "]", '{"k":' * 1500 + "1" + "}" * 1500],
]
WHITE = ["", "", "", " ", "  ", "\t", "\r", "\x0b", "\x0c", "\u00a0", "\ufeff", "\x00", "\u2003"]
# In a field of text: see test_odd_bare_words_in_texts_are_the_one_known_difference.
KNOWN_TO_DIFFER = ("nan", "-NaN", "inf", "-inf", "INF")
Choose = random.Random


def text_value(choose: Choose) -> str:
    """A JSON string, escaped in one of the ways there are."""
    pools: list[list[str]] = [TEXTS, TEXT_NUMBERS, STAMPS, SPACED_STAMPS]
    text = choose.choice(choose.choice(pools))
    return json.dumps(text, ensure_ascii=choose.random() < 0.5)


def raw_value(choose: Choose) -> str:
    """Any value's text, and now and then what is none."""
    kind = choose.random()
    if kind < 0.35:
        return text_value(choose)
    if kind < 0.55:
        return choose.choice(NUMBERS)
    if kind < 0.65:
        return random_number(choose)
    if kind < 0.85:
        return random_stamp(choose)
    # Half of those are no JSON, which makes the whole line corrupt.
    return choose.choice(RAW[:16] if choose.random() < 0.6 else RAW)


def random_number(choose: Choose) -> str:
    whole = choose.randrange(10 ** choose.randint(1, 20))
    fraction = f".{choose.randrange(10 ** choose.randint(1, 20))}" if choose.random() < 0.6 else ""
    power = f"e{choose.randint(-25, 25)}" if choose.random() < 0.3 else ""
    text = f"{choose.choice(['', '-'])}{whole}{fraction}{power}"
    return text if choose.random() < 0.6 else f'"{text}"'


def random_stamp(choose: Choose) -> str:
    """A time, one of its characters replaced now and then."""
    text = list(choose.choice(STAMPS + SPACED_STAMPS) if choose.random() < 0.5 else STAMP)
    if choose.random() < 0.7:
        text[choose.randrange(len(text))] = choose.choice("0123456789:-+TZ. \tz,/N_")
    return json.dumps("".join(text))


def sound_value(choose: Choose, field: str, kind: str) -> str:
    match kind:
        case "double":
            return choose.choice(["21.5", "7", '"12.5"'])
        case "timestamp":
            return json.dumps(choose.choice([STAMP, "2026-01-05T12:00:00+05:30"]))
        case "string":
            return json.dumps(choose.choice(["DEV-1", "good", "°C", field]))
        case _:
            return choose.choice(["1", '"1"', "12.5", '"12.50"'])


def row_of(choose: Choose, source: Source, odd: float) -> str:
    """An object of the source's fields, a share `odd` of them hostile."""
    kinds = {column.field: column.type for column in reversed(source.columns)}
    members = []
    for field, kind in kinds.items():
        if choose.random() < 0.03:
            continue
        is_odd = choose.random() < odd
        value = raw_value(choose) if is_odd else sound_value(choose, field, kind)
        if kind == "string" and value in KNOWN_TO_DIFFER:
            value = f"[{value}]"
        members.append((json.dumps(field), value))
    if choose.random() < 0.2:
        name = choose.choice(['"rssi"', '""', '"a\\u0000b"', '"VALUE"', '"a,b"', '"\\u0076alue"'])
        members.append((name, raw_value(choose)))
    if members and choose.random() < 0.06:
        members.append((choose.choice(members)[0], raw_value(choose)))
    if choose.random() < 0.1:
        choose.shuffle(members)
    return object_of(choose, members)


def object_of(choose: Choose, members: list[tuple[str, str]]) -> str:
    comma, colon = choose.choice([(",", ":"), (", ", ": "), (" ,\t", " : ")])
    inner = comma.join(f"{name}{colon}{value}" for name, value in members)
    end = (
        choose.choice(["", "", "", "", "", "", "", " ", ",", ", "]) if choose.random() < 0.3 else ""
    )
    return f"{{{inner}{end}}}"


def spoiled(choose: Choose, line: str) -> str:
    """The line as it is, mostly; else cut, doubled, commented or wrapped in odd white space."""
    if choose.random() < 0.85:
        return line
    ways: list[Callable[[], str]] = [
        lambda: line[: choose.randrange(len(line) + 1)],
        lambda: (
            line + choose.choice(["x", "}", "]", ",", line, " null", "//x", "/*x*/", "\x00", "#"])
        ),
        lambda: choose.choice(WHITE) + line + choose.choice(WHITE),
        lambda: line.replace('"', "'"),
        lambda: line.replace(":", "=", 1),
        lambda: f"[{line}]",
        lambda: json.dumps(line),
        lambda: choose.choice(RAW),
        lambda: '{"deep":' * 1200 + line + "}" * 1200,
        lambda: line.replace(" ", choose.choice(WHITE)),
        lambda: line.upper(),
    ]
    return choose.choice(ways)()


def event_lines(seed: int, source: Source, count: int) -> list[str]:
    """Lines of events, from sound to garbage; none is blank, for such are no lines."""
    choose = random.Random(seed)
    lines = [
        spoiled(choose, row_of(choose, source, choose.choice([0.05, 0.1, 0.3, 1.0])))
        for _ in range(count)
    ]
    return [line if line.strip(" \t\r") else "{}" for line in lines]
