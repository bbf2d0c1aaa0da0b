"""Values that must not be stored are planted, and then looked for in every byte that the server left."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from pathlib import Path
from typing import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from arrow_bodies import ARROW, PARQUET, parquet, stream
from plain_http import JSON, NDJSON, lines
from server import Server, counts

ROWS = 60
KEY = "a key of the test, longer than thirty-two bytes"
MODEL = "canary"
# Part of every planted value of the column. Many rows plant it, so that no page boundary hides all of them.
# Long enough that their base64 cannot be found by chance, such as in a schema that names the columns.
WORDS = {name: f"qz-canary-of-{name}-qz" for name in ["dropped", "hashed", "masked", "profiled"]}
KEPT = "qz-canary-that-is-kept-qz"
NUMBER = 73_519.246_811
SPEC = {
    "task": "other",
    "columns": [
        {"name": "dropped", "role": "feature", "type": "text", "privacy": "drop"},
        {"name": "hashed", "role": "feature", "type": "categorical", "privacy": "hash"},
        {"name": "masked", "role": "feature", "type": "categorical", "privacy": {"mask": {"last": 4}}},
        {"name": "profiled", "role": "feature", "type": "text", "privacy": "profile_only"},
        {"name": "income", "role": "feature", "type": "numeric", "privacy": "profile_only"},
        {"name": "kept", "role": "feature", "type": "categorical"},
        {"name": "amount", "role": "feature", "type": "numeric"},
    ],
}


def rows(prefix: str) -> list[dict]:
    return [
        {
            "prediction_id": f"{prefix}-{i}",
            "ts": "2026-03-01T12:00:00Z",
            **{column: f"{word} {prefix} number {i % 7} 4242" for column, word in WORDS.items()},
            "income": NUMBER,
            "kept": KEPT,
            "amount": float(i),
            # Nobody declared these; names and values say what they are.
            "email": f"qzmailqz{i}@example.org",
            "password": f"qzpasswordqz{i}",
            "remark": f"qzremarkqz {prefix} called about {i}",
        }
        for i in range(ROWS)
    ]


def planted() -> dict[str, bytes]:
    """What must be nowhere: the words in plain and in base64, hashes that anybody could make, the number as text and as bytes."""
    found = {f"the word {word}": word.encode() for word in [*WORDS.values(), "qzmailqz", "qzpasswordqz", "qzremarkqz"]}
    # Base64 at each of the three offsets; the ends depend on neighbours and are cut off.
    for word in WORDS.values():
        for skip in range(3):
            encoded = base64.b64encode(b"\0" * skip + word.encode())[4 if skip else 0 : -4]
            found[f"base64 of {word} at {skip}"] = encoded
    for row in rows("json")[:7]:
        digests = [hashlib.new(name, row["hashed"].encode()) for name in ["md5", "sha1", "sha256"]]
        for digest in digests:
            found[f"unkeyed {digest.name} of {row['hashed']}"] = digest.hexdigest()[:32].encode()
            found[f"unkeyed {digest.name} of {row['hashed']}, binary"] = digest.digest()[:16]
    found["the number as text"] = str(NUMBER).encode()
    found["the number as bytes"] = struct.pack("<d", NUMBER)
    found["the key"] = KEY.encode()
    return found


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file; of Parquet also every value, decoded."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            for column in batch.columns:
                if pa.types.is_dictionary(column.type):
                    column = column.dictionary_decode()
                yield "\n".join(str(value) for value in column.to_pylist() if value is not None).encode()
                for buffer in column.buffers():
                    if buffer is not None:
                        yield buffer.to_pybytes()


def files_with(folder: Path, needles: dict[str, bytes]) -> list[tuple[str, str]]:
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        texts = [*contents(path), str(path.relative_to(folder)).encode()]
        for what, needle in needles.items():
            if any(needle in text for text in texts):
                found.append((str(path.relative_to(folder)), what))
    return found


def send_all(server: Server) -> None:
    path = f"/api/v1/models/{MODEL}/predictions"
    assert counts(server.accepted(path, lines(rows("json")), NDJSON)) == (ROWS, 0, 0, 0)
    assert counts(server.accepted(path, stream(pa.Table.from_pylist(rows("arrow"))), ARROW)) == (ROWS, 0, 0, 0)
    assert counts(server.accepted(path, parquet(pa.Table.from_pylist(rows("parquet"))), PARQUET)) == (ROWS, 0, 0, 0)
    # Corrections and repeats go the same way.
    changed = [row | {"amount": -1.0} for row in rows("json")[:5]]
    answer = server.accepted(path, lines(changed + rows("json")[5:10]), NDJSON)
    assert (answer["corrected"], answer["duplicate"]) == (5, 5), answer
    # Rejected rows, for their own value and for another one's.
    bad = [
        {"prediction_id": "bad-1", "income": WORDS["profiled"], "kept": KEPT},
        {"prediction_id": "bad-2", "amount": "not a number", **rows("bad")[0], "ts": "never"},
        {"prediction_id": "bad-3", "hashed": {"deep": [WORDS["hashed"]]}, "income": [NUMBER]},
        {"prediction_id": "bad-4", "password": "qzpasswordqz", "ts": "never"},
    ]
    answer = server.post(path, lines(bad), NDJSON).json()
    first = next(reject for reject in answer["rejects"] if reject["field"] == "income")
    assert first["value"] == "***", first
    # A body that cannot be read, and one cut within a value.
    assert server.post(path, b"[" + lines(rows("broken")[:1])[:-20], JSON).status_code == 400
    server.post(path, lines(rows("cut")[:1])[:-30], NDJSON)
    spans(server)
    # Labels, KPIs and changes are open to the same columns by name.
    labels = [{"prediction_id": f"json-{i}", "label": 1, "email": f"qzmailqz{i}@example.org"} for i in range(ROWS)]
    assert server.post(f"/api/v1/models/{MODEL}/labels", lines(labels), NDJSON).ok


def spans(server: Server) -> None:
    """The same values as attributes of an inference span and, where persons are usual, of another one."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=server.url + "/v1/traces")))
    tracer = provider.get_tracer("canary")
    for row in rows("otlp")[:20]:
        features = {f"ml.feature.{name}": value for name, value in row.items() if name not in ("prediction_id", "ts")}
        named = {"ml.model.name": MODEL, "ml.inference.id": row["prediction_id"]}
        with tracer.start_as_current_span("predict", attributes=named | features):
            pass
        person = {"enduser.id": row["hashed"], "user.email": row["email"], "db.query.text": f"select '{row['masked']}'"}
        with tracer.start_as_current_span("login", attributes=person):
            pass
    provider.shutdown()


