{{ without_consent(['ads', 'platform_matching']) }}
