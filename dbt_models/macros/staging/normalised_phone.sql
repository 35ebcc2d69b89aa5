{# The join that brings a phone's normalised value (E.164), made once by the loads: read it as `<alias>.value`. Numbers without a
   country code are read in the row's own country where it is a code of two letters, else in the company's. #}
{% macro normalised_phone(raw, country='cast(null as string)', alias='normal_phone') %}
left join {{ source('identity', 'normalised') }} as {{ alias }}
    on {{ alias }}.kind = 'phone' and {{ alias }}.raw = {{ raw }}
    and {{ alias }}.region = case
        when length(trim({{ country }})) = 2 then upper(trim({{ country }})) else {{ company('country') }}
    end
{% endmacro %}
