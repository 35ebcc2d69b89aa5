{# Whether a name is drawn into the holdout of an audience, or of all of them; of suppression audiences nobody is. Reads the control tables
   audiences and company under these names. #}
{% macro is_held_out(audience, name) -%}
case
    when audiences.kind = 'suppression' then false
    when audiences.holdout_share > 0 and {{ hash_share("company.holdout_salt || '|' || " ~ audience ~ " || '|' || " ~ name) }} < audiences.holdout_share then true
    when company.holdout_overall > 0 and {{ hash_share("company.holdout_salt || '||' || " ~ name) }} < company.holdout_overall then true
    else false
end
{%- endmacro %}
