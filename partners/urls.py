"""URLs of suppliers and customers, below /partners/."""

from django.urls import path

from . import views

app_name = "partners"
urlpatterns = [
    path("suppliers/", views.supplier_list, name="suppliers"),
    path("suppliers/export.<str:file_format>", views.export_suppliers, name="export_suppliers"),
    path("suppliers/new/", views.edit_supplier, name="new_supplier"),
    path("suppliers/<int:pk>/", views.edit_supplier, name="edit_supplier"),
    path("customers/", views.customer_list, name="customers"),
    path("customers/export.<str:file_format>", views.export_customers, name="export_customers"),
    path("customers/new/", views.edit_customer, name="new_customer"),
    path("customers/<int:pk>/", views.edit_customer, name="edit_customer"),
]
