"""Commands that measure: quality, attention, forcing, replies, and the comparison of recipes."""
