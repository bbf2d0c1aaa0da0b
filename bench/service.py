"""The server as a process that is measured: started on a folder, looked at from outside, stopped."""

import asyncio
import os
import re
import subprocess
import time
import urllib.request


class Service:
    """`watchkeeper serve` on a folder and a port of its own."""

    def __init__(self, binary, folder, *settings):
        self.folder, self.log = f"{folder}/data", f"{folder}/log"
        arguments = [binary, "serve", "--data-dir", self.folder, "--listen", "127.0.0.1:0"]
        for setting in settings:
            arguments += ["--set", setting]
        self.started = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, text=True)
        self.url = ""
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.url = line.split()[-1]
                break
        if not self.url:
            raise SystemExit(f"the server did not start:\n{open(self.log).read()[-2000:]}")
        self.ready_after = time.monotonic() - self.started

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=120) as answer:
            return answer.read()

    def metrics(self):
        """Values without labels by name, the `watchkeeper_` left out."""
        found = re.findall(r"^watchkeeper_(\w+) ([0-9.e+-]+)$", self.get("/metrics").decode(), re.M)
        return {name: float(value) for name, value in found}

    def memory(self):
        """Resident bytes: now, the part that is no file, at most."""
        status = open(f"/proc/{self.process.pid}/status").read()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) * 1024 for name in ("VmRSS", "RssAnon", "VmHWM")]

    def cpu(self):
        """Seconds of processor time so far."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        """Seconds that a clean stop took."""
        start = time.monotonic()
        self.process.terminate()
        self.process.wait(timeout=180)
        return time.monotonic() - start


class Connection:
    """One kept-alive HTTP connection: less work for the sender than a client library."""

    def __init__(self, port):
        self.port, self.streams = port, None

    async def send(self, method, path, body=b"", kind="application/x-ndjson"):
        """Status and body of the answer."""
        self.streams = self.streams or await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        reader, writer = self.streams
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(re.search(rb"content-length: (\d+)", answer)[1])
        return int(answer.split(b" ", 2)[1]), await reader.readexactly(length)


async def at_times(queue, start, every, until, senders):
    """Puts 0, 1, … into the queue, one each `every` seconds from `start` on, whatever the answers take; then waits for the
    senders, which end at `None`."""
    number = 0
    while (now := time.monotonic()) < until:
        while start + number * every <= now:
            queue.put_nowait(number)
            number += 1
        await asyncio.sleep(0.005)
    for _ in senders:
        queue.put_nowait(None)
    await asyncio.gather(*senders)


def share(values, part):
    """The value below which this part of the sorted `values` lies."""
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def load():
    """Load average of the last minute: what else ran on the machine."""
    return os.getloadavg()[0]
