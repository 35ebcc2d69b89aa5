{{ customers_of_tier() }}
