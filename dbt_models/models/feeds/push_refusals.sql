-- One row per device token that has refused push messages, for the tools that send them: see the macro `refusals`.
{{ refusals('push', 'push_token') }}
