"""The two roles the application acts as; it logs in as neither."""

SERVING = "akademos_serving"
"""Reads records and answers of one tenant at a time, behind row-level security."""

PIPELINE = "akademos_pipeline"
"""Takes in, identifies, consents and moves events of all tenants."""

GROUP_ROLES = (SERVING, PIPELINE)
