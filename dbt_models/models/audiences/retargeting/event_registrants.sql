{{ event_guests_who('registered') }}
