"""What an agent can observe of a booking dialogue."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from textenvs.core.fields import Category, Field, Flag, Number
from textenvs.core.observation import Case, Observation
from textenvs.tasks.dialogue.domain import (
    ANYS,
    ATTRIBUTES,
    BOOKING,
    DETAILS,
    SLOTS,
    VENUES,
    Another,
    Asking,
    Booking,
    Closing,
    Seeking,
    State,
    Value,
    another,
    found,
)

STATUS = ("unknown", "heard", "sure")


def slot_fields(slot: str) -> tuple[Field, Field]:
    """What is known of a slot."""
    return (
        Category(slot, f"What is known of the {slot}.", STATUS, told=STATUS[1:]),
        Number(f"{slot}_belief", f"Probability that the {slot} that was understood is the true one."),
    )


OBSERVATION = Observation(
    Case(
        "seeking",
        "No venue is agreed.",
        number=(*SLOTS, "found_share"),
        also=(*(f"{slot}_belief" for slot in SLOTS), "found_some", "offer_fits", "relaxed"),
        feature="phase_seeking",
    ),
    Case("another", "The user wants another one like it.", ("another_exists",), also=(), feature="phase_another"),
    Case("asking", "The user waits for a detail.", ("asks",), also=("another_exists",), feature="phase_asking"),
    Case(
        "booking",
        "The user wants a table.",
        number=("booking",),
        also=("booking_known", "booking_sure"),
        feature="phase_booking",
    ),
    Case("closing", "The user has no more wishes.", ("booking_unsure",), also=(), feature="phase_closing"),
    Case("over", "The talk has ended.", also=()),
    *(field for slot in SLOTS for field in slot_fields(slot)),
    Flag("found_some", "Whether a venue has what was understood."),
    Number("found_share", "How many venues have what was understood.", len(VENUES), buckets=(1, 2, 6), log=True),
    Number("offer_fits", "Probability that the first of these is right."),
    Flag("relaxed", "Whether the user has given up the first goal for another."),
    Flag("another_exists", "Whether there is another venue with the same food, area and price."),
    Category("asks", "The detail that the user asks for.", DETAILS),
    Category("booking", "0 while no detail is known, else 1 and how many are sure.", range(len(BOOKING) + 2), told=()),
    Flag("booking_known", "Whether the details of the booking are known."),
    Number("booking_sure", "How many of them are sure.", len(BOOKING)),
    Number("booking_unsure", "How many were never confirmed.", len(BOOKING), buckets=range(1, len(BOOKING) + 1)),
)


def status(known: Value | None) -> str:
    """How well a value is known."""
    return STATUS[0 if known is None else 1 + known.sure]


def observe(state: State) -> dict[str, Any]:
    """The values of the fields, but for the beliefs."""
    match state:
        case Seeking():
            n = len(found(state))
            slots = dict(zip(SLOTS, map(status, state.slots), strict=True))
            return {"case": "seeking", **slots, "found_some": n > 0, "found_share": n, "relaxed": state.relaxed}
        case Another():
            return {"case": "another", "another_exists": another(state.venue) is not None}
        case Asking():
            exists = another(state.venue) is not None
            return {"case": "asking", "another_exists": exists, "asks": DETAILS[state.detail]}
        case Booking():
            known = state.values is not None
            booking = 1 + state.sure if known else 0
            return {"case": "booking", "booking": booking, "booking_known": known, "booking_sure": state.sure}
        case Closing():
            return {"case": "closing", "booking_unsure": state.unsure}
    return {"case": "over"}


def beliefs(state: Seeking, posterior: NDArray[np.float64]) -> dict[str, float | None]:
    """The values of the beliefs.

    Args:
        state: The state.
        posterior: (foods, areas, prices) probabilities of the goal.
    """
    margins = (posterior.sum(axis=(1, 2)), posterior.sum(axis=(0, 2)), posterior.sum(axis=(0, 1)))
    values: dict[str, float | None] = {
        f"{slot}_belief": None if known is None else min(float(margin[known.value]), 1.0)
        for slot, known, margin in zip(SLOTS, state.slots, margins, strict=True)
    }
    venues = found(state)
    if venues:
        places = ([value, n] for value, n in zip(ATTRIBUTES[venues[0]], ANYS, strict=True))
        values["offer_fits"] = min(float(posterior[np.ix_(*places)].sum()), 1.0)
    else:
        values["offer_fits"] = None
    return values
