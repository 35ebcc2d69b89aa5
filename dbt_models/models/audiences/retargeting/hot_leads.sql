{{ open_leads(warmth={'is_hot': of_grades()}) }}
