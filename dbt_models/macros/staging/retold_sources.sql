{# The sources whose rows of an entity say what other tables of theirs know (a name, an address, what was clicked), which may land
   or change long after: where rows are added by batch, those of such a source are all made anew. #}
{% macro retold_sources(entity) %}
    {% set retold = {'events': ['hubspot'], 'email_events': ['hubspot', 'klaviyo']} %}
    {{ return(staging_models(entity) | map('first') | select('in', retold.get(entity, [])) | list) }}
{% endmacro %}

{# Before rows are added to a table of an entity: takes out what such sources told before, since unify() brings all of it again. #}
{% macro forget_retold(entity) -%}
    {% if is_incremental() and retold_sources(entity) -%}
    {{ delete_rows(this, "source in ('" ~ retold_sources(entity) | join("', '") ~ "')") }}
    {%- endif %}
{%- endmacro %}
