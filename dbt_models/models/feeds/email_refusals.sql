-- One row per e-mail address that has refused mail or sends it back, for the tools that send them: see the macro `refusals`.
{{ refusals('email', 'email') }}
