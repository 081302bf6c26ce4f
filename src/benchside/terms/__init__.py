"""The smallest words of the house: refusals, times, quantities, texts."""
