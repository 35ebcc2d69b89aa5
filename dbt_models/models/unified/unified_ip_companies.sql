-- One row per network of a company, whatever source it came from, as it is written there.
{{ config(alias='ip_companies') }}

{{ unify('ip_companies', {
    'network': 'string',
    'company': 'string',
    'domain': 'string',
    'industry': 'string',
    'country': 'string',
    'listed_on': 'date',
}) }}
