-- One row per audience (and `all` of them together) and draw of its holdout that was ever in force: share and salt, since when. A trial lasts
-- from its draw until the next; a holdout that is switched off has a share of 0. A journal: when a draw began is known nowhere else.
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false) }}

with draws as (
    select
        audiences.audience,
        audiences.kind,
        audiences.holdout_share,
        company.holdout_overall,
        company.holdout_salt,
        -- Drawn for the audience, or for all of them.
        {{ rounded('1 - (1 - audiences.holdout_share) * (1 - company.holdout_overall)', 9) }} as share
    from {{ source('control', 'audiences') }} as audiences
    cross join {{ source('control', 'company') }} as company
    where audiences.kind <> 'suppression'
    union all
    select 'all', 'all', 0, holdout_overall, holdout_salt, holdout_overall
    from {{ source('control', 'company') }}
)
{%- if is_incremental() %},

newest as (
    select * from {{ this }}
    qualify row_number() over (partition by audience order by trial desc) = 1
)
{%- endif %}

select
    draws.audience,
    draws.kind,
    {% if is_incremental() %}coalesce(newest.trial, 0) + 1{% else %}1{% endif %} as trial,
    {{ as_of() }} as started_at,
    cast(draws.share as double) as share,
    cast(draws.holdout_share as double) as holdout_share,
    cast(draws.holdout_overall as double) as holdout_overall,
    draws.holdout_salt
from draws
{% if is_incremental() -%}
left join newest on draws.audience = newest.audience
where case
    when newest.audience is null then draws.share > 0
    when draws.share = 0 then newest.share > 0
    else draws.holdout_share <> newest.holdout_share or draws.holdout_overall <> newest.holdout_overall
        or draws.holdout_salt <> newest.holdout_salt
end
{%- else -%}
where draws.share > 0
{%- endif %}
