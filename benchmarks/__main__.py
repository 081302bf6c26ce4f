"""`./bench [NAME...]`: run benchmarks and write their sections of RESULTS.md."""

import importlib
import pkgutil
import sys
import time
from datetime import UTC, datetime
from types import ModuleType

import benchmarks
from benchmarks.figures import HEADING, RESULTS, Figure, replace_section, section


def names() -> list[str]:
    """List the benchmarks there are: the modules of this folder that have `main`, `NAME` and `METHOD`."""
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    return sorted(name for name in found if name not in {"__main__", "figures"} and _is_benchmark(_module(name)))


def run(name: str) -> bool:
    """Run one benchmark, print and write its section; return whether every target was met."""
    module = _module(name)
    began = time.monotonic()
    figures: list[Figure] = module.main()
    text = section(module.NAME, module.METHOD, figures, at=datetime.now(UTC), seconds=time.monotonic() - began)
    sys.stdout.write(text + "\n")
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEADING
    RESULTS.write_text(replace_section(before, module.NAME, text), encoding="utf-8")
    return all(figure.met is not False for figure in figures)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.{name}")


def _is_benchmark(module: ModuleType) -> bool:
    return all(hasattr(module, part) for part in ("main", "NAME", "METHOD"))


def main(arguments: list[str]) -> int:
    """Run the benchmarks named, or all; 1 when one missed a target, 2 when a name is unknown."""
    known = names()
    unknown = sorted(set(arguments) - set(known))
    if unknown:
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known)}\n")
        return 2
    return 1 if False in [run(name) for name in arguments or known] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
