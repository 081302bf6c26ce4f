"""Django's own wrapper, but a kept connection is asked only when there is reason to.

Django's health check is a statement of its own before each request's first, which is a third of what a read at the API
costs. A server that closed the connection (a restart, a failover, an administrator) has said so on the socket, and
looking there costs no journey. A server that vanished without a word is found by TCP keepalives.
"""

import select
from typing import Any, Final

from django.db.backends.postgresql import base

KEEPALIVES: Final = {"keepalives": 1, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
"""libpq's words and seconds: a silent server is given up after one minute."""
NO_COMPILING: Final = {"options": "-c jit=off"}
"""PostgreSQL compiles a query that it believes to be long, for 100 ms and more; ours are short and many."""


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    def get_connection_params(self) -> Any:
        """Return libpq's parameters, with keepalives and without compiling unless the site chose its own."""
        chosen: Any = super().get_connection_params()
        return {**KEEPALIVES, **NO_COMPILING, **chosen}

    def is_usable(self) -> Any:
        """Say whether the connection can be used. Asks the server only when something waits unread on the socket."""
        kept: Any = self.connection
        if kept is None or kept.closed:
            return False
        socket = select.poll()
        socket.register(kept.fileno(), select.POLLIN)
        return bool(super().is_usable()) if socket.poll(0) else True
