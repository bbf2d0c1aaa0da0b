#!/usr/bin/env python3
"""Executes docs/getting-started.md: getting_started.py BINARY.

The `sh` and `python` blocks run in order in one shell session, in an empty folder beside which only the examples are. A
block that fails ends the test. A `text` block is what the block before it prints: each of its lines must be found in the
output, in order, where `…` stands for anything within a line, and a line `…` for any lines. Numbers of blanks do not
matter. The port is another than the document's, so that a server of the person who runs the test is not in the way.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from server import ROOT

DOCUMENT = ROOT / "docs" / "getting-started.md"
PORT = "8470"
REPEATED = "<!-- repeat until it holds -->"
SECONDS = 60
BLOCK = re.compile(rf"(?P<repeated>{REPEATED}\n+)?^```(?P<kind>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A block to execute, and what it must print."""

    line: int
    kind: str
    code: str
    is_repeated: bool
    expected: str = ""


def steps(text: str) -> list[Step]:
    found: list[Step] = []
    for block in BLOCK.finditer(text):
        kind, code = block["kind"], block["code"]
        line = text.count("\n", 0, block.start("kind")) + 1
        if kind in ("sh", "python"):
            found.append(Step(line, kind, code, bool(block["repeated"])))
        elif kind == "text":
            assert found and not found[-1].expected, f"line {line}: nothing to execute is before this output"
            found[-1].expected = code
        else:
            assert kind == "console", f"line {line}: a block is `sh`, `python`, `text` or `console`, not `{kind}`"
    return found


def missing(expected: str, output: str) -> str | None:
    """The first expected line that the output does not have after the line that had the former one."""
    position = 0
    output = re.sub(r"[ \t]+", " ", output)
    for line in expected.splitlines():
        if line.strip() == "…":
            continue
        parts = [re.escape(part) for part in re.sub(r"[ \t]+", " ", line.strip()).split("…")]
        match = re.compile("[^\n]*?".join(parts)).search(output, position)
        if match is None:
            return line
        position = match.end()
    return None


class Shell:
    """One bash that executes blocks; the first command that fails ends it, and with it the server that it started."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.blocks = folder.parent
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, env=environment, text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.number = 0
        self._write("set -euo pipefail\ntrap 'kill \"${SERVER:-}\" 2>/dev/null && wait' EXIT\n")

    def _write(self, text: str) -> None:
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def run(self, step: Step) -> tuple[bool, str]:
        """Whether the block came to its end, and what it printed."""
        self.number += 1
        end = f"--- block {self.number} ended ---"
        code = step.code
        if step.kind == "python":
            code = f"python3 - <<'END_OF_PYTHON'\n{code}END_OF_PYTHON\n"
        # From a file, so that no program can read the blocks to come from its standard input.
        block = self.blocks / f"block-{self.number}"
        block.write_text(code, encoding="utf-8")
        self._write(f"source '{block}' </dev/null; printf '\\n%s\\n' '{end}'\n")
        output = []
        for line in self.process.stdout:
            if line.rstrip("\n") == end:
                return True, "".join(output)
            output.append(line)
        return False, "".join(output)

    def stop(self) -> None:
        """Ends the shell, and with it the server if a block that failed left it running."""
        self.process.stdin.close()
        self.process.wait(SECONDS)


def execute(shell: Shell, step: Step) -> str | None:
    """What is wrong with a step, if anything."""
    end = time.monotonic() + SECONDS
    while True:
        whole, output = shell.run(step)
        if not whole:
            return f"a command failed\n{output}"
        line = missing(step.expected, output)
        if line is None:
            return None
        if not step.is_repeated or time.monotonic() > end:
            return f"expected the line\n  {line}\nin the output\n{output}"
        time.sleep(0.2)


def main() -> int:
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("usage: getting_started.py BINARY", file=sys.stderr)
        return 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    text = DOCUMENT.read_text(encoding="utf-8")
    todo = steps(text)
    assert len(todo) > 10, f"only {len(todo)} blocks in {DOCUMENT}"
    with tempfile.TemporaryDirectory(prefix="watchkeeper-start-") as temporary:
        folder = Path(temporary) / "work"
        programs = Path(temporary) / "bin"
        folder.mkdir()
        programs.mkdir()
        (folder / "examples").symlink_to(ROOT / "examples")
        (programs / "watchkeeper").symlink_to(Path(sys.argv[1]).resolve())
        path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHKEEPER_")}
        address = f"127.0.0.1:{port}"
        own = {"PATH": path, "WATCHKEEPER_LISTEN": address, "WATCHKEEPER_SERVER": f"http://{address}"}
        shell = Shell(folder, kept | own)
        try:
            for step in todo:
                step.code = step.code.replace(PORT, port)
                start = time.monotonic()
                wrong = execute(shell, step)
                took = f"{time.monotonic() - start:.1f} s"
                first = step.code.splitlines()[0][:60]
                if wrong:
                    print(f"FAIL line {step.line}: {first} ({took})\n{wrong}", flush=True)
                    log = folder / "watchkeeper.log"
                    if log.exists():
                        print("\n".join(log.read_text(errors="replace").splitlines()[-10:]))
                    print("0 passed, 1 failed")
                    return 1
                print(f"ok   line {step.line}: {first} ({took})", flush=True)
        finally:
            shell.stop()
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
