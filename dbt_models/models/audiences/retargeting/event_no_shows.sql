{{ event_guests_who('no_show') }}
