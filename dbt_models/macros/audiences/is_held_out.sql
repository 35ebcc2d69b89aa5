{# Whether a name is drawn into the holdout of an audience, or of all of them; of suppression audiences nobody is. By the draw in force, in
   the control tables audiences and company under these names, or by that of a row of holdout_trials under the name `draw`. #}
{% macro is_held_out(audience, name, draw=none) -%}
{%- set own, all = draw or 'audiences', draw or 'company' -%}
case
    when {{ own }}.kind = 'suppression' then false
    when {{ own }}.holdout_share > 0 and {{ hash_share(all ~ ".holdout_salt || '|' || " ~ audience ~ " || '|' || " ~ name) }} < {{ own }}.holdout_share then true
    when {{ is_held_out_of_all(name, all) }} then true
    else false
end
{%- endmacro %}

{# Whether a name is drawn into the holdout of all audiences together. #}
{% macro is_held_out_of_all(name, draw='company') -%}
({{ draw }}.holdout_overall > 0 and {{ hash_share(draw ~ ".holdout_salt || '||' || " ~ name) }} < {{ draw }}.holdout_overall)
{%- endmacro %}
