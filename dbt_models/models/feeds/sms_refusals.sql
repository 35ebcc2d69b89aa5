-- One row per number that has refused text messages, for the tools that send them: see the macro `refusals`.
{{ refusals('sms', 'phone') }}
