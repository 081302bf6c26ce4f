"""Addresses of the clinician's screens: chart, orders, inbox, messages."""

from django.urls import path, re_path

from benchside.areas.laboratory.screens import chart, inbox, messages, order_detail, order_search, ordering, review

clinician_urlpatterns = [
    re_path(r"^patients/(?!new$)(?P<patient_id>[A-Za-z0-9.-]{1,64})$", chart.chart, name="patient"),
    path("patients/<str:patient_id>/trend", chart.trend, name="trend"),
    path("patients/<str:patient_id>/order", ordering.order, name="order"),
    path("patients/<str:patient_id>/order/details", ordering.order_details, name="order-details"),
    path("order/tests", order_search.find_tests, name="find-tests"),
    path("order/reasons", order_search.find_reasons_screen, name="find-reasons"),
    path("requisitions/<str:number>", ordering.requisition, name="requisition"),
    path("requisitions/<str:number>/instructions", ordering.instructions, name="instructions"),
    path("requisitions/<str:number>/cancel", ordering.take_back, name="take-back"),
    path("orders/<str:order_id>", order_detail.order_detail, name="order-detail"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/acknowledge", inbox.acknowledge_several, name="acknowledge-several"),
    path("inbox/<str:task_id>", review.review, name="review"),
    path("messages", messages.listed, name="messages"),
    path("messages/new", messages.send, name="send-message"),
    path("messages/people", messages.find_people, name="find-people"),
    path("messages/<str:task_id>", messages.message, name="message"),
    path("messages/<str:communication_id>/read", messages.seen, name="read-message"),
]
