-- One row per person whose time is over and who is to be asked whether they want to be kept: with the address where they may still
-- be asked. Nothing is sent and nobody is erased by this list; who answers by a click or a visit has done something, and leaves it.
select
    due.profile_id,
    due.due_at,
    profiles.email,
    coalesce(consents.status = 'granted', false) as may_be_mailed
from {{ ref('retention_due') }} as due
inner join {{ ref('profiles') }} as profiles on due.profile_id = profiles.profile_id
left join {{ ref('profile_consents') }} as consents
    on due.profile_id = consents.profile_id and consents.purpose = 'email'
where due.action = 'repermission' and due.due_at <= {{ as_of() }}
