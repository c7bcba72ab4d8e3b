from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import end_views, views


class CardNumberConverter(StringConverter):
    """Any text but one with a NUL, which PostgreSQL can't be asked for."""

    regex = r"[^/\x00]+"


register_converter(CardNumberConverter, "card_number")

app_name = "warranty"
urlpatterns = [
    path("print/<int:posting_id>/", views.print_cards, name="print"),
    path("runs/<uuid:pk>/", views.run, name="run"),
    path("runs/<uuid:pk>/again/", views.again, name="again"),
    path("runs/<uuid:pk>/cards.pdf", views.run_pdf, name="run_pdf"),
    path("<card_number:number>/", views.card, name="card"),
    path("<card_number:number>/end/", end_views.override, name="override"),
    path("<card_number:number>/taken-back/<int:pk>/", end_views.take_back, name="take_back"),
]
