from django.apps import AppConfig
from django.db.models.signals import post_migrate


class KnowledgeConfig(AppConfig):
    name = "knowledge"

    def ready(self) -> None:
        from audit.ledger import object_names
        from knowledge.erasure import deletion
        from knowledge.permissions import conditions, handover
        from tenants.members import handover as leaving

        leaving.register(handover.hand_over, handover.belongings)
        post_migrate.connect(conditions.forget_permissions, dispatch_uid="knowledge.rights")
        deletion.on_erase("pictures", _forget_pictures)
        object_names.register("document", _names_of, _ids_called)
        self._watch_fields()

    def _watch_fields(self) -> None:
        from audit.ledger.field_changes import watch
        from knowledge.models import Collection, Document

        watch(Collection, "name", "description", "owner")
        dates = ("dated", "reviewed_on", "review_due", "expires_on")
        watch(Document, "title", "filename", *dates, "restricted", "collection", "owner", "superseded_by")


def _forget_pictures(tenant_id, document_ids) -> int:
    from knowledge.views.viewer import page_images  # what draws pages is loaded where it is needed

    return page_images.forget(tenant_id, document_ids)


def _names_of(tenant_id, ids):
    from knowledge.library import audit_object_names

    return audit_object_names.names_of(tenant_id, ids)


def _ids_called(tenant_id, words, limit):
    from knowledge.library import audit_object_names

    return audit_object_names.ids_called(tenant_id, words, limit)
