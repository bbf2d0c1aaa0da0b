"""Bodies of events with 50 columns, about 950 bytes a row as NDJSON."""

import json
import random
import time

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon"]
HOUR = 3600


def row(random, identity, at, version):
    event = {"id": identity, "ts": at, "version": version, "score": round(random.random(), 4)}
    event |= {f"num_{k:02}": round(random.gauss(50, 15), 2) for k in range(34)}
    event |= {f"int_{k:02}": random.randrange(40) for k in range(5)}
    return event | {f"cat_{k:02}": random.choice(WORDS) for k in range(10)}


def history(rows, until):
    """Rows of the 25 hours before `until` with `@@@@` in the place of the model's name."""
    source = random.Random(1)
    step = 25 * HOUR / max(rows, 1)
    events = (
        row(source, f"@@@@-h{i}", int((until - 25 * HOUR + i * step) * 1000), "7" if i % 3 else "8") for i in range(rows)
    )
    return "\n".join(map(json.dumps, events)).encode()


class Trickle:
    """Small bodies, cheaply: a hundred made ahead, with new ids and times put in."""

    def __init__(self, rows):
        source = random.Random(2)
        self.made = [
            "\n".join(json.dumps(row(source, f"@@@@-{i}", 1111111111111, "8")) for i in range(rows)).encode()
            for _ in range(100)
        ]

    def body(self, number):
        made = self.made[number % len(self.made)]
        return made.replace(b"@@@@", b"t%d" % number).replace(b"1111111111111", b"%d" % (time.time() * 1000))
