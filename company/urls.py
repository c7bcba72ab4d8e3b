"""URLs of signing in and of the company's settings, at the root."""

from django.urls import path

from . import settings_views, views

app_name = "company"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("store/", views.switch_store, name="switch_store"),
    path("language/", views.language, name="language"),
    path("password/", views.password, name="password"),
    path("settings/", settings_views.policies, name="settings"),
    path("settings/stores/", settings_views.store_list, name="stores"),
    path("settings/stores/new/", settings_views.edit_store, name="new_store"),
    path("settings/stores/<int:pk>/", settings_views.edit_store, name="edit_store"),
    path("settings/people/", settings_views.person_list, name="people"),
    path("settings/people/new/", settings_views.edit_person, name="new_person"),
    path("settings/people/<int:pk>/", settings_views.edit_person, name="edit_person"),
    path(
        "settings/people/<int:pk>/password/",
        settings_views.person_password,
        name="person_password",
    ),
]
