"""Work on identity that SQL cannot do: who is probably the same person although no identifier says so."""
