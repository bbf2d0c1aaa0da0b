"""Other people's readers on the Delta tables: what they count is what the service says.

DuckDB reads through the dataset that `deltalake` opens: its own `delta` extension comes from the network when first used.
Polars is the second reader.
"""

from __future__ import annotations

from pathlib import Path

import deltalake
import duckdb
import polars
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from arrow_bodies import ARROW, FILES, stream
from server import Server, counts

MODEL = "table-flights"
PATH = f"/api/v1/models/{MODEL}/predictions"
WINDOW = "2013-01-01/2014-02-01"
MOVED, REPEATED = 700, 900
DAY_US = 86_400_000_000


def rows_of(file: Path) -> pa.Table:
    """A month of flights, with the version of the model that would have answered."""
    table = pq.read_table(file).drop_columns(["label", "arr_delay", "label_ts"])
    version = "v1" if file.stem < "2013-07" else "v2"
    return table.append_column("version", pa.array([version] * table.num_rows))


def by_version_and_month(path: Path, version: int | None = None) -> dict[tuple[str, str], tuple[int, float, float]]:
    """Rows, mean distance and largest distance, as DuckDB finds them in the table."""
    predictions = deltalake.DeltaTable(str(path), version=version).to_pyarrow_dataset()
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.register("predictions", predictions)
    found = connection.execute(
        "select version, strftime(ts, '%Y-%m'), count(*), avg(distance), max(distance) from predictions group by 1, 2"
    ).fetchall()
    return {(version, month): (rows, mean, largest) for version, month, rows, mean, largest in found}


def by_service(server: Server) -> dict[tuple[str, str], tuple[int, float, float]]:
    """The same, as the service says."""
    found = {}
    for version in ["v1", "v2"]:
        question = {"column": "distance", "window": WINDOW, "version": version, "by": "month"}
        answer = server.get(f"/api/v1/models/{MODEL}/profiles", **question)
        for bucket in answer["profiles"][0]["buckets"] if answer["profiles"] else []:
            if bucket["rows"]:
                summary = bucket["summary"]
                month = bucket["window"]["start"][:7]
                found[version, month] = (bucket["rows"], summary["mean"], summary["max"])
    return found


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(
        a[key][0] == b[key][0] and abs(a[key][1] - b[key][1]) <= 1e-9 * abs(a[key][1]) and a[key][2] == b[key][2] for key in a
    )


def agree(server: Server, rows: int) -> dict:
    """What the table holds, once the profiles have followed it there; both must then be equal."""
    table = by_version_and_month(server.table(MODEL))
    assert sum(count for count, _, _ in table.values()) == rows, table
    seen: list[dict] = []

    def settled() -> bool:
        seen[:] = [by_service(server)]
        return same(table, seen[0])

    try:
        server.until("agreement of service and table", settled)
    except AssertionError as error:
        differing = {key: (table.get(key), seen[0].get(key)) for key in table.keys() | seen[0].keys()}
        differing = {key: pair for key, pair in differing.items() if pair[0] != pair[1]}
        raise AssertionError(f"{error}\n(version, month): (table, service) {differing}") from None
    return table


def test_readers_agree_with_the_service(server: Server) -> None:
    columns = [{"name": "distance", "role": "feature", "type": "numeric"}]
    server.put("Model", MODEL, {"task": "binary_classification", "columns": columns})
    total = 0
    for number, file in enumerate(FILES):
        table = rows_of(file)
        # The last answer comes when all rows before it are in the table too.
        ack = "?ack=commit" if number == len(FILES) - 1 else ""
        assert counts(server.accepted(PATH + ack, stream(table), ARROW)) == (table.num_rows, 0, 0, 0)
        total += table.num_rows
    found = agree(server, total)
    assert len(found) == 13 or len(found) == 14, sorted(found)
    # DuckDB's own reader of Parquet, on the files that the table names.
    files = deltalake.DeltaTable(str(server.table(MODEL))).file_uris()
    distinct = "select count(*), count(distinct prediction_id) from read_parquet(?, union_by_name = true)"
    assert duckdb.execute(distinct, [files]).fetchone() == (total, total)
    model = server.get(f"/api/v1/models/{MODEL}")
    assert model["predictions"] == total and model["versions"] == ["v1", "v2"], model
    frame = polars.read_delta(str(server.table(MODEL)))
    assert (frame.height, frame["prediction_id"].n_unique()) == (total, total)
    assert frame["ts"].dtype == polars.Datetime("us", "UTC") and frame["distance"].dtype == polars.Float64
    assert dict(frame.group_by("version").len().iter_rows()) == {
        version: sum(rows for (v, _), (rows, _, _) in found.items() if v == version) for version in ["v1", "v2"]
    }


