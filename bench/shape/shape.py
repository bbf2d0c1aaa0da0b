"""Many models, each with a trickle of events. usage: shape.py BINARY FOLDER MINUTES MODELS

Each model first gets the history that its grids are made of, then ten rows every ten seconds. How old an acknowledged row
becomes before it is in its table is told by the times of the tables' log entries, for every row of every model; before it
is in the profiles, by asking for the profiles of some models all the time, and in the end of all.
"""

import asyncio
import glob
import json
import os
import sys
import time
from collections import defaultdict

from events import HOUR, Trickle, history
from service import Connection, Service, at_times, load, share

BINARY, FOLDER, MINUTES, MODELS = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
ROWS, EVERY, SENDERS, WATCHED, HISTORY = 10, 10.0, 32, 20, int(os.environ.get("HISTORY", "1000"))
names = [f"model-{k:04}" for k in range(MODELS)]
took, acked, profiled = [], defaultdict(list), defaultdict(list)


def mib(size):
    return f"{size / (1 << 20):.0f} MiB"


def state(service, label):
    now, _, peak = service.memory()
    found = service.metrics()
    print(
        f"{label}: resident {mib(now)}, peak {mib(peak)}, rows in tables {found['committed_rows_total']:.0f}, profiled "
        f"{found['profiled_rows_total']:.0f}, tables behind {found['profile_lag_tables']:.0f}, CPU {service.cpu():.1f} s, "
        f"load {load():.1f}",
        flush=True,
    )


