from django.urls import path

from . import closing_views, fix_views, report_views, start_views, upload_views, views

app_name = "inventory"
urlpatterns = [
    path("", start_views.count_list, name="counts"),
    path("start/", start_views.start, name="start_count"),
    path("accuracy/", report_views.accuracy, name="accuracy"),
    path("<int:pk>/", views.count, name="count"),
    path("<int:pk>/scan/", views.take_scan, name="scan"),
    path("<int:pk>/total/", views.save_total, name="total"),
    path("<int:pk>/live/", views.live, name="live"),
    path("<int:pk>/scans/<int:scan_pk>/take-back/", views.take_scan_back, name="take_back"),
    path("<int:pk>/pause/", views.pause, name="pause"),
    path("<int:pk>/resume/", views.resume, name="resume"),
    path("<int:pk>/abandon/", views.abandon, name="abandon"),
    path("<int:pk>/upload/", upload_views.upload, name="upload"),
    path("<int:pk>/unknown/<int:scan_pk>/", fix_views.unknown, name="unknown"),
    path("<int:pk>/unknown/<int:scan_pk>/named/", fix_views.named, name="named"),
    path("<int:pk>/unknown/<int:scan_pk>/fix/<int:serial_pk>/", fix_views.fix_unit, name="fix"),
    path("<int:pk>/close/", closing_views.close, name="close"),
    path("<int:pk>/report/", report_views.report, name="report"),
    path("<int:pk>/report.pdf", report_views.report_pdf, name="report_pdf"),
    path("<int:pk>/report.xlsx", report_views.report_xlsx, name="report_xlsx"),
]
