from django.urls import path

from . import board_views, cost_views, end_views, intake_views, loan_views, photo_views, views

app_name = "repairs"
urlpatterns = [
    path("", board_views.repair_board, name="board"),
    path("new/", intake_views.take_in, name="take_in"),
    path("<int:pk>/", views.repair, name="repair"),
    path("<int:pk>/step/", views.step, name="step"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/decide/", views.decide, name="decide"),
    path("<int:pk>/charges/", cost_views.add, name="add_charge"),
    path("<int:pk>/charges/<int:charge_pk>/", cost_views.price, name="price"),
    path("<int:pk>/charges/<int:charge_pk>/remove/", cost_views.remove, name="remove_charge"),
    path("<int:pk>/parts/", cost_views.scan_part, name="scan_part"),
    path("<int:pk>/lend/", loan_views.lend_unit, name="lend"),
    path("<int:pk>/loans/<int:loan_pk>/back/", loan_views.take_back, name="take_loaner_back"),
    path("<int:pk>/photos/", photo_views.add, name="add_photos"),
    path("<int:pk>/photos/<int:photo_pk>/", photo_views.photo, name="photo"),
    path("<int:pk>/photos/<int:photo_pk>/remove/", photo_views.remove, name="remove_photo"),
    path("<int:pk>/hand-back/", end_views.hand_back_repair, name="hand_back"),
    path("<int:pk>/cancel/", end_views.cancel, name="cancel"),
    path("<int:pk>/<slug:paper>.pdf", views.paper, name="paper"),
]
