from django.urls import path, re_path, register_converter

from . import public_views
from .public import TokenConverter

register_converter(TokenConverter, "card_token")

app_name = "public"
urlpatterns = [
    path("<card_token:token>/", public_views.card, name="card"),
    re_path(r"^(?:[^/]*/)*\Z", public_views.unknown, name="unknown"),
]
