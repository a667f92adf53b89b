"""Parses answers in one thread into dicts. Arguments: the files."""

import json
import sys
import time
from pathlib import Path

import orjson


def main(*files: str) -> None:
    calls, seconds = 0, 0.0
    for file in files:
        body = Path(file).read_bytes()
        began = time.perf_counter()
        data = orjson.loads(body)["result"]["data"]
        seconds += time.perf_counter() - began
        calls += len(data)
    print(json.dumps({"calls": calls, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
