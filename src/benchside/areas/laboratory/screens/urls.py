"""Addresses of the laboratory's screens, at the root of the site. The name of an address is the name of its place."""

from django.urls import URLPattern, path

from benchside.areas.laboratory.screens import board, clarifying, collecting, identifying, labels, load, scanning, task, unable, worklist
from benchside.areas.laboratory.screens.bench_urls import bench_urlpatterns
from benchside.areas.laboratory.screens.clinician_urls import clinician_urlpatterns

urlpatterns: list[URLPattern] = [
    *bench_urlpatterns,
    path("board", board.show, name="board"),
    path("board.csv", board.csv, name="board-csv"),
    path("board.xlsx", board.xlsx, name="board-xlsx"),
    path("load", load.show, name="load"),
    path("worklist", worklist.show, name="worklist"),
    path("worklist/rows", worklist.rows, name="worklist-rows"),
    path("scan", scanning.scan, name="scan"),
    path("work/<str:task_id>", task.show, name="work"),
    path("work/<str:task_id>/next", task.next_step, name="next-step"),
    path("work/<str:task_id>/claim", worklist.claim, name="claim"),
    path("work/<str:task_id>/release", worklist.release, name="release"),
    path("work/<str:task_id>/assign", worklist.assign, name="assign"),
    path("work/<str:task_id>/identify", identifying.identify, name="identify"),
    path("work/<str:task_id>/tell-lead", identifying.tell_lead, name="tell-lead"),
    path("work/<str:task_id>/collect", collecting.collect, name="collect"),
    path("work/<str:task_id>/clarify", clarifying.clarify, name="clarify"),
    path("work/<str:task_id>/unable", unable.unable, name="unable"),
    path("work/<str:task_id>/labels", labels.ask, name="labels"),
    path("work/<str:task_id>/labels/state", labels.state, name="labels-state"),
    path("labels/<int:job_id>/again", labels.again, name="labels-again"),
    path("labels/<int:job_id>/there", labels.there, name="labels-there"),
    path("specimens/<str:specimen_id>/reprint", labels.reprint, name="reprint"),
    path("patients/<str:patient_id>/wristband", labels.wristband, name="wristband"),
    *clinician_urlpatterns,
]
