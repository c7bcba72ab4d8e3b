from django.urls import path

from . import views

app_name = "warranty"
urlpatterns = [
    path("print/<int:posting_id>/", views.print_cards, name="print"),
    path("runs/<uuid:pk>/", views.run, name="run"),
    path("runs/<uuid:pk>/again/", views.again, name="again"),
    path("runs/<uuid:pk>/cards.pdf", views.run_pdf, name="run_pdf"),
    path("<str:number>/", views.card, name="card"),
]
