"""Names as plain text, and the form in which two of them are compared."""

# ruff: noqa: RUF001 (the table of letters)

from __future__ import annotations

import re
import unicodedata
from functools import cache

LETTERS = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
    "ə": "a",
    "Ə": "A",
    "ħ": "h",
    "Ħ": "H",
    "ŋ": "n",
    "Ŋ": "N",
    "–": "-",
    "—": "-",
    **dict.fromkeys("ʻʼ‘’`ʿʾ", "'"),
}
SHORT = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
KINDS = "province prefecture region state oblast governorate county department district voivodeship krai canton".split()


def plain(text: str) -> str:
    """The text in ASCII: letters without their marks, blanks single."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans(LETTERS))
    text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(text.split())


@cache
def key(text: str) -> str:
    """What is left of a name when case, marks, punctuation and short forms are no matter."""
    words = re.sub(r"[^a-z0-9+ ]", "", re.sub(r"[-./]", " ", plain(text).lower())).split()
    return " ".join(SHORT.get(word, word) for word in words)


def place_key(text: str) -> str:
    """`key` without the words that say what kind of place it is: "Bihar" is "State of Bihar"."""
    return " ".join(word for word in key(text).split() if word not in (*KINDS, "of", "the", "and"))
