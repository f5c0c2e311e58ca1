from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal.celery import app  # noqa: F401 - so that shared tasks find their app
        from portal.observability import sentry

        sentry.start()
