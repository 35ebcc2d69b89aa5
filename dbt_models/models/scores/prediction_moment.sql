-- The one moment as of which people are looked at to say how likely something is: right after the newest thing known of anybody or,
-- where nothing has come since, midnight. Taken at the hour of the run, all that is said of everybody would change each hour by what
-- an hour adds to the days since; like this it stands until something new is known or a day begins.
with known as (
    -- Of a day that goes on after the moment, that it began is known. What lies ahead counts as of the end of today, and is no news.
    select
        case
            when actions.last_at <= run.as_of and actions.last_at < today.ends_at then actions.last_at
            when actions.first_at <= run.as_of and actions.first_at < today.ends_at then actions.first_at
        end as at
    from {{ ref('actions') }} as actions
    cross join {{ source('control', 'run') }} as run
    cross join {{ source('control', 'today') }} as today
    union all
    select last_midnight from {{ source('control', 'today') }}
)

select least(max(known.at) + interval '1' second, max(run.as_of)) as moment
from known
cross join {{ source('control', 'run') }} as run
