"""A run as a page of HTML: one file that needs nothing else, for whoever gets it by mail."""
