#!/usr/bin/env python3
"""Drives the real binary from outside, with other people's programs: run.py BINARY [NAME...].

A line per test; the exit code is 1 when one failed. `scripts/peers.sh clients` prints a Python that has what is needed.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import arrow_bodies
import otlp
import plain_http
import privacy
import tables
from server import Server

SHARED = [plain_http, arrow_bodies, otlp, tables]


def tests_of(module: object) -> list[str]:
    return [name for name in vars(module) if name.startswith("test_")]


def run(name: str, test: object, *arguments: object) -> bool:
    start = time.monotonic()
    try:
        test(*arguments)
    except Exception as error:  # noqa: BLE001: whatever went wrong is the test's result
        text = str(error) if isinstance(error, AssertionError) and str(error) else traceback.format_exc()
        print(f"FAIL {name} ({time.monotonic() - start:.1f} s)\n{text}", flush=True)
        return False
    print(f"ok   {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return True


def main() -> int:
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_file():
        print("usage: run.py BINARY [PART-OF-A-NAME...]", file=sys.stderr)
        return 2
    binary, wanted = Path(sys.argv[1]).resolve(), sys.argv[2:]

    def is_wanted(name: str) -> bool:
        return not wanted or any(part in name for part in wanted)

    results = []
    with tempfile.TemporaryDirectory(prefix="watchkeeper-clients-") as temporary:
        shared = [(f"{m.__name__}.{name[5:]}", getattr(m, name)) for m in SHARED for name in tests_of(m)]
        shared = [(name, test) for name, test in shared if is_wanted(name)]
        if shared:
            folder = Path(temporary) / "shared"
            folder.mkdir()
            server = Server(binary, folder, "commit.interval=500ms", *otlp.SETTINGS)
            try:
                results += [run(name, test, server) for name, test in shared]
            finally:
                results.append(run("shared server ends well", lambda: exits_well(server)))
        for name in tests_of(privacy):
            full = f"privacy.{name[5:]}"
            if is_wanted(full):
                folder = Path(temporary) / full
                folder.mkdir()
                results.append(run(full, getattr(privacy, name), binary, folder))
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


def exits_well(server: Server) -> None:
    code = server.stop()
    assert code == 0, f"exit code {code}:\n{server.tail()}"


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Readers of data sets may leave threads behind that abort the interpreter while it ends: what counts is above.
    os._exit(code)
