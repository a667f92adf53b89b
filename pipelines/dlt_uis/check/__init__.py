"""The checkup: all that a sync needs, tried without loading anything."""
