"""Sends at a fixed rate and looks every five seconds. usage: hour.py BINARY FOLDER MINUTES ROWS_PER_SECOND FORMAT CSV

Requests are due at fixed times, whatever the answers take: latency counts from when a request was due.
"""

import asyncio
import csv
import os
import sys
import time

from bodies import Arrow, Ndjson
from service import Connection, Service, at_times, load, share

BINARY, FOLDER, MINUTES, RATE, FORMAT, CSV = *sys.argv[1:3], float(sys.argv[3]), int(sys.argv[4]), *sys.argv[5:7]
ROWS, SENDERS, LOOK_EVERY = 20_000, 8, 5
PATH = "/api/v1/models/hour/predictions"
took, acknowledged, refused = [], 0, 0


def sizes(folder):
    """Bytes and number of the files below a folder, while they come and go."""
    size = files = 0
    for here, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.stat(os.path.join(here, name)).st_size
                files += 1
            except FileNotFoundError:
                pass
    return size, files


def look(service, start, latencies):
    """One line of the table."""
    resident, anonymous, _ = service.memory()
    found = service.metrics()
    line = {
        "seconds": round(time.monotonic() - start, 1),
        "resident_bytes": resident,
        "anonymous_bytes": anonymous,
    }
    for part in ("journal", "lake", "ids"):
        line[f"{part}_bytes"], line[f"{part}_files"] = sizes(f"{service.folder}/{part}")
    latencies.sort()
    return line | {
        "acknowledged_rows": acknowledged,
        "committed_rows": int(found["committed_rows_total"]),
        "profiled_rows": int(found["profiled_rows_total"]),
        "refused_requests": refused,
        "requests": len(latencies),
        "p50_ms": round(share(latencies, 0.5) * 1e3, 1),
        "p99_ms": round(share(latencies, 0.99) * 1e3, 1),
        "cpu_seconds": round(service.cpu(), 1),
        "load": round(load(), 1),
    }


async def send(service, stop):
    queue = asyncio.Queue()
    made = {"ndjson": Ndjson, "arrow": Arrow}[FORMAT](ROWS)
    latest = []

    async def sender():
        global acknowledged, refused
        connection = Connection(service.port)
        while (number := await queue.get()) is not None:
            body = await asyncio.to_thread(made.body, number)
            while (answer := await connection.send("POST", PATH, body, made.kind))[0] == 429:
                refused += 1
                await asyncio.sleep(1)
            assert answer[0] == 200, (answer[0], answer[1][:300])
            waited = time.monotonic() - (start + number * ROWS / RATE)
            took.append(waited)
            latest.append(waited)
            acknowledged += ROWS

    async def looker():
        with open(CSV, "w", newline="") as file:
            writer = None
            while True:
                await asyncio.sleep(LOOK_EVERY - (time.monotonic() - start) % LOOK_EVERY)
                latencies, latest[:] = latest[:], []
                line = await asyncio.to_thread(look, service, start, latencies)
                if writer is None:
                    writer = csv.DictWriter(file, line)
                    writer.writeheader()
                writer.writerow(line)
                file.flush()

    start = time.monotonic()
    senders = [asyncio.create_task(sender()) for _ in range(SENDERS)]
    looking = asyncio.create_task(looker())
    await at_times(queue, start, ROWS / RATE, start + stop, senders)
    looking.cancel()
    return time.monotonic() - start


def summary(service, seconds):
    lines = list(csv.DictReader(open(CSV)))
    column = lambda name: [float(line[name]) for line in lines]
    took.sort()
    resident = column("resident_bytes")
    tenth = max(1, len(lines) // 10)
    mean = lambda values: sum(values) / len(values) / (1 << 20)
    print(f"{FORMAT}: {acknowledged} rows in {seconds:.0f} s, {acknowledged / seconds:.0f} rows/s, "
          f"{len(took)} requests of {ROWS} rows, refused {refused}")
    print(f"acknowledged after: p50 {share(took, 0.5) * 1e3:.0f} ms, p99 {share(took, 0.99) * 1e3:.0f} ms, "
          f"max {share(took, 1) * 1e3:.0f} ms")
    print(f"resident: first tenth {mean(resident[:tenth]):.0f} MiB, last tenth {mean(resident[-tenth:]):.0f} MiB, "
          f"peak {service.memory()[2] / (1 << 20):.0f} MiB")
    for part in ("journal", "lake", "ids"):
        files, size = column(f"{part}_files"), column(f"{part}_bytes")
        print(f"{part}: at most {max(files):.0f} files, {max(size) / (1 << 20):.0f} MiB; "
              f"in the end {files[-1]:.0f} files, {size[-1] / (1 << 20):.0f} MiB")
    print(f"CPU of the server: {service.cpu() / seconds * 100:.0f} % of one core, load average "
          f"{min(column('load')):.1f} to {max(column('load')):.1f}")


async def main():
    # Files that compaction has merged would stay for a day: an hour of them is as large as the tables.
    service = Service(BINARY, FOLDER, "maintenance.vacuum=5m", "maintenance.keep_removed=5m")
    seconds = await send(service, MINUTES * 60)
    summary(service, seconds)
    start = time.monotonic()
    while service.metrics()["committed_rows_total"] < acknowledged and time.monotonic() - start < 120:
        await asyncio.sleep(0.2)
    print(f"all rows in the tables {time.monotonic() - start:.1f} s after the last request: "
          f"{service.metrics()['committed_rows_total']:.0f} of {acknowledged}")
    print(f"stopped in {service.stop():.1f} s")


asyncio.run(main())
