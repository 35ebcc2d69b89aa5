{{ event_guests_who('no_show', customers=true) }}
