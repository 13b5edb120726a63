"""A certificate as a PDF: one sheet of A4 across, to be printed or sent along; its code leads to the public page."""

from __future__ import annotations

import io
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from akademos.errors import AkademosError
from akademos.serving.pages.wording import Words

if TYPE_CHECKING:
    from datetime import date

    from reportlab.pdfgen.canvas import Canvas

SANS, BOLD, ITALIC = "notos", "notosbo", "notosit"
"""Noto Sans, as the package pymupdf-fonts names it (SIL Open Font License)."""

WIDTH, HEIGHT = 841.89, 595.28
"""A4 across, in points."""

INK, MUTED, BLUE, DEEP, LINE = "#17202e", "#556070", "#0067a8", "#0a4a78", "#d3dae4"

_registering = threading.Lock()


class NotPrintable(AkademosError):
    """A name is written in letters that the certificate's fonts do not have."""

    code = "not_printable"
    status = 422


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a certificate."""

    issuer: str
    recipient: str
    title: str
    kind: str
    version: int | None
    number: str
    code: str
    verify_url: str
    issued_on: date
    last_day: date | None


def certificate_pdf(sheet: Sheet, words: Words) -> bytes:
    """The sheet in the language of `words`.

    Raises:
        NotPrintable: the recipient's name or the title has letters that the fonts lack; nothing is left out silently.
    """
    # Imported here: it is large, and few requests draw a certificate.
    from reportlab.pdfgen.canvas import Canvas

    _register()
    for text in (sheet.issuer, sheet.recipient, sheet.title):
        _require_letters(text)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), pageCompression=1, lang=words.locale.code)
    canvas.setTitle(f"{words.plain('certificate.title')} {sheet.number}")
    canvas.setAuthor(sheet.issuer)
    canvas.setSubject(sheet.title)
    _frame(canvas)
    _head(canvas, sheet, words)
    _body(canvas, sheet, words)
    _foot(canvas, sheet, words)
    canvas.save()
    return out.getvalue()


def _frame(canvas: Canvas) -> None:
    canvas.setFillColor(DEEP)
    canvas.rect(0, 0, 18, HEIGHT, stroke=0, fill=1)
    canvas.setFillColor(BLUE)
    canvas.rect(18, 0, 4, HEIGHT, stroke=0, fill=1)
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.8)
    canvas.roundRect(44, 24, WIDTH - 68, HEIGHT - 48, 12, stroke=1, fill=0)


def _head(canvas: Canvas, sheet: Sheet, words: Words) -> None:
    canvas.setFillColor(DEEP)
    canvas.setFont(BOLD, _fitted(sheet.issuer, BOLD, 15, 460))
    canvas.drawString(80, 520, _text(sheet.issuer))
    canvas.setFillColor(MUTED)
    canvas.setFont(SANS, 10)
    canvas.drawRightString(WIDTH - 60, 521, f"{words.plain('certificate.number')} {sheet.number}")
    canvas.setStrokeColor(LINE)
    canvas.line(80, 500, WIDTH - 60, 500)


def _body(canvas: Canvas, sheet: Sheet, words: Words) -> None:
    canvas.setFillColor(INK)
    canvas.setFont(ITALIC, 38)
    canvas.drawString(80, 430, words.plain("certificate.title"))
    canvas.setFillColor(MUTED)
    canvas.setFont(SANS, 12)
    canvas.drawString(80, 384, words.plain("certificate.awarded_to"))
    canvas.setFillColor(INK)
    canvas.setFont(ITALIC, _fitted(sheet.recipient, ITALIC, 30, WIDTH - 150))
    canvas.drawString(80, 346, _text(sheet.recipient))
    canvas.setFillColor(MUTED)
    canvas.setFont(SANS, 12)
    canvas.drawString(80, 302, words.plain(f"certificate.completed.{sheet.kind}"))
    canvas.setFillColor(DEEP)
    size = 20
    lines = _wrapped(sheet.title, BOLD, size, WIDTH - 150)
    while len(lines) > 2 and size > 9:
        size -= 1
        lines = _wrapped(sheet.title, BOLD, size, WIDTH - 150)
    for number, line in enumerate(lines):
        canvas.setFont(BOLD, size)
        canvas.drawString(80, 270 - number * size * 1.3, line)
    if sheet.version is not None:
        canvas.setFillColor(MUTED)
        canvas.setFont(SANS, 10)
        below = 270 - (len(lines) - 1) * size * 1.3 - 22
        canvas.drawString(80, below, words.plain("certificate.version", version=str(sheet.version)))


def _foot(canvas: Canvas, sheet: Sheet, words: Words) -> None:
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing

    canvas.setStrokeColor(LINE)
    canvas.line(80, 168, WIDTH - 60, 168)
    last = words.plain("certificate.for_good") if sheet.last_day is None else words.locale.full_day(sheet.last_day)
    for place, (label, value) in enumerate(
        (("certificate.issued", words.locale.full_day(sheet.issued_on)), ("certificate.expires", last))
    ):
        canvas.setFillColor(MUTED)
        canvas.setFont(SANS, 10)
        canvas.drawString(80 + place * 180, 140, words.plain(label))
        canvas.setFillColor(INK)
        canvas.setFont(SANS, 13)
        canvas.drawString(80 + place * 180, 121, value)
    canvas.setFillColor(MUTED)
    canvas.setFont(SANS, 10)
    canvas.drawString(80, 84, words.plain("certificate.check"))
    canvas.setFillColor(BLUE)
    canvas.setFont(SANS, _fitted(sheet.verify_url, SANS, 11, WIDTH - 300))
    canvas.drawString(80, 66, sheet.verify_url)
    canvas.linkURL(sheet.verify_url, (80, 62, 80 + canvas.stringWidth(sheet.verify_url, SANS, 11), 78))
    side = 112.0
    code = QrCodeWidget(sheet.verify_url, barLevel="M", barBorder=0)
    left, low, right, high = code.getBounds()
    drawing = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (high - low), 0, 0])
    drawing.add(code)
    renderPDF.draw(drawing, canvas, WIDTH - 60 - side, 44)


def _register() -> None:
    from pymupdf_fonts import myfont
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    with _registering:
        for name in (SANS, BOLD, ITALIC):
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, io.BytesIO(myfont(name))))


@cache
def _letters() -> frozenset[int]:
    """The characters that all three fonts have."""
    from pymupdf_fonts import myfont
    from reportlab.pdfbase.ttfonts import TTFontFace

    sets = [set(TTFontFace(io.BytesIO(myfont(name))).charToGlyph) for name in (SANS, BOLD, ITALIC)]
    return frozenset(set.intersection(*sets))


def _require_letters(text: str) -> None:
    if any(ord(character) not in _letters() for character in _text(text)):
        raise NotPrintable(
            "The certificate's fonts lack letters of a name on it.",
            hint="Print the certificate's page from the browser, which has them.",
        )


def _text(text: str) -> str:
    """The text in composed characters, as fonts have them."""
    return unicodedata.normalize("NFC", text)


def _fitted(text: str, font: str, size: float, width: float) -> float:
    """The size at which the text fits the width."""
    from reportlab.pdfbase import pdfmetrics

    needed = pdfmetrics.stringWidth(_text(text), font, size)
    return size if needed <= width else size * width / needed


def _wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    from reportlab.lib.utils import simpleSplit

    return [str(line) for line in simpleSplit(_text(text), font, size, width)]
