"""Documents with a part that is generated: what stands between two markers is replaced, and all else stays."""


class NoSuchBlock(Exception):
    """The document has lost the markers around a generated part; the text is the first of them."""


def with_block(document: str, begin: str, end: str, block: str) -> str:
    """Return the document with this text between its markers. Raises ``NoSuchBlock``."""
    before, begun, rest = document.partition(begin)
    _, ended, after = rest.partition(end)
    if not (begun and ended):
        raise NoSuchBlock(begin)
    return f"{before}{begin}\n\n{block}\n\n{end}{after}"
