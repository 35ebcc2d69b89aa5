-- One row per model and tenth of the people it was not learnt from, by what it said of them: the mean probability, and how often it happened.
{% set paths = ['$.tenth', '$.said', '$.happened', '$.examples'] %}
{% set tenth = json_picked('told', paths) %}

select
    model,
    cast({{ tenth.tenth }} as integer) as tenth,
    cast({{ tenth.said }} as double) as said,
    cast({{ tenth.happened }} as double) as happened,
    cast({{ tenth.examples }} as bigint) as examples
from (
    select fits.model, {{ json_pick('tenths.record', paths) }} as told
    from {{ ref('prediction_fits') }} as fits
    {{ json_unnest('fits.calibration', 'tenths') }}
) as read
