"""The made-up records of each report: which there are, which the API shows now, what it says."""
