{{ event_guests_who('registered', customers=true) }}
