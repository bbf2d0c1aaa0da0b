"""The real binary, started in a folder of its own on free ports, and stopped by its process id."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, TypeVar

import requests

ROOT = Path(__file__).resolve().parents[2]
FLIGHTS = ROOT / "examples" / "flights"
ADDRESS = re.compile(r"^listening .*?(127\.0\.0\.1:\d+)", re.MULTILINE)
T = TypeVar("T")


class Server:
    """A running `watchkeeper serve`. Its log is in `log`, its data in `data`."""

    def __init__(self, binary: Path, folder: Path, *settings: str, environment: dict[str, str] | None = None) -> None:
        self.data = folder / "data"
        self.log = folder / "server.log"
        # Set, so that a variable of the person who runs the tests cannot change what they mean.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WATCHKEEPER_")}
        command = [str(binary), "serve", "--data-dir", str(self.data), "--listen", "127.0.0.1:0"]
        command += ["--otlp-grpc-listen", "127.0.0.1:0", "--set", "limits.past=36500d"]
        for setting in settings:
            command += ["--set", setting]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=kept | (environment or {})
            )
        addresses = self.until("two addresses to listen on", self._addresses)
        self.url, self.grpc = "http://" + addresses[0], addresses[1]
        self.http = requests.Session()
        self.until("readiness", lambda: self.http.get(self.url + "/readyz", timeout=5).ok)

    def _addresses(self) -> list[str] | None:
        found = ADDRESS.findall(self.log.read_text(errors="replace"))
        return found if len(found) == 2 else None

    def until(self, what: str, found: Callable[[], T | None], seconds: float = 60) -> T:
        """What `found` returns as soon as it is true; asked again until then."""
        end = time.monotonic() + seconds
        while True:
            result = found()
            if result:
                return result
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode} before {what}:\n{self.tail()}")
            if time.monotonic() > end:
                raise AssertionError(f"no {what} within {seconds:.0f} s; last: {result!r}")
            time.sleep(0.05)

    def tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON answer of a request that must succeed."""
        response = self.http.get(self.url + path, params=parameters, timeout=60)
        assert response.status_code == 200, f"GET {response.url}: {response.status_code} {response.text}"
        return response.json()

    def post(self, path: str, body: bytes, content_type: str, **headers: str) -> requests.Response:
        headers = {"Content-Type": content_type} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.post(self.url + path, data=body, headers=headers, timeout=120)

    def accepted(self, path: str, body: bytes, content_type: str, **headers: str) -> dict[str, Any]:
        """The answer to events of which at least one must be taken."""
        response = self.post(path, body, content_type, **headers)
        assert response.status_code == 200, f"POST {path}: {response.status_code} {response.text}"
        return response.json()

    def put(self, kind: str, name: str, spec: dict[str, Any]) -> None:
        document = {"apiVersion": "watchkeeper/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        response = self.http.put(f"{self.url}/api/v1/resources/{kind}/{name}", json=document, timeout=60)
        assert response.ok, f"PUT {kind}/{name}: {response.status_code} {response.text}"

    def table(self, model: str, stream: str = "predictions") -> Path:
        return self.data / "lake" / "default" / "models" / model / stream

    def stop(self) -> int:
        """Asks the server to end, and waits until it has committed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the server did not end within 60 s of SIGTERM") from None
        finally:
            self.http.close()


def counts(answer: dict[str, Any]) -> tuple[int, int, int, int]:
    """Accepted, duplicate, corrected, rejected."""
    return answer["accepted"], answer["duplicate"], answer["corrected"], answer["rejected"]
