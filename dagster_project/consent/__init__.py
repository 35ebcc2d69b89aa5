"""Whom the company may speak to: the policies of regions, from readable files to the table that the models read."""
