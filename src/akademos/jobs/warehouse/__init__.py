"""Building the institution's warehouse: inputs, models, checks, and the swap of the finished file."""
