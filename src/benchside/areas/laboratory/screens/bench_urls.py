"""Addresses of reception, bench, verification, reports, calls and quality."""

from django.urls import path

from benchside.areas.laboratory.screens import calling, quality, receiving, reports, resulting, specimens, verifying

bench_urlpatterns = [
    path("receive", receiving.receive, name="receive"),
    path("centrifuge", receiving.spin, name="centrifuge"),
    path("specimens/<specimen_id>", specimens.specimen, name="specimen"),
    path("specimens/<specimen_id>/reject", specimens.reject, name="reject"),
    path("specimens/<specimen_id>/aliquot", specimens.divide, name="aliquot"),
    path("bench", resulting.bench, name="bench"),
    path("orders/<order_id>/result", resulting.enter, name="enter-result"),
    path("orders/<order_id>/result/check", resulting.check, name="check-result"),
    path("verify", verifying.verify_list, name="verify-list"),
    path("verify/<report_id>", verifying.verify, name="verify"),
    path("reports/<report_id>", reports.report, name="report"),
    path("reports/<report_id>/print", reports.printed, name="print-report"),
    path("results/<observation_id>/amend", reports.amend, name="amend"),
    path("results/<observation_id>/cancel", reports.cancel, name="cancel-result"),
    path("calls", calling.calls, name="calls"),
    path("calls/<task_id>", calling.call, name="call"),
    path("quality", quality.devices, name="quality"),
    path("quality/lots", quality.lots, name="lots"),
    path("quality/lots/<lot_id>/withdraw", quality.withdraw, name="withdraw-lot"),
    path("quality/autoverification", quality.autoverification, name="autoverification"),
    path("quality/autoverification/<test>", quality.switch, name="switch-autoverification"),
    path("quality/<device_id>", quality.device, name="quality-device"),
    path("quality/<device_id>/points/<observation_id>", quality.exclude, name="exclude-control"),
]
