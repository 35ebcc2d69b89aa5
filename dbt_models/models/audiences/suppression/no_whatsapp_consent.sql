{{ without_consent(['whatsapp']) }}
