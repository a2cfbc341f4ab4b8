"""Papers of the demo: one page of text as PDF, so that there is something to open."""

from __future__ import annotations

from collections.abc import Sequence

from documents.content import Content, read

HEAD, LINE = 730, 22
FONT = b"<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


def paper(name: str, lines: Sequence[str]) -> Content:
    """A page with these lines, as a scanner would have it."""
    shown = "\n".join(
        f"BT /F1 12 Tf 72 {HEAD - LINE * row} Td ({_escaped(line)}) Tj ET"
        for row, line in enumerate(lines)
    ).encode("latin-1", "replace")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources%s>>" % FONT,
        b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown),
    ]
    raw, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(raw))
        raw += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 5\n0000000000 65535 f \n%strailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return read(name, raw + end % (table, len(raw)))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
