"""The shortest pipeline: new and changed calls into DuckDB.

Set SOURCES__UIS__ACCESS_TOKEN, or write the token into .dlt/secrets.toml, then run this file.
"""

import dlt

from dlt_uis import uis_source

if __name__ == "__main__":
    pipeline = dlt.pipeline("uis", destination="duckdb", dataset_name="uis_data")
    print(pipeline.run(uis_source()))
