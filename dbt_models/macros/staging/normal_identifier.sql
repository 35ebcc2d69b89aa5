{# An identifier whose type stands beside it, in its normalised form: of e-mails and phones what normalised_email() and
   normalised_phone() joined, of others the text itself. #}
{% macro normal_identifier(type, raw) -%}
case lower(trim({{ type }}))
        when 'email' then normal_email.value
        when 'phone' then normal_phone.value
        else trim({{ raw }})
    end
{%- endmacro %}
