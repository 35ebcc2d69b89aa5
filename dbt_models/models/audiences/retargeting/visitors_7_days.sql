{{ site_visitors() }}
