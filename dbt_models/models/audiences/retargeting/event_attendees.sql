{{ event_guests_who('attended') }}
