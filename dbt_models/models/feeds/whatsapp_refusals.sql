-- One row per number that has refused WhatsApp messages, for the tools that send them: see the macro `refusals`.
{{ refusals('whatsapp', 'phone') }}
