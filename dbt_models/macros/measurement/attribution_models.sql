{# The models that share a conversion out among its own touches, by the share that all touches up to one have (`above`), and those before
   it (`below`), of `total`. They read columns of measurement.journeys: place, touches, how many are not direct (marked), and the running weights. #}
{% macro touch_models() %}
    {{ return(['first', 'last', 'last_non_direct', 'linear', 'position', 'time_decay', 'shapley']) }}
{% endmacro %}

{# (above, below, total) of a model. #}
{% macro touch_shares(model) %}
    {%- if model == 'first' -%}{{ return(('1', 'case when place > 1 then 1 else 0 end', '1')) }}
    {%- elif model == 'last' -%}{{ return(('case when place = touches then 1 else 0 end', '0', '1')) }}
    {%- elif model == 'last_non_direct' -%}
        {{ return((
            'case when marked_total = 0 then case when place = touches then 1 else 0 end when marked_above = marked_total then 1 else 0 end',
            'case when marked_total > 0 and marked_above - is_marked = marked_total then 1 else 0 end', '1',
        )) }}
    {%- elif model == 'linear' -%}{{ return(('place', 'place - 1', 'touches')) }}
    {%- elif model == 'position' -%}{{ return((position_share('place'), position_share('(place - 1)'), '1')) }}
    {%- else -%}{{ return((model ~ '_above', model ~ '_above - ' ~ model ~ '_weight', model ~ '_total')) }}
    {%- endif -%}
{% endmacro %}

{# What the first `place` touches have together: the first and the last have the shares of the settings, those between share what is left.
   Two share all of it in the same proportion; one has it whole. #}
{% macro position_share(place) -%}
case
    when {{ place }} <= 0 then 0
    when {{ place }} >= touches then 1
    when touches = 2 then case when position_first + position_last > 0 then position_first / (position_first + position_last) else 0.5 end
    else position_first + ({{ place }} - 1) * (1 - position_first - position_last) / (touches - 2)
end
{%- endmacro %}
