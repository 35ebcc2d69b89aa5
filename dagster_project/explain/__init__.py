"""Why somebody is one person and what is held on them; and what a change of the rules would make of people."""
