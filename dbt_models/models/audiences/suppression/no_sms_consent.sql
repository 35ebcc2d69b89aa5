{{ without_consent(['sms']) }}
