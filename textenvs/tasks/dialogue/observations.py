"""The state of a booking dialogue as a number and as features."""

from __future__ import annotations

import math

from textenvs.tasks.dialogue.goals import BOOKING, SLOTS, VENUES, another
from textenvs.tasks.dialogue.states import DETAILS, Another, Asking, Booking, Closing, Seeking, State, Value

BUCKETS = (0, 1, 5, len(VENUES))
"""Upper bounds of the buckets into which the number of venues found falls."""
N_SEEKING: int = 3 ** len(SLOTS) * len(BUCKETS)
ANOTHER_AT = N_SEEKING
ASKING_AT = ANOTHER_AT + 2
BOOKING_AT = ASKING_AT + len(DETAILS)
CLOSING_AT = BOOKING_AT + 2 + len(BOOKING)
OVER_AT = CLOSING_AT + 1 + len(BOOKING)
N_OBSERVATIONS = OVER_AT + 1
"""27 x 4 while seeking, 2 with another one wanted, 3 asking, 5 booking, 4 closing, 1 over."""

PHASES = (Seeking, Another, Asking, Booking, Closing)
FEATURE_NAMES = (
    *(f"phase_{phase.__name__.lower()}" for phase in PHASES),
    *(f"{slot}_{status}" for slot in SLOTS for status in ("heard", "sure", "belief")),
    "found_some",
    "found_share",
    "offer_fits",
    "relaxed",
    "another_exists",
    *(f"asks_{detail}" for detail in DETAILS),
    "booking_known",
    "booking_sure",
    "booking_unsure",
)
"""Each in [0, 1]. `belief`: the probability that the understood value is the true one; `found_share`: logarithm of
the number of venues found, over that of all; `offer_fits`: the probability that the first of them is right;
`booking_sure` and `booking_unsure`: share of the booking's details."""


def status(known: Value | None) -> int:
    """0 not known, 1 heard, 2 sure."""
    return 0 if known is None else 1 + known.sure


def discrete(state: State, found: int) -> int:
    """The state as a number; `found` is how many venues have what was understood."""
    if isinstance(state, Seeking):
        number = 0
        for known in state.slots:
            number = 3 * number + status(known)
        bucket = next(i for i, bound in enumerate(BUCKETS) if found <= bound)
        return number * len(BUCKETS) + bucket
    if isinstance(state, Another):
        return ANOTHER_AT + (another(state.venue) is not None)
    if isinstance(state, Asking):
        return ASKING_AT + state.detail
    if isinstance(state, Booking):
        return BOOKING_AT + (0 if state.values is None else 1 + state.sure)
    if isinstance(state, Closing):
        return CLOSING_AT + state.unsure
    return OVER_AT


def features(state: State, found: int, beliefs: tuple[float, ...], fits: float) -> list[float]:
    """The state as `FEATURE_NAMES`.

    Args:
        state: The state.
        found: How many venues have what was understood.
        beliefs: For each slot the probability that its understood value is right; 0 where nothing is known.
        fits: The probability that the first venue found is right; 0 where there is none.
    """
    values = dict.fromkeys(FEATURE_NAMES, 0.0)
    for phase in PHASES:
        values[f"phase_{phase.__name__.lower()}"] = float(isinstance(state, phase))
    if isinstance(state, Seeking):
        for slot, known, belief in zip(SLOTS, state.slots, beliefs, strict=True):
            values[f"{slot}_heard"] = float(status(known) == 1)
            values[f"{slot}_sure"] = float(status(known) == 2)
            values[f"{slot}_belief"] = belief
        values["found_some"] = float(found > 0)
        values["found_share"] = math.log1p(found) / math.log1p(len(VENUES))
        values["offer_fits"] = fits
        values["relaxed"] = float(state.relaxed)
    elif isinstance(state, (Another, Asking)):
        values["another_exists"] = float(another(state.venue) is not None)
        if isinstance(state, Asking):
            values[f"asks_{DETAILS[state.detail]}"] = 1.0
    elif isinstance(state, Booking):
        values["booking_known"] = float(state.values is not None)
        values["booking_sure"] = state.sure / len(BOOKING)
    elif isinstance(state, Closing):
        values["booking_unsure"] = state.unsure / len(BOOKING)
    return list(values.values())
