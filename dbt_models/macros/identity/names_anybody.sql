{# Whether an event's addresses may be anybody's: those of a track call by somebody logged in stand among its properties, whatever it is
   about. Of other trackers than those that follow the Segment spec, events carry the user's own address. #}
{% macro names_anybody() -%}
(
    source in ('segment', 'generic') and type = 'track' and user_id is not null and instr(user_id, '@') = 0
    and coalesce(event, '') not in ('Signed Up', 'Signed In')
)
{%- endmacro %}
