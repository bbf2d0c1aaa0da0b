"""Drift checks of other tools on two Parquet files, and what they cost.

peers.py evidently REFERENCE CURRENT            runs Evidently's DataDriftPreset
peers.py nannyml REFERENCE CURRENT              runs NannyML's UnivariateDriftCalculator
peers.py measure NAME RUNS -- COMMAND ...       runs a command RUNS + 1 times and prints one row of a Markdown table

The tools stand in environments of their own (run.sh makes them); `measure` needs nothing but Python.
"""

import os
import statistics
import sys
import time


def evidently(reference_path, current_path):
    """The preset with its defaults: which test a column gets depends on its type and on the rows of the reference."""
    import pandas
    from evidently import Report
    from evidently.presets import DataDriftPreset

    reference = pandas.read_parquet(reference_path)
    current = pandas.read_parquet(current_path)
    snapshot = Report([DataDriftPreset()]).run(current, reference)
    for metric in snapshot.dict()["metrics"]:
        print(metric["metric_name"], metric["value"])


def nannyml(reference_path, current_path):
    """Six methods, NannyML's default chunks (about ten a side) and thresholds. Its default methods are two of them."""
    import pandas
    from nannyml import UnivariateDriftCalculator

    reference = pandas.read_parquet(reference_path)
    current = pandas.read_parquet(current_path)
    is_number = pandas.api.types.is_numeric_dtype
    calculator = UnivariateDriftCalculator(
        column_names=list(reference.columns),
        treat_as_categorical=[name for name in reference.columns if not is_number(reference[name])],
        continuous_methods=["jensen_shannon", "kolmogorov_smirnov", "wasserstein"],
        categorical_methods=["jensen_shannon", "chi2", "l_infinity"],
    )
    results = calculator.fit(reference).calculate(current)
    frame = results.filter(period="analysis").to_df()
    print(frame.loc[:, [name for name in frame.columns if name[-1] in ("value", "alert")]].T.to_string())


def run_once(command):
    """Seconds of wall, seconds of CPU (user + system) and peak bytes of one run; ends the program when it fails.

    The kernel counts the process and the children it waited for.
    """
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        sys.exit(f"`{' '.join(command)}` ended with {code}")
    unit = 1 if sys.platform == "darwin" else 1024
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def measure(name, runs, command):
    """The median of each number; the first run fills the page cache and is left out."""
    run_once(command)
    numbers = [run_once(command) for _ in range(runs)]
    wall, cpu, memory = (statistics.median(column) for column in zip(*numbers))
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory / 1e6:,.0f} |", flush=True)


def main(words):
    match words:
        case ["evidently", reference, current]:
            evidently(reference, current)
        case ["nannyml", reference, current]:
            nannyml(reference, current)
        case ["measure", name, runs, "--", *command] if command and runs.isdigit() and int(runs) > 0:
            measure(name, int(runs), command)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
