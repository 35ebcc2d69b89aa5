{# The host of a URL without `www.`, in lower case; an app's name of `android-app://com.app/`. NULL where there is none. #}
{% macro host_of(url) -%}
{%- set host = "split_part(split_part(split_part(lower(case when instr(" ~ url ~ ", '://') > 0 then " ~ url ~ " else '://' || " ~ url ~ " end), '/', 3), ':', 1), '?', 1)" -%}
nullif(case when {{ host }} like 'www.%' then substr({{ host }}, 5) else {{ host }} end, '')
{%- endmacro %}

{# Of distinct `<hosts>.host`, those that one of a list of domains holds: host, and the columns `kept` of the longest such domain. A host
   lies below a domain that it ends with; a domain that ends with `.*` holds any country's ending (`google.*`: google.fr, google.co.uk). #}
{% macro known_hosts(hosts, list, domain, kept) -%}
    select suffixes.host, listed.{{ kept | join(', listed.') }}
    from (
        select host, suffix, dropped from {{ host_suffixes(hosts) }} as plain
        union all
        select host, regexp_replace(suffix, '{{ country_ending() }}', '.*'), dropped
        from {{ host_suffixes(hosts) }} as cut
        where {{ matches('suffix', country_ending()) }}
    ) as suffixes
    inner join {{ list }} as listed on suffixes.suffix = lower(trim(listed.{{ domain }}))
    qualify row_number() over (partition by suffixes.host order by suffixes.dropped, listed.{{ domain }}) = 1
{%- endmacro %}

{# The endings of countries, some of which have a second part. #}
{% macro country_ending() %}([.](ac|co|com|edu|gov|ne|net|or|org))?[.][a-z]{2,3}${% endmacro %}

{# Each host itself, and what is left of it without its first labels: how many were dropped. #}
{% macro host_suffixes(hosts) -%}
(
    {% for labels in range(6) -%}
    select host, {{ 'host' if labels == 0 else "regexp_replace(host, '^([^.]+[.]){" ~ labels ~ "}', '')" }} as suffix, {{ labels }} as dropped
    from {{ hosts }}
    {{ 'where ' ~ matches('host', '^([^.]+[.]){' ~ labels ~ '}') if labels > 0 }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)
{%- endmacro %}