def test_corrections_duplicates_and_time_travel(server: Server) -> None:
    path = server.table(MODEL)
    before_version = deltalake.DeltaTable(str(path)).version()
    before = by_version_and_month(path)
    total = sum(rows for rows, _, _ in before.values())
    march = rows_of(FILES[2])
    repeated = march.slice(0, REPEATED)
    assert counts(server.accepted(PATH + "?ack=commit", stream(repeated), ARROW)) == (0, REPEATED, 0, 0)
    assert same(agree(server, total), before)

    # The same ids with another content: 31 days later, by the other version, farther.
    moved = march.slice(5_000, MOVED)
    ts = pc.add(moved["ts"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()), 31 * DAY_US).cast(pa.timestamp("us", "UTC"))
    moved = moved.set_column(moved.schema.get_field_index("ts"), "ts", ts)
    moved = moved.set_column(moved.schema.get_field_index("version"), "version", pa.array(["v2"] * MOVED))
    distance = pc.add(moved["distance"].cast(pa.float64()), 10_000.0)
    moved = moved.set_column(moved.schema.get_field_index("distance"), "distance", distance)
    answer = server.accepted(PATH + "?ack=commit", stream(moved), ARROW)
    assert (answer["corrected"], answer["duplicate"], answer["rejected"]) == (MOVED, 0, 0), answer
    after = agree(server, total)
    assert after["v1", "2013-03"][0] == before["v1", "2013-03"][0] - MOVED, after
    later = {key: rows for key, (rows, _, _) in after.items() if key[0] == "v2" and key[1] < "2013-07"}
    assert sum(later.values()) == MOVED and set(later) <= {("v2", "2013-04"), ("v2", "2013-05")}, later
    assert all(after[key][2] > 10_000 for key in later), after

    earlier = by_version_and_month(path, before_version)
    assert same(earlier, before), "the table of the earlier version"
    assert polars.read_delta(str(path), version=before_version).height == total


def test_labels_and_rejects_are_tables_too(server: Server) -> None:
    month = pq.read_table(FILES[3]).slice(0, 2_000)
    known = month.filter(pc.is_valid(month["label"])).select(["prediction_id", "ts", "label_ts", "label"])
    answer = server.accepted(f"/api/v1/models/{MODEL}/labels?ack=commit", stream(known), ARROW)
    assert counts(answer) == (known.num_rows, 0, 0, 0), answer
    connection = duckdb.connect()
    for name in ["predictions", "labels"]:
        connection.register(name, deltalake.DeltaTable(str(server.table(MODEL, name))).to_pyarrow_dataset())
    joined = connection.execute(
        "select count(*), sum(label) from predictions join labels using (prediction_id)"
    ).fetchone()
    assert joined == (known.num_rows, float(pc.sum(known["label"]).as_py())), joined
    bad = month.slice(0, 3).drop_columns(["distance", "label", "arr_delay", "label_ts"])
    bad = bad.append_column("distance", pa.array(["far", "near", "here"]))
    response = server.post(PATH + "?ack=commit", stream(bad), ARROW)
    assert response.status_code == 422, response.text
    rejects = deltalake.DeltaTable(str(server.data / "lake" / "default" / "rejects")).to_pyarrow_table().to_pylist()
    found = {(row["row"], row["field"], row["value"]) for row in rejects if row["model"] == MODEL}
    assert found == {(0, "distance", "far"), (1, "distance", "near"), (2, "distance", "here")}, found
