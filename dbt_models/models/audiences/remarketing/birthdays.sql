{{ birthday_audience() }}
