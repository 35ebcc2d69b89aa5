{{ open_leads(warmth={'is_warm': of_grades()}) }}
