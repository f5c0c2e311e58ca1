from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "knowledge"

    def ready(self) -> None:
        from knowledge import handover
        from tenants import handover as leaving

        leaving.register(handover.hand_over, handover.belongings)
