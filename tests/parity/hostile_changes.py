"""A seed in, lines of changes out as hostile as tests.parity.hostile's events."""

import json
import random

from iot_streaming.contract import Source
from tests.parity.hostile import Choose, object_of, random_number, raw_value, row_of, spoiled


def change_lines(seed: int, source: Source, count: int) -> list[str]:
    """Debezium's envelopes, wrapped and bare, from sound to garbage."""
    choose = random.Random(seed)
    lines = [spoiled(choose, _envelope(choose, source)) for _ in range(count)]
    return [line if line.strip(" \t\r") else "null" for line in lines]


def _envelope(choose: Choose, source: Source) -> str:
    if choose.random() < 0.06:
        return choose.choice(
            [
                *[
                    "null",
                    " null ",
                    "\tnull",
                    '{"payload":null}',
                    '{"payload":5}',
                    '{"payload":"x"}',
                ],
                *['{"ts_ms":1}', '{"ts_ms":1,"ts_ms":2}', '{"ts_ms":null}', '{"status":"BEGIN"}'],
                *[
                    '{"status":"END","id":"1"}',
                    "{}",
                    '{"op":"m"}',
                    '{"payload":[1]}',
                    '{"payload":{}}',
                ],
            ]
        )
    odd = choose.choice([0.0, 0.05, 0.3])
    op = choose.choice(["c", "u", "r", "d", "t", "c", "u"])
    members = [("op", json.dumps(op) if choose.random() < 0.95 else raw_value(choose))]
    for image in ("before", "after"):
        members.append((image, _image(choose, source, odd)))
    members.append(("source", _origin(choose)))
    members.append(("ts_ms", choose.choice(["1767268800000", "null", raw_value(choose)])))
    if choose.random() < 0.05:
        members.append((choose.choice(["op", "after", "source", "Op", "AFTER"]), raw_value(choose)))
    if choose.random() < 0.1:
        choose.shuffle(members)
    line = object_of(choose, [(json.dumps(name), value) for name, value in members])
    if choose.random() < 0.3:
        return f'{{"schema":{_schema(choose, source)},"payload":{line}}}'
    return line


def _image(choose: Choose, source: Source, odd: float) -> str:
    row = row_of(choose, source, odd)
    kind = choose.random()
    if kind < 0.88:
        return row
    if kind < 0.93:
        return json.dumps(row)
    return "null" if kind < 0.97 else raw_value(choose)


def _origin(choose: Choose) -> str:
    if choose.random() < 0.03:
        return choose.choice(["null", "5", "[]", "{}", '"{}"', raw_value(choose)])
    sequences = [
        '["1","2"]',
        '["12345678901","12345678902"]',
        "[null,3]",
        "[1, 2]",
        "[]",
        "{}",
        "5",
    ]
    sequences += [
        "[1,]",
        "[NaN]",
        "NaN",
        "x",
        "",
        '["x"]',
        "[[1]]",
        "[1.5]",
        "[1e3]",
        '["+7"]',
        '[" 7 "]',
    ]
    members = [("ts_ms", choose.choice(["1767268800000", "1767268800000", _position(choose)]))]
    if choose.random() < 0.7:
        sequence = (
            choose.choice(sequences[:2]) if choose.random() < 0.7 else choose.choice(sequences)
        )
        members.append(
            ("sequence", json.dumps(sequence) if choose.random() < 0.9 else sequence or "0")
        )
    for name, share in (("lsn", 0.8), ("txId", 0.7), ("ts_us", 0.3), ("pos", 0.2)):
        if choose.random() < share:
            is_sound = choose.random() < 0.7
            value = str(choose.randrange(10**12)) if is_sound else _position(choose)
            members.append((name, value))
    if choose.random() < 0.04:
        members.append((choose.choice(members)[0], _position(choose)))
    return object_of(choose, [(json.dumps(name), value) for name, value in members])


def _position(choose: Choose) -> str:
    return choose.choice([raw_value, random_number])(choose)


def _schema(choose: Choose, source: Source) -> str:
    if choose.random() < 0.1:
        return raw_value(choose)
    decimal = '"name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}'
    fields = ",".join(
        f'{{"field":{json.dumps(column.field)},"type":"bytes",{decimal}}}'
        for column in source.columns
        if column.decimal and choose.random() < 0.7
    )
    return f'{{"type":"struct","fields":[{{"field":"after","fields":[{fields}]}}]}}'
