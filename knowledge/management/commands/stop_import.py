"""Stop what is being imported."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from knowledge.library import failed_documents
from knowledge.models import Collection
from tenants.isolation.scope import in_tenant
from tenants.models import Membership, Tenant


class Command(BaseCommand):
    help = "Stop the imports that this member may change. The files are kept and can be retried."

    def add_arguments(self, parser):
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--user", required=True, metavar="EMAIL", help="the member who stops them")
        parser.add_argument("--collection", metavar="NAME", help="one collection; default: all")

    def handle(self, tenant, user, collection, **options):
        company = Tenant.objects.filter(slug=tenant).first()
        if company is None:
            raise CommandError(f"There is no company {tenant!r}.")
        with in_tenant(company):
            people = Membership.objects.for_tenant(company).active().select_related("user", "tenant")
            member = people.filter(user__email=user.strip().lower()).first()
            if member is None:
                raise CommandError(f"{user} does not belong to {tenant}.")
            shelf = None
            if collection:
                named = Collection.objects.visible_to(member).filter(name__iexact=" ".join(collection.split()))
                if (shelf := named.order_by("created_at").first()) is None:
                    raise CommandError(f"There is no collection {collection!r} that {user} may read.")
            stopped = failed_documents.cancel_import(member, shelf)
        self.stdout.write(f"{stopped} documents are no longer read; their files are kept.")
