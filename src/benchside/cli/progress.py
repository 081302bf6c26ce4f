"""Progress bars for long work: one bar on a terminal, nothing in a file or a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[int, int], None]
"""Told (done, in all)."""


@contextmanager
def steps(label: str, *, unit: str) -> Iterator[Step]:
    """Show a bar named `label` while the block runs; give the function that moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(label, total=0)
        yield lambda done, total: progress.update(task, completed=done, total=total)
