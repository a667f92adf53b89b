"""Parses answers in one thread as the connector does. Arguments: the account's zone, the files."""

import json
import sys
import time
from pathlib import Path

import pyarrow as pa

from dlt_uis.decoding.decoder import Decoder
from dlt_uis.localtime.zones import Zone
from dlt_uis.reports.calls import CALLS_REPORT


def main(zone: str, *files: str) -> None:
    decoder = Decoder(CALLS_REPORT, Zone(zone))
    calls, seconds = 0, 0.0
    for file in files:
        body = Path(file).read_bytes()
        began = time.perf_counter()
        page = decoder.decode(body, CALLS_REPORT.names).data
        seconds += time.perf_counter() - began
        assert isinstance(page, pa.Table)
        calls += page.num_rows
    print(json.dumps({"calls": calls, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
