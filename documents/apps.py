from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "documents"

    def ready(self) -> None:
        """Tell products, which can't import documents, where to ask what waits for serials."""
        from products.stock import register_waiting

        from .waiting import units_without_serials

        register_waiting(units_without_serials)
