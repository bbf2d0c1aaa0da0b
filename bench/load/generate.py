"""Predictions with 20 features (about 460 bytes as JSON) in a Parquet file. usage: generate.py ROWS FILE PREFIX"""

import sys
import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

rows, path, prefix = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def uniform(seed, scale, digits):
    return pc.round(pc.multiply(pc.random(rows, initializer=seed), scale), digits)


def words(seed):
    names = pa.array(["alpha", "beta", "gamma", "delta", "epsilon"])
    return names.take(pc.cast(pc.floor(pc.multiply(pc.random(rows, initializer=seed), 5.0)), pa.int32()))


now = int(time.time() * 1e6)
step = 3_000_000_000 // rows
columns = {
    "prediction_id": pa.array([f"{prefix}-{i:09d}" for i in range(rows)]),
    "ts": pa.array([now - 3_000_000_000 + i * step for i in range(rows)], pa.timestamp("us", "UTC")),
    "version": pa.array(["7" if i % 3 == 0 else "8" for i in range(rows)]),
    "score": uniform(1, 1.0, 4),
    "latency_ms": uniform(2, 40.0, 1),
}
columns |= {f"num_{k}": uniform(10 + k, 100.0, 2) for k in range(10)}
columns |= {f"int_{k}": uniform(30 + k, 40.0, 0) for k in range(5)}
columns |= {f"cat_{k}": words(50 + k) for k in range(5)}
pq.write_table(pa.table(columns), path)
