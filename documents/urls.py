from django.urls import path

from . import (
    accounting_views,
    bulk_views,
    continuing_views,
    customer_views,
    finding_views,
    list_views,
    print_views,
    upload_views,
    views,
)

app_name = "documents"
urlpatterns = [
    path("", list_views.document_list, name="list"),
    path("export.<str:file_format>", list_views.export_documents, name="export"),
    path("new/<slug:kind>/", views.start, name="start"),
    path("accounting/<int:pk>/", accounting_views.accounting, name="accounting"),
    path("accounting/<int:pk>/done/", accounting_views.accounting_done, name="accounting_done"),
    path("<int:pk>/", views.document, name="document"),
    path("<int:pk>/scan/", views.take_scan, name="scan"),
    path("<int:pk>/header/", views.save_header, name="header"),
    path("<int:pk>/customer/", customer_views.customer, name="customer"),
    path("<int:pk>/refusals/", views.refusals, name="refusals"),
    path("<int:pk>/post/", views.post, name="post"),
    path("<int:pk>/discard/", views.discard, name="discard"),
    path("<int:pk>/without-serials/", continuing_views.without_serials, name="without_serials"),
    path("<int:pk>/acknowledge/", continuing_views.acknowledge, name="acknowledge"),
    path("<int:pk>/find-sale/", finding_views.find_sale, name="find_sale"),
    path("<int:pk>/receive/", continuing_views.receive, name="receive"),
    path("<int:pk>/receive-at-once/", continuing_views.receive_all, name="receive_at_once"),
    path("<int:pk>/everything/", continuing_views.everything, name="everything"),
    path("<int:pk>/identify/", continuing_views.identify, name="identify"),
    path("<int:pk>/cancel/", continuing_views.cancel, name="cancel"),
    path("without-serials/", continuing_views.unidentified, name="unidentified"),
    path("notices/<int:pk>/seen/", continuing_views.notice_seen, name="notice_seen"),
    path("<int:pk>/print/", print_views.print_document, name="print"),
    path("<int:pk>/print/start/", print_views.start_print, name="start_print"),
    path("<int:pk>/print/document.pdf", print_views.print_pdf, name="print_pdf"),
    path("<int:pk>/upload/", upload_views.upload, name="upload"),
    path("<int:pk>/upload/<int:upload_pk>/", upload_views.uploaded, name="uploaded"),
    path(
        "<int:pk>/upload/<int:upload_pk>/not-taken.csv",
        upload_views.uploaded_bad,
        name="uploaded_bad",
    ),
    path("<int:pk>/upload/<int:upload_pk>/add/", upload_views.add, name="add_uploaded"),
    path("<int:pk>/lines/<int:line_pk>/", views.save_line, name="line"),
    path("<int:pk>/lines/<int:line_pk>/remove/", views.remove_line, name="remove_line"),
    path("<int:pk>/lines/<int:line_pk>/paste/", views.paste, name="paste"),
    path("<int:pk>/lines/<int:line_pk>/range/", bulk_views.serial_range, name="range"),
    path("<int:pk>/lines/<int:line_pk>/serials/", views.line_serials, name="line_serials"),
    path("<int:pk>/lines/<int:line_pk>/serials/remove/", views.remove_serial, name="remove_serial"),
    path(
        "<int:pk>/lines/<int:line_pk>/refused/remove/", views.remove_refused, name="remove_refused"
    ),
]
