from django.apps import AppConfig


class SerialsConfig(AppConfig):
    name = "serials"

    def ready(self) -> None:
        """Tell products, which can't import the ledger, where to ask for stock."""
        from products.stock import register_stock_of

        from .balances import pieces_by_store

        register_stock_of(pieces_by_store)
