"""Entry point of the command ``dlt-uis``: settles how things are imported, before they are."""

from __future__ import annotations

import gc

from .process import interrupts

if __name__ in ("__main__", "dlt_uis.__main__"):  # and not in a worker that a command begins
    interrupts.install()

from .process.absent import hide_unused_packages
from .process.leaving import exit_at_once


def main() -> None:
    """Runs the command line."""
    # importing leaves no garbage, but Python looks for some all along: a tenth of the time it takes
    gc.disable()
    hide_unused_packages()
    with exit_at_once():
        # what it imports is to come after the above
        from .cli.main import main as run  # noqa: PLC0415

        run()


if __name__ == "__main__":
    main()
