{{ without_consent(['push']) }}
