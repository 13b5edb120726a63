"""Port of what tenants set for themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class TenantSettings(Protocol):
    """Values by the names that `catalogue.tenant_settings` declares; each change is audited in its transaction."""

    def of(self, tenant_id: str) -> Mapping[str, str]:
        """Every setting of a tenant, with the default where it has set none."""
        ...

    def put(self, tenant_id: str, name: str, value: str, *, by: str) -> bool:
        """Set one, or with an empty value go back to the default; false when it is so already.

        Raises:
            NotFound: there is no such tenant.
            InputError: there is no such setting, or the value is none for it.
        """
        ...

    def put_time_zone(self, tenant_id: str, time_zone: str, *, by: str) -> bool:
        """Set the time zone of learners who have none of their own; false when it is so already.

        Raises:
            NotFound: there is no such tenant.
            InputError: it is no IANA time zone.
        """
        ...

    def with_value(self, name: str, value: str) -> list[str]:
        """Tenants that have set `name` to exactly this."""
        ...
