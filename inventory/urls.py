from django.urls import path

from . import start_views, upload_views, views

app_name = "inventory"
urlpatterns = [
    path("", start_views.count_list, name="counts"),
    path("start/", start_views.start, name="start_count"),
    path("<int:pk>/", views.count, name="count"),
    path("<int:pk>/scan/", views.take_scan, name="scan"),
    path("<int:pk>/total/", views.save_total, name="total"),
    path("<int:pk>/live/", views.live, name="live"),
    path("<int:pk>/scans/<int:scan_pk>/take-back/", views.take_scan_back, name="take_back"),
    path("<int:pk>/pause/", views.pause, name="pause"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/abandon/", views.abandon, name="abandon"),
    path("<int:pk>/upload/", upload_views.upload, name="upload"),
]
