{# The query of people known to the company who never bought, with when they last did something themselves. #}
{% macro silent_prospects() %}
    (select
        profiles.profile_id,
        profiles.email,
        profiles.email_bounced_at,
        actions.last_action_at
    from {{ ref('profiles') }} as profiles
    inner join {{ ref('last_actions') }} as actions on profiles.profile_id = actions.profile_id
    where profiles.is_known and profiles.lifecycle_stage in ('prospect', 'lead') and actions.last_action_at >= {{ window_start() }})
{% endmacro %}
