"""Local time of the account's zone: windows, intervals, zones, moments."""
