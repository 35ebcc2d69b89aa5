{# Whether a name is drawn into the holdout of an audience, or of all of them; of suppression audiences nobody is. Reads the control tables
   audiences and company under these names. #}
{% macro is_held_out(audience, name) -%}
case
    when audiences.kind = 'suppression' then false
    when audiences.holdout_share > 0 and {{ hash_share("company.holdout_salt || '|' || " ~ audience ~ " || '|' || " ~ name) }} < audiences.holdout_share then true
    when {{ is_held_out_of_all(name) }} then true
    else false
end
{%- endmacro %}

{# Whether a name is drawn into the holdout of all audiences together. Reads the control table company under this name. #}
{% macro is_held_out_of_all(name) -%}
(company.holdout_overall > 0 and {{ hash_share("company.holdout_salt || '||' || " ~ name) }} < company.holdout_overall)
{%- endmacro %}
