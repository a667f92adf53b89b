"""The dlt source: parameters, cursor, resources."""
