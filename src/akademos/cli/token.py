"""`akademos token`: a signed token for a person, or the key with which a host application signs them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from akademos import settings
from akademos.catalogue.roles import SIGN_IN_ORDER, known_role
from akademos.errors import InputError, NotFound
from akademos.serving.principal import name_of
from akademos.system import System


def command(
    tenant_id: Annotated[str, typer.Argument(help="The tenant.")],
    user_id: Annotated[str | None, typer.Argument(help="The person's id in the host application.")] = None,
    role: Annotated[str, typer.Option(help="The role; one beside learner must stand for the person.")] = "learner",
    hours: Annotated[float, typer.Option(min=0.01, max=744, help="How long it is good for.")] = 8.0,
    signing_key: Annotated[
        bool, typer.Option("--signing-key", help="Print the tenant's signing key (base64url) instead.")
    ] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Print a token: send it as `Authorization: Bearer TOKEN`."""
    chosen = known_role(role)
    if chosen not in SIGN_IN_ORDER:
        raise InputError(f"There is no role {role}.", hint="Roles of persons are " + ", ".join(SIGN_IN_ORDER) + ".")
    with System(settings.load(data=data)) as system:
        if tenant_id not in {tenant.tenant_id for tenant in system.tenants.all()}:
            raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
        if signing_key:
            typer.echo(system.tokens.signing_key(tenant_id))
            return
        if user_id is None:
            raise InputError("The command does not say for whom.", hint="Name the person after the tenant.")
        name = name_of(user_id, "user_id", "")
        system.services.standing.role_for(tenant_id, name, chosen, ())
        typer.echo(system.tokens.issue(tenant_id, chosen, name, lifetime=timedelta(hours=hours)))
