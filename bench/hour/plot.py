"""Memory, files and latency over time as a picture. usage: plot.py CSV SVG"""

import csv
import math
import sys
from html import escape

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP = 860, 70, 130, 34, 150, 44
COLOURS = ["#0b61a4", "#d1495b", "#3a7d44"]
MIB = 1 << 20
lines = list(csv.DictReader(open(sys.argv[1])))
times = [float(line["seconds"]) / 60 for line in lines]


def column(name, scale=1.0):
    return [float(line[name]) / scale for line in lines]


def ticks(highest, count=4):
    """Round steps from 0 to at least `highest`."""
    raw = max(highest, 1e-9) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    return [step * number for number in range(math.ceil(highest / step) + 1)]


def number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def text(x, y, words, anchor="start", **more):
    rest = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{rest}>{escape(words)}</text>'


def panel(top, title, series):
    """One chart: lines of (name, values) over the same time."""
    highest = max((value for _, values in series for value in values if math.isfinite(value)), default=1)
    scale, span = ticks(highest), max(times[-1], 1e-9)
    right, bottom = WIDTH - RIGHT, top + PANEL
    x = lambda minute: LEFT + minute / span * (right - LEFT)
    y = lambda value: bottom - value / scale[-1] * PANEL
    out = [text(LEFT, top - 10, title, font_weight="bold")]
    for tick in scale:
        out.append(f'<path d="M{LEFT} {y(tick):.1f}H{right}" stroke="#ddd"/>')
        out.append(text(LEFT - 8, y(tick) + 4, number(tick), "end"))
    for tick in (tick for tick in ticks(span, 6) if tick <= span):
        out.append(text(x(tick), bottom + 17, number(tick), "middle"))
    ends = []
    for (name, values), colour in zip(series, COLOURS):
        points = [(x(at), y(value)) for at, value in zip(times, values) if math.isfinite(value)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        ends.append([points[-1][1] + 4 if points else bottom, name, colour])
    ends.sort()
    for before, after in zip(ends, ends[1:]):
        after[0] = max(after[0], before[0] + 15)
    out += [text(right + 8, end, name, fill=colour) for end, name, colour in ends]
    return out


panels = [
    ("Resident memory, MiB", [("resident", column("resident_bytes", MIB)), ("not of files", column("anonymous_bytes", MIB))]),
    ("Files", [(part, column(f"{part}_files")) for part in ("lake", "journal", "ids")]),
    ("Time until acknowledged, ms (each 5 s)", [("p99", column("p99_ms")), ("p50", column("p50_ms"))]),
]
height = TOP + len(panels) * (PANEL + GAP) + 10
body = [part for at, (title, series) in enumerate(panels) for part in panel(TOP + at * (PANEL + GAP), title, series)]
body.append(text(WIDTH - RIGHT, height - 8, "minutes", "end"))
with open(sys.argv[2], "w") as file:
    file.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="#222">\n<rect width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )
