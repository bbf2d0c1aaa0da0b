"""How long questions about a month take: the first after a start, and then again. usage: month.py BINARY FOLDER"""

import json
import sys
import time
import urllib.request

from service import Service, load, share

BINARY, FOLDER = sys.argv[1:3]
REPEATS = 50
MODEL = "/api/v1/models/month"
QUESTIONS = {
    "all columns": f"{MODEL}/profiles?window=30d",
    "all columns, by day": f"{MODEL}/profiles?window=30d&by=day",
    "one column beside its reference": f"{MODEL}/distribution?column=num_07&window=30d",
    "one column beside its reference, by day": f"{MODEL}/distribution?column=num_07&window=30d&by=day",
    "one column beside its reference, by hour": f"{MODEL}/distribution?column=num_07&window=30d&by=hour",
    "one version, all columns": f"{MODEL}/profiles?window=30d&version=8",
}


def ask(service, question):
    start = time.perf_counter()
    answer = service.get(question)
    return (time.perf_counter() - start) * 1e3, answer


def rows(answer):
    told = json.loads(answer)
    return told["current"]["rows"] if "current" in told else max(profile["rows"] for profile in told["profiles"])


# The model is made known by an event.
service = Service(BINARY, FOLDER)
post = urllib.request.Request(
    f"{service.url}{MODEL}/predictions", b'{"id": "first", "num_07": 1}', {"content-type": "application/json"}
)
urllib.request.urlopen(post).read()
service.stop()

print("| question | first, ms | then p50, ms | p99, ms | answer, KiB | events |\n|---|---:|---:|---:|---:|---:|")
for name, question in QUESTIONS.items():
    service = Service(BINARY, FOLDER)
    first, answer = ask(service, question)
    took = sorted(ask(service, question)[0] for _ in range(REPEATS))
    print(f"| {name} | {first:.0f} | {share(took, 0.5):.0f} | {share(took, 0.99):.0f} | {len(answer) / 1024:.0f} | "
          f"{rows(answer):,} |", flush=True)
    resident, _, peak = service.memory()
    service.stop()
print(f"resident after the last {resident / (1 << 20):.0f} MiB, peak {peak / (1 << 20):.0f} MiB; load average {load():.1f}")
