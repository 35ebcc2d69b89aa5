"""Loads: what lies in the landing folder becomes raw tables, and every row of every file is accounted for."""
