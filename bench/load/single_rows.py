"""Latency of requests with one row each from 64 clients. usage: single_rows.py PORT SECONDS"""

import asyncio
import json
import sys
import time

PORT, SECONDS, CLIENTS = int(sys.argv[1]), float(sys.argv[2]), 64
took = []


async def client(number, stop):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    row = 0
    while time.monotonic() < stop:
        event = {"id": f"{number}-{row}-{stop}", "score": 0.4, "features": {f"x{j}": j * 1.5 + row for j in range(20)}}
        body = json.dumps(event).encode()
        head = (
            "POST /api/v1/models/single/predictions HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        start = time.perf_counter()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        lines = answer.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
        text = await reader.readexactly(length)
        took.append(time.perf_counter() - start)
        assert lines[0].startswith(b"http/1.1 200"), (answer, text)
        row += 1
    writer.close()


async def main():
    stop = time.monotonic() + SECONDS
    await asyncio.gather(*(client(number, stop) for number in range(CLIENTS)))
    took.sort()
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))] * 1e3
    print(
        f"single rows, {CLIENTS} clients: {len(took) / SECONDS:.0f} requests/s, "
        f"p50 {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms, max {at(1):.0f} ms"
    )


asyncio.run(main())
