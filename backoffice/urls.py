from django.urls import path

from . import (
    audit_views,
    customer_views,
    export_views,
    import_views,
    look_up_views,
    report_views,
    second_number_views,
    stock_views,
    views,
    warranty_report_views,
)

app_name = "backoffice"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search_page, name="search"),
    path("serials/<int:pk>/", views.serial, name="serial"),
    path(
        "serials/<int:pk>/second-number/", second_number_views.second_number, name="second_number"
    ),
    path("customers/<int:pk>/erase/", customer_views.erase, name="erase_customer"),
    path("customers/<int:pk>/data.json", customer_views.data, name="customer_data"),
    path("settings/data/", export_views.export_page, name="everything"),
    path("settings/data/<uuid:pk>/", export_views.export_content, name="everything_file"),
    path("stock/", stock_views.stock, name="stock"),
    path("stock/totals/", stock_views.stock_totals, name="stock_totals"),
    path("stock/export/", stock_views.export_stock, name="export_stock"),
    path("stock/files/<uuid:pk>/", stock_views.stock_file, name="stock_file"),
    path("stock/files/<uuid:pk>/again/", stock_views.stock_file_again, name="stock_file_again"),
    path(
        "stock/files/<uuid:pk>/content/", stock_views.stock_file_content, name="stock_file_content"
    ),
    path("import/<str:what>/", import_views.start_import, name="import"),
    path(
        "import/<str:what>/example.<str:file_format>",
        import_views.import_example,
        name="import_example",
    ),
    path("import/<str:what>/<uuid:pk>/", import_views.import_file, name="import_file"),
    path(
        "import/<str:what>/<uuid:pk>/refused/", import_views.import_refused, name="import_refused"
    ),
    path("import/<str:what>/<uuid:pk>/write/", import_views.write_import, name="write_import"),
    path("audit/", audit_views.audit, name="audit"),
    path("audit/export.<str:file_format>", audit_views.export_audit, name="export_audit"),
    path("warranty/", look_up_views.check, name="warranty"),
    path("reports/", warranty_report_views.reports, name="reports"),
    path("reports/under-warranty/", warranty_report_views.held, name="under_warranty"),
    path(
        "reports/under-warranty/export.<str:file_format>",
        warranty_report_views.export_held,
        name="export_under_warranty",
    ),
    path("reports/claims/", warranty_report_views.claims, name="claims"),
    path("reports/claims/export.xlsx", warranty_report_views.export_claims, name="export_claims"),
    path("reports/mismatches/", report_views.mismatches, name="mismatches"),
    path(
        "reports/mismatches/export.<str:file_format>",
        report_views.export_mismatches,
        name="export_mismatches",
    ),
]
