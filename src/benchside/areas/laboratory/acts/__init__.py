"""The acts of the laboratory's way: order, collect, receive, result, call, acknowledge. docs/main_job.md lists them."""

from benchside.areas.laboratory.acts.acknowledging import acknowledge_reports
from benchside.areas.laboratory.acts.amending import amend_result, cancel_result
from benchside.areas.laboratory.acts.arriving_orders import clarify_order
from benchside.areas.laboratory.acts.calling import (
    acknowledge_report,
    call_critical_value,
    call_due,
    escalate_overdue,
    send_message,
)
from benchside.areas.laboratory.acts.collecting import (
    Draw,
    ScannedTube,
    collect_specimens,
    confirm_labels,
    print_labels,
    record_unable_to_collect,
    reprint_label,
)
from benchside.areas.laboratory.acts.controlling import (
    ControlValue,
    NewLot,
    exclude_control,
    record_control_result,
    register_lot,
    withdraw_lot,
)
from benchside.areas.laboratory.acts.identifying import identify_patient
from benchside.areas.laboratory.acts.messages import answer_message, read_message
from benchside.areas.laboratory.acts.order_rules import OrderItem, Repeat
from benchside.areas.laboratory.acts.ordering import cancel_order, cancel_requisition, place_order
from benchside.areas.laboratory.acts.planning import plan_collection
from benchside.areas.laboratory.acts.receiving import aliquot, centrifuge, receive_specimen, reject_specimen
from benchside.areas.laboratory.acts.resulting import EnteredValue, enter_result, verify_result
from benchside.areas.laboratory.acts.working import assign_work, claim_work, release_work

__all__ = [
    "ControlValue",
    "Draw",
    "EnteredValue",
    "NewLot",
    "OrderItem",
    "Repeat",
    "ScannedTube",
    "acknowledge_report",
    "acknowledge_reports",
    "aliquot",
    "amend_result",
    "answer_message",
    "assign_work",
    "call_critical_value",
    "call_due",
    "cancel_order",
    "cancel_requisition",
    "cancel_result",
    "centrifuge",
    "claim_work",
    "clarify_order",
    "collect_specimens",
    "confirm_labels",
    "enter_result",
    "escalate_overdue",
    "exclude_control",
    "identify_patient",
    "place_order",
    "plan_collection",
    "print_labels",
    "read_message",
    "receive_specimen",
    "record_control_result",
    "record_unable_to_collect",
    "register_lot",
    "reject_specimen",
    "release_work",
    "reprint_label",
    "send_message",
    "verify_result",
    "withdraw_lot",
]
