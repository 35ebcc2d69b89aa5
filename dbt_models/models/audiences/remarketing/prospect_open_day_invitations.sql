{{ open_day_guests() }}
