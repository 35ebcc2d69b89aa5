{# Whether a person is none of the company's own (staff, test buyers), so that what they do counts: the one way in which measurement
   leaves those out. Nobody, and somebody unknown, is an outsider. #}
{% macro is_outsider(profile_id) -%}
coalesce({{ profile_id }}, '') not in (select profile_id from {{ ref('internal_people') }})
{%- endmacro %}

{# The same of whoever bears an identifier. #}
{% macro is_borne_by_outsider(type, identifier) -%}
({{ type }}, coalesce({{ identifier }}, '')) not in (select identifier_type, identifier from {{ ref('internal_identifiers') }})
{%- endmacro %}
