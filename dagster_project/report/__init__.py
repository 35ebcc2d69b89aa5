"""What a run did, told to a person: on the terminal and as a page."""
