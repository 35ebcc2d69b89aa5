{{ without_consent(['phone']) }}
