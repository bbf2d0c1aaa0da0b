"""What anybody can send with an HTTP library: JSON, NDJSON, gzip; and what is said to mistakes."""

from __future__ import annotations

import gzip
import json

import deltalake

from server import Server, counts

JSON, NDJSON = "application/json", "application/x-ndjson"


def events(count: int, start: int = 0) -> list[dict]:
    return [
        {
            "id": f"e{i}",
            "ts": f"2026-03-{1 + i % 28:02}T12:00:00Z",
            "version": f"v{1 + i % 2}",
            "features": {"amount": i / 4, "country": ["de", "fr", "it"][i % 3], "is_new": i % 5 == 0},
            "prediction": i % 2,
            "score": (i % 100) / 100,
            "latency_ms": 1.5,
            "segments": {"channel": "web" if i % 4 else "app"},
        }
        for i in range(start, start + count)
    ]


def lines(rows: list[dict]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def problem(response, status: int, code: str) -> dict:
    """The problem document of a refusal."""
    assert response.status_code == status, f"{response.status_code} {response.text}"
    assert response.headers["Content-Type"] == "application/problem+json", response.headers["Content-Type"]
    body = response.json()
    assert body["status"] == status and body["code"] == code, body
    assert body["type"] == f"https://watchkeeper.dev/problems/{code}" and body["title"] and body["detail"], body
    return body


def test_json_one_and_many(server: Server) -> None:
    path = "/api/v1/models/http-json/predictions"
    assert counts(server.accepted(path, json.dumps(events(1)[0]).encode(), JSON)) == (1, 0, 0, 0)
    assert counts(server.accepted(path, json.dumps(events(10)).encode(), JSON)) == (9, 1, 0, 0)
    assert counts(server.accepted(path, b"[]", JSON)) == (0, 0, 0, 0)
    flat = {"prediction_id": "flat", "timestamp": 1772366400, "amount": 1.0, "prediction": 1}
    assert counts(server.accepted(path, json.dumps(flat).encode(), JSON)) == (1, 0, 0, 0)
    assert server.accepted(path + "?ack=commit", json.dumps(events(1, 10)).encode(), JSON)["ack"] == "commit"
    model = server.get("/api/v1/models/http-json")
    assert model["predictions"] == 12, model


def test_ndjson_with_gzip(server: Server) -> None:
    path = "/api/v1/models/http-ndjson/predictions"
    body = gzip.compress(lines(events(5_000)))
    assert counts(server.accepted(path, body, NDJSON, Content_Encoding="gzip")) == (5_000, 0, 0, 0)
    assert counts(server.accepted(path, body, NDJSON, Content_Encoding="gzip")) == (0, 5_000, 0, 0)
    problem(server.post(path, body[:-20], NDJSON, Content_Encoding="gzip"), 400, "malformed_body")


def test_a_repeated_request_counts_once(server: Server) -> None:
    # Business numbers may come without an id each: then the key of the request is what tells a repetition.
    rows = [{"name": "orders", "ts": "2026-03-01T00:00:00Z", "value": i} for i in range(7)]
    first = server.accepted("/api/v1/kpis?ack=commit", lines(rows), NDJSON, Idempotency_Key="monday-1")
    again = server.accepted("/api/v1/kpis?ack=commit", lines(rows), NDJSON, Idempotency_Key="monday-1")
    assert counts(first) == (7, 0, 0, 0) and counts(again) == (0, 7, 0, 0), (first, again)
    path = "/api/v1/models/http-idempotent/predictions?ack=commit"
    for expected in [(7, 0, 0, 0), (0, 7, 0, 0)]:
        answer = server.accepted(path, lines(events(7)), NDJSON, Idempotency_Key="monday-1")
        assert counts(answer) == expected, answer
    kpis = deltalake.DeltaTable(str(server.data / "lake" / "default" / "kpis")).to_pyarrow_table().to_pylist()
    assert sorted(kpi["value"] for kpi in kpis if kpi["name"] == "orders") == list(range(7)), kpis
    assert server.get("/api/v1/models/http-idempotent")["predictions"] == 7


def test_commit_holds_for_repeated_rows_too(server: Server) -> None:
    path = "/api/v1/models/http-commit/predictions"
    assert counts(server.accepted(path, lines(events(50)), NDJSON)) == (50, 0, 0, 0)
    # Sent again by somebody who did not get the answer: now it must be true that the rows are in the table.
    answer = server.accepted(path + "?ack=commit", lines(events(50)), NDJSON)
    assert counts(answer) == (0, 50, 0, 0) and answer["ack"] == "commit", answer
    table = server.table("http-commit")
    stored = deltalake.DeltaTable(str(table)).to_pyarrow_table().num_rows if table.exists() else 0
    assert stored == 50, f"{stored} of 50 rows are in the table after `ack=commit`"


def test_rejects_name_row_field_value_and_what_was_expected(server: Server) -> None:
    columns = [{"name": "amount", "role": "feature", "type": "numeric"}]
    server.put("Model", "http-rejects", {"task": "other", "columns": columns})
    path = "/api/v1/models/http-rejects/predictions"
    rows = events(4)
    rows[1]["features"]["amount"] = "a lot"
    rows[3]["ts"] = "yesterday"
    answer = server.accepted(path, lines(rows) + b'{"id": "cut', NDJSON)
    assert counts(answer) == (2, 0, 0, 3), answer
    first, second, third = answer["rejects"]
    assert (first["row"], first["field"], first["value"], first["code"]) == (1, "amount", "a lot", "wrong_type"), first
    assert first["expected"] == "a number", first
    assert (second["row"], second["field"], second["value"]) == (3, "ts", "yesterday"), second
    assert (third["row"], third["code"]) == (4, "malformed"), third
    rows = [{"id": "bad", "ts": "2026-03-01T00:00:00Z", "amount": "none"}]
    refused = problem(server.post(path, lines(rows), NDJSON), 422, "all_rows_rejected")
    assert refused["rejected"] == 1 and refused["rejects"][0]["field"] == "amount", refused


def test_mistakes_are_explained(server: Server) -> None:
    path = "/api/v1/models/http-mistakes/predictions"
    response = server.post(path, b"a,b\n1,2\n", "text/csv")
    refused = problem(response, 415, "unsupported_media_type")
    assert "application/x-ndjson" in refused["detail"] and "text/csv" in refused["detail"], refused
    assert "application/json" in response.headers["Accept-Post"], response.headers
    refused = problem(server.post(path + "?akc=commit", b"{}", JSON), 400, "invalid_parameter")
    assert "`akc`" in refused["detail"] and "`ack`" in refused["detail"], refused
    problem(server.post(path, b"{", JSON), 400, "malformed_body")
    problem(server.http.get(server.url + "/api/v1/models/no-such-model", timeout=10), 404, "not_found")
    problem(server.http.get(server.url + "/api/v1/nothing", timeout=10), 404, "not_found")


def test_labels_kpis_and_changes(server: Server) -> None:
    labels = [{"prediction_id": f"e{i}", "label": i % 2, "label_ts": "2026-04-01T00:00:00Z"} for i in range(3)]
    path = "/api/v1/models/http-json/labels?ack=commit"
    assert counts(server.accepted(path, lines(labels), NDJSON)) == (3, 0, 0, 0)
    assert server.get("/api/v1/models/http-json")["labels"] == 3
    kpi = {"kpi_id": "k1", "name": "revenue", "ts": "2026-03-01T00:00:00Z", "value": 12.5, "model": "http-json"}
    assert counts(server.accepted("/api/v1/kpis?ack=commit", json.dumps(kpi).encode(), JSON)) == (1, 0, 0, 0)
    change = {"change_id": "c1", "kind": "deploy", "ts": "2026-03-01T00:00:00Z", "model": "http-json", "summary": "v2"}
    assert counts(server.accepted("/api/v1/changes?ack=commit", json.dumps(change).encode(), JSON)) == (1, 0, 0, 0)
    tables = {table["table"] for table in server.get("/api/v1/storage")["tables"]}
    assert {"kpis", "changes", "rejects"} <= tables, tables


def test_metrics_and_description(server: Server) -> None:
    metrics = server.http.get(server.url + "/metrics", timeout=10)
    assert metrics.ok and metrics.text.endswith("# EOF\n"), metrics.text[-200:]
    description = server.get("/api/v1/openapi.json")
    assert description["openapi"].startswith("3.1"), description["openapi"]
    assert "/api/v1/models/{model}/predictions" in description["paths"]
