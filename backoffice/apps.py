from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        """Tell products, which can't import ledger and documents, where to ask for states."""
        from products.stock import register_states_of

        from .product_stock import stock_by_state

        register_states_of(stock_by_state)
