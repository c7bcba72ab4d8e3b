from django.urls import path

from . import look_up_views, report_views, views

app_name = "backoffice"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search_page, name="search"),
    path("serials/<int:pk>/", views.serial, name="serial"),
    path("warranty/", look_up_views.check, name="warranty"),
    path("reports/mismatches/", report_views.mismatches, name="mismatches"),
    path(
        "reports/mismatches/export.<str:file_format>",
        report_views.export_mismatches,
        name="export_mismatches",
    ),
]
