"""Probabilities learnt from the past: what was known of people then, and what became of them."""
