"""How the values of the database are written in a sentence, by either side."""

from __future__ import annotations

COMMON_NOUNS = ("gastropub", "international", "seafood")
"""Foods that are not written with a capital."""


def food_name(food: str) -> str:
    """A kind of food as it is written: "Modern European", "seafood"."""
    return food if food in COMMON_NOUNS else food.title()


def price_name(price: str) -> str:
    """A price range as an adjective: "cheap", "moderately priced"."""
    return "moderately priced" if price == "moderate" else price


def with_article(noun: str) -> str:
    """A noun with "a" or "an": "an Indian restaurant", "a European restaurant"."""
    return f"{'an' if noun[0] in 'AEIOaeio' and not noun.startswith('Eu') else 'a'} {noun}"
