{{ without_consent(['email']) }}
