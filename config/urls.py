"""Every URL of the product, app by app."""

from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.urls")),
    path("", include("company.urls")),
    path("products/", include("products.urls")),
    path("partners/", include("partners.urls")),
    path("documents/", include("documents.urls")),
    path("settings/cards/", include("warranty.design_urls")),
    path("cards/", include("warranty.urls")),
    path("w/", include("warranty.public_urls")),
    path("counts/", include("inventory.urls")),
    path("repairs/", include("repairs.urls")),
    path("", include("operations.urls")),
]
handler400 = "backoffice.errors.bad_request"
handler403 = "backoffice.errors.forbidden"
handler404 = "backoffice.errors.not_found"
handler500 = "backoffice.errors.server_error"
