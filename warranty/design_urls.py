"""URLs of the card designer, below /settings/cards/."""

from django.urls import path, register_converter

from . import design_views


class OwnerConverter:
    """The id of a product type, or `general` for the cards of all that have none of their own."""

    regex = r"general|[0-9]{1,9}"

    def to_python(self, value: str) -> int | None:
        return None if value == "general" else int(value)

    def to_url(self, value: int | None) -> str:
        return "general" if value is None else str(value)


register_converter(OwnerConverter, "design_owner")

app_name = "designs"
urlpatterns = [
    path("", design_views.designs, name="list"),
    path("<design_owner:of>/", design_views.design, name="design"),
    path("<design_owner:of>/preview/", design_views.preview, name="preview"),
    path("<design_owner:of>/test.pdf", design_views.test_page, name="test"),
    path("<design_owner:of>/withdraw/", design_views.withdraw, name="withdraw"),
    path("<design_owner:of>/versions/<int:version>/", design_views.version, name="version"),
    path("<design_owner:of>/versions/<int:version>/again/", design_views.use_again, name="again"),
]
