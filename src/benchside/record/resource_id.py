"""Ids for new resources: UUID version 7 (RFC 9562), so that resources made together lie together in the index."""

import os
import time


def new_id() -> str:
    """A fresh id: 48 bits of Unix time in ms, then 74 random bits, as 36 characters."""
    number = int.from_bytes(os.urandom(10), "big")
    time_ms = time.time_ns() // 1_000_000
    high = (time_ms & ((1 << 48) - 1)) << 16 | 0x7000 | (number >> 68) & 0xFFF
    low = (0b10 << 62) | number & ((1 << 62) - 1)
    text = f"{high:016x}{low:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
