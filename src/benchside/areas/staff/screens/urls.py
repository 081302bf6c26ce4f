"""Addresses of the staff area's screens, at the root of the site. The name of an address is the name of its place."""

from django.urls import path

from benchside.areas.staff.screens import account, entrance, locking, oversight, readiness, site_rules, switching

urlpatterns = [
    path("sign-in", entrance.sign_in, name="sign-in"),
    path("sign-out", entrance.sign_out, name="sign-out"),
    path("lock", locking.lock, name="lock"),
    path("unlock", locking.unlock, name="unlock"),
    path("switch", switching.switch, name="switch"),
    path("account", account.account, name="account"),
    path("account/tablet", account.tablet, name="tablet"),
    path("readiness/matrix", readiness.show_matrix, name="matrix"),
    path("readiness/acts/<slug:act>", readiness.show_act, name="act"),
    path("readiness/why", readiness.show_why, name="why"),
    path("readiness/rules", site_rules.show, name="site-rules"),
    path("oversight", oversight.show, name="oversight"),
    path("oversight/cosign/<str:task_id>", oversight.show_cosign, name="cosign"),
    path("oversight/review/<str:task_id>", oversight.show_review, name="review-override"),
    path("oversight/sign-off", oversight.show_sign_off, name="sign-off"),
]
