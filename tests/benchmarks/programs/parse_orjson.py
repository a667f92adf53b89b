"""Parses answers in one thread into dicts. Arguments: the files."""

import json
import sys
import time

import orjson


def main(*files: str) -> None:
    bodies = []
    for each in files:
        with open(each, "rb") as file:  # noqa: PTH123 - pathlib is a large import
            bodies.append(file.read())
    calls, seconds = 0, 0.0
    for body in bodies:
        began = time.perf_counter()
        data = orjson.loads(body)["result"]["data"]
        seconds += time.perf_counter() - began
        calls += len(data)
    print(json.dumps({"calls": calls, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
