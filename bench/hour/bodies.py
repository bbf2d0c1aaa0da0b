"""Bodies of many rows with 20 features (about 460 bytes as JSON), made ahead: sending must cost little."""

import json
import random
import time

import pyarrow as pa
import pyarrow.compute as pc

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon"]
ID, SECOND = "@@@@@@@@@@", "1111111111"


def row(source, number):
    event = {
        "prediction_id": f"{ID}-{number:05}",
        "ts": int(SECOND + f"{source.randrange(1000):03}"),
        "version": "7" if number % 3 == 0 else "8",
        "score": round(source.random(), 4),
        "latency_ms": round(source.random() * 40, 1),
    }
    event |= {f"num_{k}": round(source.random() * 100, 2) for k in range(10)}
    event |= {f"int_{k}": source.randrange(40) for k in range(5)}
    return event | {f"cat_{k}": source.choice(WORDS) for k in range(5)}


class Ndjson:
    """Text in which ids and seconds are replaced."""

    kind, made_ahead = "application/x-ndjson", 4

    def __init__(self, rows):
        source = random.Random(1)
        made = ([row(source, number) for number in range(rows)] for _ in range(self.made_ahead))
        self.made = ["\n".join(map(json.dumps, events)).encode() for events in made]

    def body(self, number):
        text = self.made[number % len(self.made)].replace(ID.encode(), b"%010d" % number)
        return text.replace(SECOND.encode(), b"%d" % time.time())


class Arrow:
    """Columns of which ids and times are made anew."""

    kind, made_ahead = "application/vnd.apache.arrow.stream", 4

    def __init__(self, rows):
        source = random.Random(1)
        self.made = []
        for _ in range(self.made_ahead):
            table = pa.RecordBatch.from_pylist([row(source, number) for number in range(rows)])
            numbers = pc.utf8_slice_codeunits(table["prediction_id"], len(ID), len(ID) + 6)
            self.made.append((numbers, table.drop_columns(["prediction_id", "ts"])))

    def body(self, number):
        numbers, rest = self.made[number % len(self.made)]
        ids = pc.binary_join_element_wise(f"{number:010}", numbers, "")
        now = pa.repeat(pa.scalar(int(time.time() * 1e6), pa.timestamp("us", "UTC")), len(numbers))
        names = ["prediction_id", "ts", *rest.schema.names]
        batch = pa.RecordBatch.from_arrays([ids, now, *rest.columns], names=names)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        return sink.getvalue().to_pybytes()
