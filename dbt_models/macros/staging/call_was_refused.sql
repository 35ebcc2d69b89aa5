{# Whether somebody refused in a call, by the words of its outcome as people and telephone systems write them, in English and French. A call
   that was rejected or declined before anybody spoke is a missed one. #}
{% macro call_was_refused(outcome) -%}
    {%- set words = [
        '(not|no|never|isn.?t)[^a-z]*interest(ed)?', 'uninterested', 'refus[^ ]*', '(do[^a-z]*not|don.?t|never|stop)[^a-z]*call(ing)?',
        'opt(ed)?[^a-z]*out', 'objected', '(pas|plus|non|aucun)[^a-z]*int.r.ss.e?s?', 'd.sint.ress.e?', 'oppos(ition|.e?)',
        '(pas|plus)[^a-z]*(.?tre[^a-z]*)?(r?appel|(re)?contact|d.march)[^ ]*',
    ] -%}
    {{ matches('lower(' ~ outcome ~ ')', '(^|[^a-z])(' ~ words | join('|') ~ ')([^a-z]|$)') }}
{%- endmacro %}