def answers(server: Server) -> bytes:
    """Everything that the service says about the model, and its metrics."""
    paths = [f"/api/v1/models/{MODEL}{rest}" for rest in ["", "/columns", "/profiles?window=2026-03"]]
    paths += ["/api/v1/storage", "/api/v1/resources/Model", "/metrics"]
    return b"\n".join(server.http.get(server.url + path, timeout=30).content for path in paths)


def test_planted_values_are_nowhere(binary: Path, folder: Path) -> None:
    # Nothing is committed by time, so that the journal is searched while it holds the rows.
    settings = ["privacy.key=env:CANARY_KEY", "commit.interval=1h", "log.level=trace"]
    server = Server(binary, folder, *settings, environment={"CANARY_KEY": KEY})
    try:
        server.put("Model", MODEL, SPEC)
        send_all(server)
        control = files_with(server.data / "journal", {"kept": KEPT.encode()})
        assert control, "the search does not even find the values that are kept in the journal"
        found = files_with(server.data, planted())
        assert not found, f"before the commit: {found}"
        found = [what for what, needle in planted().items() if needle in answers(server)]
        assert not found, f"in answers before the commit: {found}"
        code = server.stop()
        assert code == 0, f"exit code {code}:\n{server.tail()}"
        found = files_with(server.data, planted()) + files_with_log(server)
        assert not found, f"after the stop: {found}"
        control = files_with(server.table(MODEL), {"kept": KEPT.encode()})
        assert control, "the search does not even find the values that are kept in the table"
    finally:
        server.stop()
    again = Server(binary, folder, *settings[:1], "commit.interval=200ms", environment={"CANARY_KEY": KEY})
    try:
        again.until("all rows", lambda: again.get(f"/api/v1/models/{MODEL}")["predictions"] == 3 * ROWS + 20)
        stored(again)
        found = [what for what, needle in planted().items() if needle in answers(again)]
        assert not found, f"in answers: {found}"
    finally:
        again.stop()
    found = files_with(again.data, planted()) + files_with_log(again)
    assert not found, f"after the second run: {found}"


def files_with_log(server: Server) -> list[tuple[str, str]]:
    log = server.log.read_bytes()
    return [(server.log.name, what) for what, needle in planted().items() if needle in log]


def stored(server: Server) -> None:
    """What stands in the place of the values is what the actions promise."""
    files = [str(path) for path in server.table(MODEL).rglob("*.parquet")]
    first = [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]
    row = next(row for row in first if row["prediction_id"] == "arrow-0")
    assert "dropped" not in row and "profiled" not in row and "password" not in row, row
    assert len(row["hashed"]) == 32 and int(row["hashed"], 16) >= 0, row["hashed"]
    assert row["masked"] == "***4242", row["masked"]
    assert row["profiled.length"] == len(rows("arrow")[0]["profiled"]), row
    assert row["income"] != NUMBER, row
    other = next(row for row in first if row["prediction_id"] == "arrow-7")
    assert other["hashed"] == row["hashed"], "the same value has the same hash"
