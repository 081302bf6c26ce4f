"""Icons drawn for Benchside: strokes on a 24 by 24 grid, taking the colour of the text around them.

An icon never carries meaning alone. Without a `label` it is hidden from assistive technology, because words stand beside it;
with one it is an image of that name.
"""

from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

DRAWN_MAX: Final = 1000
"""Drawn icons that are kept: every picture in its sizes and with its usual labels."""

PATHS: Final[dict[str, str]] = {
    # actions
    "plus": "M12 5v14M5 12h14",
    "minus": "M5 12h14",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "close": "M6 6l12 12M18 6L6 18",
    "search": "M10.5 4a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13zM15.3 15.3L20 20",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "edit": "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
    "undo": "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
    "refresh": "M19 12a7 7 0 1 1-2-4.9M19 4v4h-4",
    "print": "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z",
    "download": "M12 4v11M7.5 11L12 15.5L16.5 11M5 20h14",
    "link-out": "M10 5H5v14h14v-5M13 5h6v6M19 5l-8 8",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "more": "M6 12h.01M12 12h.01M18 12h.01",
    "next": "M9 5l7 7l-7 7",
    "previous": "M15 5l-7 7l7 7",
    "down": "M5 9l7 7l7-7",
    "up": "M5 15l7-7l7 7",
    "backspace": "M9 6h11v12H9l-6-6zM12 9.5l5 5M17 9.5l-5 5",
    "keypad": "M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01",
    # states
    "dot": "M12 9.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5z",
    "circle": "M12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15z",
    "half": "M12 4.5a7.5 7.5 0 1 1 0 15a7.5 7.5 0 0 1 0-15zM12 4.5v15M12 8l5.8 0M12 12h7.4M12 16h5.8",
    "done": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM8.2 12.3l2.7 2.7l5-5.4",
    "stop": "M8.5 4h7L20 8.5v7L15.5 20h-7L4 15.5v-7zM8 12h8",
    "warning": "M12 4L21 19.5H3zM12 10v4.5M12 17h.01",
    "alarm": "M8.5 4h7L20 8.5v7L15.5 20h-7L4 15.5v-7zM12 8v5M12 16h.01",
    "info": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM12 11v5M12 8h.01",
    "question": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM9.8 9.6a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.9-1.1 1.8M12 16.4h.01",
    "pause": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM10 9v6M14 9v6",
    "cancelled": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM6.5 6.5l11 11",
    "clock": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM12 8v4.5l3 2",
    "stat": "M13 3L5 14h6l-1 7l8-11h-6z",
    "urgent": "M7 5l5 5l5-5M7 12l5 5l5-5",
    "routine": "M6 12h12",
    "arrow-up": "M12 19V5M6 11l6-6l6 6",
    "arrow-down": "M12 5v14M6 13l6 6l6-6",
    "double-up": "M6 12l6-6l6 6M6 18l6-6l6 6",
    "double-down": "M6 6l6 6l6-6M6 12l6 6l6-6",
    # places and people
    "home": "M4 11l8-7l8 7v9h-5v-6H9v6H4z",
    "person": "M12 4a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM4.5 20c.8-4 3.8-6 7.5-6s6.700 2 7.500 6",
    "people": "M9 5a3.500 3.500 0 1 1 0 7a3.500 3.500 0 0 1 0-7zM2.500 19c.6-3.400 3.100-5 6.500-5s5.900 1.600 6.500 5M15.500 5.300a3.500 3.500 0 0 1 0 6.400M18 14.500c2 .7 3.100 2.200 3.500 4.500",
    "badge": "M5 8h14v12H5zM9.500 8V4h5v4M12 11.500a1.700 1.700 0 1 1 0 3.400a1.700 1.700 0 0 1 0-3.400zM8.800 17.800c.5-1.300 1.600-2 3.200-2s2.700.7 3.200 2",
    "lock": "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 14.500v2",
    "sign-out": "M14 5H6v14h8M11 12h9M16.500 8.500L20 12l-3.500 3.500",
    "place": "M12 21c4.500-4.600 6.500-7.800 6.500-11a6.500 6.500 0 0 0-13 0c0 3.200 2 6.400 6.500 11zM12 7.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 0 1 0-5z",
    "worklist": "M9 6h11M9 12h11M9 18h11M4 6l.8.800L6.500 5M4 12l.8.800L6.500 11M4 18l.8.800L6.500 17",
    "inbox": "M4 13l3-8h10l3 8v6H4zM4 13h5l1 2.500h4l1-2.500h5",
    "board": "M4 20h16M7 20v-7M12 20V5M17 20v-10",
    "equipment": "M5 5h14v10H5zM9 19h6M12 15v4M8 10.500h2l1.500-3l2 5l1-2H16",
    "gear": "M12 9a3 3 0 1 1 0 6a3 3 0 0 1 0-6zM12 3.500v3M12 17.500v3M3.500 12h3M17.500 12h3M6 6l2.100 2.100M15.900 15.900L18 18M18 6l-2.100 2.100M8.100 15.900L6 18",
    # the work
    "scan": "M4 8V5h3M17 5h3v3M20 16v3h-3M7 19H4v-3M8 8.500v7M11 8.500v7M13.500 8.500v7M16 8.500v7",
    "barcode": "M4 6v12M7 6v12M9.500 6v12M13 6v12M15 6v12M18 6v12M20 6v12",
    "wristband": "M3 9.500c3-3 15-3 18 0v5c-3 3-15 3-18 0zM9 8v8M15 8v8",
    "tube": "M8.500 3.500h7M9.500 3.500v14a2.500 2.500 0 0 0 5 0v-14M9.500 11h5",
    "drop": "M12 3.500c3.500 4.300 5.500 7 5.500 10a5.500 5.500 0 0 1-11 0c0-3 2-5.700 5.500-10z",
    "label": "M4 6h10l6 6l-6 6H4zM8 12h.01",
    "flask": "M10 4h4M10.500 4v6L5 18.500c-.6 1 0 1.500 1 1.500h12c1 0 1.600-.500 1-1.500L13.500 10V4M7.500 15h9",
    "heart": "M12 19.500C6 15.200 4 12.200 4 9.200a4.200 4.200 0 0 1 8-1.900a4.200 4.200 0 0 1 8 1.900c0 3-2 6-8 10.300z",
    "transit": "M3 7h11v9H3zM14 10h4l3 3v3h-7M7.500 16a1.800 1.800 0 1 1 0 3.600a1.800 1.800 0 0 1 0-3.600zM17 16a1.800 1.800 0 1 1 0 3.600a1.800 1.800 0 0 1 0-3.600z",
    "phone": "M6 4h3.500l1.500 4.500l-2 1.500c1 2 2.500 3.700 4.500 4.800l1.700-2L20 14.500V18c0 1-.8 2-2 2C10.500 19.500 4.500 13.500 4 6c0-1.200 1-2 2-2z",
    "signature": "M4 17c3-8 6-12 7.500-11s-3 9-1.500 10s3-4 4.500-4s0 3.500 1.500 3.500s2-1 4-1.500M4 20.500h16",
    # the patient
    "allergy": "M12 3.500l2.200 3.200l3.800-.7l-.7 3.800l3.200 2.200l-3.200 2.200l.7 3.800l-3.800-.7l-2.200 3.200l-2.200-3.200l-3.800.7l.7-3.800L3.500 12l3.200-2.200L6 6l3.800.7zM12 9v3.500M12 15h.01",
    "shield": "M12 3.500l7 2.500v6c0 4-2.800 6.800-7 8.500c-4.200-1.700-7-4.500-7-8.500V6z",
    "mask": "M4 9c3-2 5-2.500 8-2.500s5 .5 8 2.500v4c-1.500 3.500-5 4.500-8 4.500s-6.500-1-8-4.500zM8 11.500h8M8.500 14h7",
    "language": "M4 6h9M8.500 4v2M6 6c.500 4 3 6.500 6.500 7.500M11 6c-.5 4-3 7-7 8M13 20l4-9l4 9M14.500 17h5",
    "note": "M6 4h9l3 3v13H6zM9 10h6M9 13.500h6M9 17h4",
    "fall": "M9 4.500a1.700 1.700 0 1 1 0 3.400a1.700 1.700 0 0 1 0-3.400zM8 11l5 1l3.500-2.500M9 11l1.500 5L7 20M10.500 16l5.500 1.500M4 21h16",
    "arm": "M6 4v7c0 2 .5 3 2 4l8 5M11 4v5.500c0 1 .3 1.500 1 2l6.500 4M4 8l9-3.500M9 3l-3 8",
    # handling
    "ice": "M12 3v18M4.200 7.500l15.600 9M19.800 7.500l-15.600 9M9.500 4.500L12 7l2.500-2.500M9.500 19.500L12 17l2.500 2.500",
    "dark": "M18.500 14.500A7.500 7.500 0 0 1 9.500 5.500a7.500 7.500 0 1 0 9 9z",
    "light": "M12 8a4 4 0 1 1 0 8a4 4 0 0 1 0-8zM12 2.500v2.500M12 19v2.500M2.500 12H5M19 12h2.500M5.300 5.300L7 7M17 17l1.700 1.700M18.700 5.300L17 7M7 17l-1.700 1.700",
    "auto": "M12 4a8 8 0 1 1 0 16a8 8 0 0 1 0-16zM12 4v16M14.500 5v14M17 6.500v11",
    # the connection
    "online": "M4 10c5-5 11-5 16 0M7 13.300c3.200-3.200 6.800-3.200 10 0M10 16.600c1.300-1.300 2.700-1.300 4 0M12 19.500h.01",
    "offline": "M4 10c1.600-1.600 3.300-2.700 5.200-3.200M13 6.300c2.500.300 4.800 1.500 7 3.700M7 13.300c1-1 2.100-1.700 3.200-2.100M10 16.600c1.300-1.300 2.700-1.300 4 0M12 19.500h.01M4.500 4.500l15 15",
    "sound": "M4 9.500h3.500L12 5.500v13l-4.500-4H4zM15.500 9a4 4 0 0 1 0 6M18 6.500a7.500 7.500 0 0 1 0 11",
    "saved": "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6",
}
"""Every icon by name. An unknown name raises `KeyError`: a missing picture is a fault of the page, not of the reader."""


@lru_cache(maxsize=DRAWN_MAX)
def icon(name: str, label: str | None = None, size: str = "medium") -> Markup:
    """Draw the icon `name`; `size` is `small`, `medium` or `large` and belongs to the style sheet."""
    path = PATHS[name]
    told = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon icon-{}" viewBox="0 0 24 24" width="24" height="24" focusable="false" {}><path d="{}"/></svg>').format(
        escape(size), told, path
    )
