"""Makes detectors.json and real_streams.json here from the project's oracles, one stream per line.

Run: python convert_detectors.py ORACLE_DIR DATA_DIR. Streams of 0 and 1 become one text; floats are copied as they are printed there.
Kept of each detector: indices of drifts, number of warnings, the first 40 of them, and what ADWIN holds at the end.
"""
import json, sys
src = sys.argv[1]
KEEP = ("drift", "n_warning", "first_warnings", "final_width", "final_estimation", "final_variance")
expected = json.load(open(f"{src}/detectors.json"))["synthetic"]
with open("detectors.json", "w") as f:
    lines = []
    for name, detectors in expected.items():
        values = json.load(open(f"{src}/streams/{name}.json"))
        bits = all(v in (0, 1) for v in values) and name.startswith("bits")
        stream = "".join(str(v) for v in values) if bits else values
        expect = {d: {k: v[k] for k in KEEP if k in v} for d, v in detectors.items()}
        lines.append(json.dumps({"id": name, "values": stream, "expect": expect}, separators=(",", ":")))
    f.write("[\n" + ",\n".join(lines) + "\n]\n")

# Real streams, from the project's data (needs pyarrow): errors of a model, in the order in which labels came.
import pyarrow.parquet as pq
data = sys.argv[2]
columns = ["prediction_id", "label_ts", "label", "prediction"]
rows = [r for r in pq.read_table(f"{data}/flights.parquet", columns=columns).to_pylist() if r["label"] is not None]
rows.sort(key=lambda r: (r["label_ts"], r["prediction_id"]))
wrong = lambda rows, label: "".join("1" if r[label] != r["prediction"] else "0" for r in rows)
rain = pq.read_table(f"{data}/noaa_rainfall.parquet", columns=["rain", "prediction"]).to_pylist()
streams = {"flights_error_bits[0:60000]": wrong(rows[:60000], "label"), "rainfall_error_bits[3000:10000]": wrong(rain[3000:10000], "rain")}
expected = json.load(open(f"{src}/detectors.json"))["real"]
with open("real_streams.json", "w") as f:
    case = lambda name: {"id": name, "values": streams[name], "expect": {d: {k: v[k] for k in KEEP if k in v} for d, v in expected[name].items()}}
    f.write("[\n" + ",\n".join(json.dumps(case(name), separators=(",", ":")) for name in streams) + "\n]\n")
