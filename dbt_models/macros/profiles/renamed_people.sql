{# SELECT of old_profile_id and profile_id: names that nobody bears any more, and who went on under which. For journals, which go on
   under the new name. The model that calls it says `-- depends_on:` for profile_changes and profiles. #}
{% macro renamed_people() -%}
    select changes.old_profile_id, max_by(changes.profile_id, changes.position) as profile_id
    from {{ ref('profile_changes') }} as changes
    left join {{ ref('profiles') }} as alive on changes.old_profile_id = alive.profile_id
    where changes.kind in ('merge', 'rename') and alive.profile_id is null
    group by 1
{%- endmacro %}
