"""An exemption from a check says why, in words, beside it."""

import io
import re
import tokenize

from tests.law.source import place, written

MARK = re.compile(r"#\s*(noqa|type:\s*ignore|pyright:\s*ignore|pragma:\s*no)\b")
CODES = re.compile(r"#\s*(noqa(:\s*[A-Z]+[0-9]+(\s*,\s*[A-Z]+[0-9]+)*)?|(type|pyright):\s*ignore(\[[^\]]*\])?|pragma:\s*no\s*\w*)")
REASON_CHARACTERS_MIN = 4


def reason(comment: str) -> str:
    """Return what stands in a comment beside its marks."""
    return CODES.sub("", comment).strip(" #-–:()\t")


def test_the_reason_is_found() -> None:
    assert reason("# noqa: S603  # our own command") == "our own command"
    assert reason("# type: ignore[arg-type]  # wrong on purpose") == "wrong on purpose"
    assert reason("# noqa: BLE001 - the door") == "the door"
    assert reason("# noqa: S603") == ""


def test_every_exemption_says_why() -> None:
    silent: list[str] = []
    for path in written():
        text = path.read_text(encoding="utf-8")
        if not MARK.search(text):
            continue
        comments = (token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT)
        silent += [
            place(path, comment.start[0])
            for comment in comments
            if MARK.search(comment.string) and len(reason(comment.string)) < REASON_CHARACTERS_MIN
        ]
    assert silent == []
