from django.urls import path

from . import accounting_views, customer_views, views

app_name = "documents"
urlpatterns = [
    path("", views.document_list, name="list"),
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
    path("<int:pk>/lines/<int:line_pk>/", views.save_line, name="line"),
    path("<int:pk>/lines/<int:line_pk>/remove/", views.remove_line, name="remove_line"),
    path("<int:pk>/lines/<int:line_pk>/paste/", views.paste, name="paste"),
    path("<int:pk>/lines/<int:line_pk>/serials/", views.line_serials, name="line_serials"),
    path("<int:pk>/lines/<int:line_pk>/serials/remove/", views.remove_serial, name="remove_serial"),
    path(
        "<int:pk>/lines/<int:line_pk>/refused/remove/", views.remove_refused, name="remove_refused"
    ),
]
