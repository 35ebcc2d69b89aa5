{{ without_consent(['post']) }}
