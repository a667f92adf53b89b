"""A run: what an earlier one left, the state, the sync, in one trace."""
