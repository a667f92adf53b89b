"""Runs ``dlt_uis`` on a dlt in which names that we patch are other ones: ``MODE PLACE… -- ARGS``.

``renamed`` gives each function of a place another name wherever its module uses it; ``changed``
gives it one more parameter. What is no function of its own module stays.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_NEW = "_of_another_dlt"
_FOR_OTHERS = f"""
def __getattr__(name):
    try:
        return globals()[name + "{_NEW}"]
    except KeyError:
        raise AttributeError(name) from None
"""
"""Other modules that import a name from there still find it."""


class _Other(ast.NodeTransformer):
    def __init__(self, mode: str, names: set[str]) -> None:
        self._mode, self._names = mode, names

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name in self._names and self._mode == "changed":
            node.args.kwonlyargs.append(ast.arg("another"))
            node.args.kw_defaults.append(ast.Constant(None))
        elif node.name in self._names and not node.name.startswith("__"):
            node.name += _NEW
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self._names and self._mode == "renamed":
            node.id += _NEW
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        if (node.asname or node.name) in self._names and self._mode == "renamed":
            node.asname = (node.asname or node.name) + _NEW
        return node


class _OtherLoader(SourceFileLoader):
    def __init__(self, name: str, path: str, mode: str, names: set[str]) -> None:
        super().__init__(name, path)
        self._mode, self._names = mode, names

    def get_code(self, fullname: str) -> Any:
        tree = ast.parse(self.get_data(self.get_filename(fullname)))
        if self._mode == "renamed":
            tree.body += ast.parse(_FOR_OTHERS).body
        other = ast.fix_missing_locations(_Other(self._mode, self._names).visit(tree))
        return compile(other, self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, mode: str, places: Sequence[str]) -> None:
        self._mode = mode
        self._names: dict[str, set[str]] = {}
        for place in places:
            module, _, path = place.partition(":")
            # methods are called elsewhere, by their names
            if mode == "changed" or "." not in path:
                self._names.setdefault(module, set()).add(path.rpartition(".")[2])

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        names = self._names.get(fullname)
        if names is None:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None and spec.origin is not None
        loader: Loader = _OtherLoader(fullname, spec.origin, self._mode, names)
        spec.loader = loader
        return spec


def main() -> None:
    mode, *rest = sys.argv[1:]
    end = rest.index("--")
    sys.meta_path.insert(0, _Finder(mode, rest[:end]))
    sys.argv = ["dlt-uis", *rest[end + 1 :]]
    from dlt_uis.__main__ import main as run  # noqa: PLC0415 - on that dlt

    run()


if __name__ == "__main__":
    main()
