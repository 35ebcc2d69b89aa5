{{ event_guests_who('attended', customers=true) }}
