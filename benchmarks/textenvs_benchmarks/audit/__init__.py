"""Our own cheaters, and what comes of each: whether the defences hold is tried, not assumed."""
