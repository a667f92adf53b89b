"""A dlt resource with requests that yields dicts; settings are dlt's defaults but for the files'.

Arguments: a file with the address and the parameters of the request, how many calls to read, and
the format of load files, if not the default.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import requests


@dlt.resource(name="calls")
def calls(url: str, params: dict[str, Any], count: int) -> Iterator[list[dict[str, Any]]]:
    offset = 0
    while offset < count:
        request: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "get.calls_report"}
        request["params"] = {**params, "offset": offset, "limit": min(10_000, count - offset)}
        data = requests.post(url, json=request, timeout=60).json()["result"]["data"]
        if not data:
            return
        offset += len(data)
        yield data


def main(request_file: str, count: str, file_format: Any = None) -> None:
    request = json.loads(Path(request_file).read_text())
    started = time.monotonic()
    pipeline = dlt.pipeline("plain", destination="duckdb", dataset_name="uis_data")
    resource = calls(request["url"], request["params"], int(count))
    pipeline.run(resource, loader_file_format=file_format)
    print(json.dumps({"started": started}))


if __name__ == "__main__":
    main(*sys.argv[1:])
