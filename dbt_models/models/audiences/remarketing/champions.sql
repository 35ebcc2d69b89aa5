{{ customers_of_segments() }}
