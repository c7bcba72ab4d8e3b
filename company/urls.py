"""URLs of signing in, of one's own account and of the company's settings, at the root."""

from django.urls import path

from . import (
    account_views,
    inviting_views,
    people_views,
    settings_views,
    sign_in_views,
    till_views,
    views,
)

app_name = "company"
urlpatterns = [
    path("sign-in/", sign_in_views.sign_in, name="sign_in"),
    path("sign-in/code/", sign_in_views.sign_in_code, name="sign_in_code"),
    path("sign-in/forgotten/", inviting_views.forgotten, name="forgotten"),
    path("sign-out/", sign_in_views.sign_out, name="sign_out"),
    path("confirm/", sign_in_views.confirm, name="confirm"),
    path("welcome/<str:token>/", inviting_views.welcome, name="welcome"),
    path("till/", till_views.till, name="till"),
    path("till/lock/", till_views.lock, name="lock"),
    path("store/", views.switch_store, name="switch_store"),
    path("language/", views.language, name="language"),
    path("account/", account_views.account, name="account"),
    path("account/second-factor/", account_views.enrol, name="enrol"),
    path("account/second-factor/codes/", account_views.recovery_codes, name="recovery_codes"),
    path("account/second-factor/remove/", account_views.remove_factor, name="remove_factor"),
    path("account/pin/", account_views.pin, name="pin"),
    path("account/pin/remove/", account_views.remove_pin, name="remove_pin"),
    path("account/sign-ins/end/", account_views.end_sign_ins, name="end_sign_ins"),
    path("account/till/", account_views.set_till, name="set_till"),
    path("account/till/forget/", account_views.forget_here, name="forget_here"),
    path("password/", account_views.password, name="password"),
    path("settings/", settings_views.policies, name="settings"),
    path("settings/sign-in/", settings_views.sign_in_policies, name="sign_in_policies"),
    path("settings/stores/", settings_views.store_list, name="stores"),
    path("settings/stores/new/", settings_views.edit_store, name="new_store"),
    path("settings/stores/<int:pk>/", settings_views.edit_store, name="edit_store"),
    path("settings/people/", people_views.person_list, name="people"),
    path("settings/people/new/", people_views.edit_person, name="new_person"),
    path("settings/people/<int:pk>/", people_views.edit_person, name="edit_person"),
    path("settings/people/<int:pk>/invitation/", people_views.invitation, name="invitation"),
    path("settings/people/<int:pk>/reset/", people_views.reset_person, name="reset_person"),
    path("settings/people/<int:pk>/close/", people_views.close_person, name="close_person"),
    path("settings/people/<int:pk>/reopen/", people_views.reopen_person, name="reopen_person"),
    path("settings/people/<int:pk>/unlock/", people_views.unlock_person, name="unlock_person"),
    path("settings/people/<int:pk>/factor/", people_views.reset_factor, name="reset_factor"),
    path("settings/people/<int:pk>/sign-out/", people_views.end_person, name="end_person"),
]