async def settled(service, rows, seconds=900):
    """Waits until `rows` are in the tables and nothing waits for its profile; seconds that took."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        found = await asyncio.to_thread(service.metrics)
        if found["committed_rows_total"] >= rows and found["profile_lag_tables"] == 0:
            return time.monotonic() - start
        await asyncio.sleep(0.5)
    return float("inf")


async def post(connection, name, body):
    while True:
        status, answer = await connection.send("POST", f"/api/v1/models/{name}/predictions", body)
        if status != 429:
            assert status == 200, (status, answer[:300])
            return
        await asyncio.sleep(0.5)


async def fill(service):
    """The history of all models."""
    body, todo = history(HISTORY, time.time() // HOUR * HOUR - HOUR), list(names)

    async def sender():
        connection = Connection(service.port)
        while todo:
            name = todo.pop()
            await post(connection, name, body.replace(b"@@@@", name.encode()))

    start = time.monotonic()
    await asyncio.gather(*(sender() for _ in range(4)))
    sent = time.monotonic() - start
    after = await settled(service, MODELS * HISTORY)
    print(f"history: {MODELS * HISTORY} rows acknowledged in {sent:.1f} s, in tables and profiles {after:.1f} s later")


async def send(service, stop):
    """Requests at fixed times, whatever the answers take: latency counts from when a request was due."""
    trickle, queue = Trickle(ROWS), asyncio.Queue()

    async def sender():
        connection = Connection(service.port)
        while (number := await queue.get()) is not None:
            due = start + number * EVERY / MODELS
            name = names[number % MODELS]
            await post(connection, name, trickle.body(number))
            took.append(time.monotonic() - due)
            acked[name].append(time.time())

    start = time.monotonic()
    senders = [asyncio.create_task(sender()) for _ in range(SENDERS)]
    await at_times(queue, start, EVERY / MODELS, stop, senders)


async def rows_profiled(connection, name, since):
    """Rows of a model in its profiles, of hours that begin at `since` or later."""
    window = "/".join(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (since, since + 24 * HOUR))
    status, answer = await connection.send("GET", f"/api/v1/models/{name}/profiles?window={window}&column=num_00")
    assert status == 200, (status, answer[:300])
    return json.loads(answer)["profiles"][0]["rows"]


async def watch(service, since, done):
    """Asks for the profiles of some models in turn, each about every two seconds."""
    connection = Connection(service.port)
    watched = names[:: max(1, MODELS // WATCHED)][:WATCHED]
    while not done.is_set():
        for name in watched:
            rows = await rows_profiled(connection, name, since)
            profiled[name].append((time.time(), rows))
            await asyncio.sleep(2 / len(watched))


async def look(service, done):
    while not done.is_set():
        await asyncio.to_thread(state, service, f"{time.strftime('%H:%M:%S')}")
        try:
            await asyncio.wait_for(done.wait(), 15)
        except TimeoutError:
            pass


def ages(times, steps):
    """How long each acknowledged request waited until the rows of `steps` (time, rows so far) included it."""
    waits, at = [], 0
    for number, time_acked in enumerate(times, 1):
        while at < len(steps) and steps[at][1] < number * ROWS:
            at += 1
        waits.append(max(0.0, steps[at][0] - time_acked) if at < len(steps) else float("inf"))
    return waits


def log_entries(table):
    """Time and rows of the commits of a table, by its log."""
    for path in sorted(glob.glob(f"{FOLDER}/data/lake/default/models/{table}/_delta_log/*[0-9].json")):
        adds = [action["add"] for line in open(path) if "add" in (action := json.loads(line))]
        rows = sum(json.loads(add["stats"])["numRecords"] for add in adds if add["dataChange"])
        yield os.stat(path).st_mtime, rows


def report(start, end):
    in_tables, commits = [], 0
    for name in names:
        steps, rows = [], -HISTORY
        for at, more in log_entries(f"{name}/predictions"):
            rows += more
            steps.append((at, rows))
            commits += start <= at < end
        in_tables += ages(acked[name], steps)
    of_profiles = sum(start <= at < end for name in names for at, _ in log_entries(f"{name}/profiles"))
    in_profiles = [wait for name, steps in profiled.items() for wait in ages(acked[name], steps)]
    for what, waits in (("tables", in_tables), (f"profiles of {len(profiled)} models", in_profiles)):
        waits.sort()
        print(f"acknowledged until in {what}: p50 {share(waits, 0.5):.1f} s, p99 {share(waits, 0.99):.1f} s, "
              f"max {share(waits, 1):.1f} s")
    seconds = end - start
    print(f"commits: {commits / seconds:.1f}/s to predictions, {of_profiles / seconds:.1f}/s to profiles")
    took.sort()
    print(f"requests: {len(took) / seconds:.0f}/s of {ROWS} rows, p50 {share(took, 0.5) * 1e3:.1f} ms, "
          f"p99 {share(took, 0.99) * 1e3:.1f} ms, max {share(took, 1) * 1e3:.0f} ms")


async def main():
    service = Service(BINARY, FOLDER)
    print(f"empty: ready after {service.ready_after:.2f} s, resident {mib(service.memory()[0])}")
    await fill(service)
    state(service, "filled")
    before, start, done = service.cpu(), time.time(), asyncio.Event()
    since = start // HOUR * HOUR
    beside = [asyncio.create_task(watch(service, since, done)), asyncio.create_task(look(service, done))]
    await send(service, time.monotonic() + MINUTES * 60)
    end, cpu = time.time(), service.cpu() - before
    print(f"CPU of the server: {cpu / (end - start) * 100:.0f} % of one core")
    after = await settled(service, MODELS * HISTORY + len(took) * ROWS)
    print(f"all in tables and profiles {after:.1f} s after the last request")
    await asyncio.sleep(5)
    done.set()
    await asyncio.gather(*beside)
    report(start, end)
    connection = Connection(service.port)
    wrong = [name for name in names if await rows_profiled(connection, name, since) != len(acked[name]) * ROWS]
    print(f"models whose profiles do not have the rows that were acknowledged: {len(wrong)} {wrong[:5]}")
    state(service, "asked for all")
    print(f"stopped in {service.stop():.1f} s")
    service = Service(BINARY, FOLDER)
    print(f"start with {MODELS} models: ready after {service.ready_after:.2f} s, resident {mib(service.memory()[0])}")
    start = time.monotonic()
    # Once all tables were listed it is known what waits.
    while b'table_rows{table="predictions"}' not in await asyncio.to_thread(service.get, "/metrics"):
        await asyncio.sleep(0.2)
    await asyncio.sleep(1)
    await settled(service, 0)
    state(service, f"all tables listed and followed {time.monotonic() - start:.1f} s later")
    print(f"stopped in {service.stop():.1f} s")


asyncio.run(main())
