"""The command line, a file for each command."""

from .main import cli

__all__ = ["cli"]
