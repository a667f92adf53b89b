"""A local Data API with a made-up account, for demos, tests and benchmarks.

Over real HTTP and as strict as the documentation. An :class:`Account` can be changed while a
:class:`Sandbox` serves it; :class:`Switches` and :class:`Fault` make the API behave in the ways
that are not documented, refuse, or fail.
"""

from .account import Account
from .budget import Limits
from .server import Sandbox
from .switches import Fault, Switches

__all__ = ["Account", "Fault", "Limits", "Sandbox", "Switches"]
