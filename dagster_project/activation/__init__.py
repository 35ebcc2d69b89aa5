"""Audiences → gates → files that platforms accept → ledger of what each destination holds."""
