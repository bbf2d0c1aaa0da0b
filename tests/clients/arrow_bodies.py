"""Tables as they are: Arrow IPC streams and Parquet files, made by pyarrow."""

from __future__ import annotations

import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from server import FLIGHTS, Server, counts

ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"
FILES = sorted(FLIGHTS.glob("*/*.parquet"), key=lambda file: file.name)


def stream(table: pa.Table, compression: str | None = None) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=8_192)
    return sink.getvalue()


def parquet(table: pa.Table, **options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def test_parquet_files_as_they_lie_there(server: Server) -> None:
    rows = 0
    for file in FILES:
        answer = server.accepted("/api/v1/models/parquet-flights/predictions", file.read_bytes(), PARQUET)
        expected = pq.ParquetFile(file).metadata.num_rows
        assert counts(answer) == (expected, 0, 0, 0), (file.name, answer)
        rows += expected
    assert rows == 336_776, rows
    total = lambda: server.get("/api/v1/models/parquet-flights")["predictions"] == rows  # noqa: E731
    server.until("all flights in their table", total)


def test_arrow_streams_with_each_compression(server: Server) -> None:
    table = pq.read_table(FILES[0])
    path = "/api/v1/models/arrow-flights/predictions"
    thirds = [table.slice(start, 9_000) for start in (0, 9_000, 18_000)]
    for part, compression in zip(thirds, [None, "lz4", "zstd"]):
        assert counts(server.accepted(path, stream(part, compression), ARROW)) == (part.num_rows, 0, 0, 0)
    # The same rows in another form are the same rows.
    again = parquet(thirds[2], compression="gzip")
    assert counts(server.accepted(path, again, PARQUET)) == (0, thirds[2].num_rows, 0, 0)
    all_there = lambda: server.get("/api/v1/models/arrow-flights")["predictions"] == table.num_rows  # noqa: E731
    server.until("all flights in their table", all_there)


def test_types_that_pandas_and_others_write(server: Server) -> None:
    moments = pa.array([1_772_366_400_000 + i for i in range(3)], pa.timestamp("ms", "Europe/Berlin"))
    table = pa.table({
        "prediction_id": pa.array(["t1", "t2", "t3"], pa.large_string()),
        "ts": moments,
        "whole": pa.array([1, None, 3], pa.int8()),
        "single": pa.array([0.5, None, float("nan")], pa.float32()),
        "money": pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal128(10, 2)),
        "word": pa.array(["a", None, "b"]).dictionary_encode(),
        "view": pa.array(["x", None, "y"], pa.string_view()),
        "flag": pa.array([True, None, False]),
        "nothing": pa.nulls(3),
    })  # fmt: skip
    for name, body, kind in [("arrow", stream(table), ARROW), ("parquet", parquet(table), PARQUET)]:
        path = f"/api/v1/models/types-{name}/predictions?ack=commit"
        assert counts(server.accepted(path, body, kind)) == (3, 0, 0, 0), name


def test_broken_bodies_are_refused(server: Server) -> None:
    path = "/api/v1/models/arrow-broken/predictions"
    whole = stream(pq.read_table(FILES[0]).slice(0, 100))
    for body, kind in [(whole[: len(whole) // 2], ARROW), (b"PAR1 no", PARQUET), (whole, PARQUET)]:
        response = server.post(path, body, kind)
        assert response.status_code == 400 and response.json()["code"] == "malformed_body", response.text


def test_one_bad_row_costs_no_other(server: Server) -> None:
    table = pq.read_table(FILES[0]).slice(0, 100)
    late = pc.if_else(pa.array([i == 42 for i in range(100)]), pa.scalar(32_503_680_000_000_000), table["ts"].cast("int64"))
    index = table.schema.get_field_index("ts")
    table = table.set_column(index, "ts", late.cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")))
    answer = server.accepted("/api/v1/models/arrow-rows/predictions", stream(table), ARROW)
    assert counts(answer) == (99, 0, 0, 1), answer
    reject = answer["rejects"][0]
    assert (reject["row"], reject["field"], reject["code"]) == (42, "ts", "out_of_bounds"), reject
