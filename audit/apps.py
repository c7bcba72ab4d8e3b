from django.apps import AppConfig
from django.core.checks import Tags, register


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        from .checks import web_role_owns_nothing

        register(web_role_owns_nothing, Tags.security, deploy=True)
