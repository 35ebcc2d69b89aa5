{{ open_leads() }}
