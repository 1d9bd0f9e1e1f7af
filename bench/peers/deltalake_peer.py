"""Appends through deltalake on a warm handle, driven by a line of JSON each: the bench's peer.

{"op": "hello", "storage": {...}} | {"op": "create", "url": ..., "rows": n} | {"op": "append", "url": ..., "commits": n}
"""
import json
import math
import sys
import time
from datetime import datetime, timedelta, timezone

import deltalake
import pyarrow as pa

START = datetime(2025, 1, 1, tzinfo=timezone.utc)
REGIONS = ["motor_cortex", "hippocampus", "prefrontal", "visual"]
storage: dict = {}
tables: dict = {}


def batch(rows: int, seed: int) -> pa.Table:
    voltage = [math.sin(i / 7 + seed) * 80 for i in range(rows)]
    return pa.table(
        {
            "timestamp": pa.array([START + timedelta(microseconds=(seed * rows + i) * 33) for i in range(rows)], pa.timestamp("us", "UTC")),
            "channel": pa.array([i % 64 for i in range(rows)], pa.int32()),
            "voltage": pa.array(voltage, pa.float64()),
            "spike": pa.array([abs(v) > 70 for v in voltage], pa.bool_()),
            "session": pa.array([f"session-{seed % 100:03d}"] * rows, pa.string()),
            "region": pa.array([REGIONS[i % 4] for i in range(rows)], pa.string()),
            "quality": pa.array([0.5 + ((i * 7919 + seed) % 500) / 1000 for i in range(rows)], pa.float64()),
            "sampling_rate": pa.array([30_000] * rows, pa.int32()),
        }
    )


def create(url: str, rows: int) -> dict:
    # No checkpoint in a round, and the codec of the other contender.
    deltalake.write_deltalake(url, batch(rows, 0), storage_options=storage, configuration={"delta.checkpointInterval": "1000000"})
    tables[url] = [deltalake.DeltaTable(url, storage_options=storage), rows, 1]
    return {}


def append(url: str, commits: int) -> dict:
    table, rows, seed = tables[url]
    batches = [batch(rows, seed + i) for i in range(commits)]
    writer = deltalake.WriterProperties(compression="ZSTD")
    samples = []
    for data in batches:
        start = time.perf_counter()
        deltalake.write_deltalake(table, data, mode="append", writer_properties=writer)
        samples.append((time.perf_counter() - start) * 1000)
    tables[url][2] = seed + commits
    return {"samplesMs": samples}


for line in sys.stdin:
    request = json.loads(line)
    op = request.pop("op")
    if op == "hello":
        storage = request["storage"]
        reply = {"name": f"deltalake {deltalake.__version__}"}
    else:
        reply = {"create": create, "append": append}[op](**request)
    print(json.dumps(reply), flush=True)
