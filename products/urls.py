"""URLs of products, below /products/."""

from django.urls import path

from . import views

app_name = "products"
urlpatterns = [
    path("", views.product_list, name="list"),
    path("export.<str:file_format>", views.export_products, name="export"),
    path("new/", views.new_product, name="new"),
    path("<int:pk>/", views.product_detail, name="product"),
    path("<int:pk>/edit/", views.edit_product, name="edit"),
    path("types/", views.type_list, name="types"),
    path("types/new/", views.edit_type, name="new_type"),
    path("types/<int:pk>/", views.edit_type, name="edit_type"),
]
