from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import design_views, views


class CardNumberConverter(StringConverter):
    """Any text but one with a NUL, which PostgreSQL can't be asked for."""

    regex = r"[^/\x00]+"


class DesignOwnerConverter:
    """The id of a product type, or `general` for the cards of all that have none of their own."""

    regex = r"general|[0-9]{1,9}"

    def to_python(self, value: str) -> int | None:
        return None if value == "general" else int(value)

    def to_url(self, value: int | None) -> str:
        return "general" if value is None else str(value)


register_converter(CardNumberConverter, "card_number")
register_converter(DesignOwnerConverter, "design_owner")

app_name = "warranty"
urlpatterns = [
    path("print/<int:posting_id>/", views.print_cards, name="print"),
    path("runs/<uuid:pk>/", views.run, name="run"),
    path("runs/<uuid:pk>/again/", views.again, name="again"),
    path("runs/<uuid:pk>/cards.pdf", views.run_pdf, name="run_pdf"),
    path("designs/", design_views.designs, name="designs"),
    path("designs/<design_owner:of>/", design_views.design, name="design"),
    path("designs/<design_owner:of>/preview/", design_views.preview, name="design_preview"),
    path("designs/<design_owner:of>/test.pdf", design_views.test_page, name="design_test"),
    path("designs/<design_owner:of>/withdraw/", design_views.withdraw, name="design_withdraw"),
    path(
        "designs/<design_owner:of>/versions/<int:version>/",
        design_views.version,
        name="design_version",
    ),
    path(
        "designs/<design_owner:of>/versions/<int:version>/again/",
        design_views.use_again,
        name="design_again",
    ),
    path("<card_number:number>/", views.card, name="card"),
]
