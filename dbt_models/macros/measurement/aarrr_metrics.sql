{# The figures of measurement.aarrr: stage, metric, unit, whether they are told by channel too, numerator and denominator (measures of
   measurement.daily_figures, people counted per period, or the margin of the settings), and what the numerator is multiplied by. #}
{% macro aarrr_metrics() %}
{% set rows = [
    ('acquisition', 'leads', 'count', true, 'leads', none, '1'),
    ('acquisition', 'cost', 'currency', true, 'cost', none, '1'),
    ('acquisition', 'traffic', 'count', true, 'visits', none, '1'),
    ('acquisition', 'click_rate', 'share', true, 'clicks_of_shown', 'impressions_of_clicked', '1'),
    ('acquisition', 'cpc', 'currency', true, 'click_spend', 'priced_clicks', '1'),
    ('acquisition', 'cpm', 'currency', true, 'impression_spend', 'priced_impressions', '1000'),
    ('acquisition', 'bounce_rate', 'share', true, 'bounces', 'visits', '1'),
    ('activation', 'session_length', 'seconds', true, 'visit_seconds', 'visits', '1'),
    ('activation', 'sign_ups', 'count', true, 'sign_ups', none, '1'),
    ('activation', 'new_customers', 'count', true, 'new_customers', none, '1'),
    ('activation', 'conversion_rate', 'rate', true, 'visits_winning', 'visits_followed', '1'),
    ('retention', 'retention_rate', 'share', false, 'customers_kept', 'customers_before', '1'),
    ('retention', 'churn_rate', 'share', false, 'customers_lost', 'customers_before', '1'),
    ('retention', 'mean_retention', 'share', false, 'customers_returned', 'customers_of_cohorts', '1'),
    ('retention', 'logins_per_user', 'count', false, 'logins', 'logged_in_people', '1'),
    ('retention', 'open_rate', 'share', false, 'emails_opened', 'emails_trackable', '1'),
    ('retention', 'unsubscribe_rate', 'share', false, 'unsubscribes', 'emails_delivered', '1'),
    ('referral', 'referrals', 'count', false, 'referrals', none, '1'),
    ('referral', 'reviews', 'count', false, 'reviews', none, '1'),
    ('referral', 'nps', 'score', false, 'net_promoters', 'answers', '100'),
    ('referral', 'satisfaction', 'score', false, 'rating_sum', 'ratings', '1'),
    ('referral', 'social_mentions', 'count', false, 'social_mentions', none, '1'),
    ('revenue', 'revenue', 'currency', false, 'revenue', none, '1'),
    ('revenue', 'sales', 'count', false, 'sales', none, '1'),
    ('revenue', 'basket', 'currency', false, 'revenue', 'priced_sales', '1'),
    ('revenue', 'sales_conversion_rate', 'rate', true, 'visits_selling', 'visits_followed', '1'),
    ('revenue', 'cac', 'currency', true, 'cost', 'new_customers', '1'),
    ('revenue', 'clv', 'currency', true, 'lifetime_value', 'valued_customers', 'coalesce(margin, 1)'),
    ('revenue', 'margin', 'currency', false, 'revenue', none, 'margin'),
    ('revenue', 'break_even_revenue', 'currency', false, 'cost', 'margin', '1'),
] %}
{{ return(rows) }}
{% endmacro %}
