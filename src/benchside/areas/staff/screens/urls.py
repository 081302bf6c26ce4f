"""Addresses of the staff area's screens, at the root of the site. The name of an address is the name of its place."""

from django.urls import path

from benchside.areas.staff.screens import account, entrance, home, locking, switching

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", entrance.sign_in, name="sign-in"),
    path("sign-out", entrance.sign_out, name="sign-out"),
    path("lock", locking.lock, name="lock"),
    path("unlock", locking.unlock, name="unlock"),
    path("switch", switching.switch, name="switch"),
    path("account", account.account, name="account"),
    path("account/tablet", account.tablet, name="tablet"),
]
