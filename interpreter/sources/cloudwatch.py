"""CloudWatch alarms as Amazon SNS delivers them, to one event.

Responsible for three forms of an alarm: in an SNS envelope, bare (raw message delivery), and as an
EventBridge event within either. Any other message of the topic is an alert that fires, with the
message for its description. Whether SNS sent it is not decided here. Never raises.
Source: https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from interlock.interpreter.sources.delivery import Problem
from interlock.interpreter.sources.fields import fingerprint_of
from interlock.interpreter.sources.member import (
    FIRING,
    RESOLVED,
    UPDATED,
    make_member,
    no_delivery,
    no_event,
)
from interlock.interpreter.sources.reading import list_at, part, text_at, texts
from interlock.interpreter.sources.strict_json import decode_json

if TYPE_CHECKING:
    from interlock.interpreter.sources.delivery import Members
    from interlock.interpreter.sources.profile import SourceProfile

_MESSAGE_BYTES_MAX: Final = 2**20
_TYPES: Final = {"ALARM": FIRING, "OK": RESOLVED, "INSUFFICIENT_DATA": UPDATED}
_OFFSET: Final = re.compile(r"([+-]\d\d)(\d\d)$")
_ARN_REGION: Final = re.compile(r"arn:aws[\w-]*:cloudwatch:([a-z0-9-]+):")


def normalise_cloudwatch(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return the one event of a delivery."""
    if not isinstance(body, dict):
        return no_delivery("SNS sends a JSON object")
    kind = text_at(body, "Type")
    if kind is not None and kind != "Notification":
        return (no_event(f"a {kind[:40]} of SNS is no alert", body),)
    sent = body if kind is None else {**body, "Message": _message(body.get("Message"))}
    alarm = sent if kind is None else sent["Message"]
    payload: dict[str, Any] | None = None
    remarks: list[str] = []
    if "NewStateValue" in alarm if isinstance(alarm, dict) else False:
        state, payload = text_at(alarm, "NewStateValue"), _alarm(alarm)
    elif isinstance(part(alarm, "detail", "state"), dict):
        state, payload = text_at(alarm, "detail", "state", "value"), _event(alarm)
    if payload is None:
        if kind is None:
            return (no_event("neither an SNS notification nor an alarm", body),)
        remarks.append("the message is no CloudWatch alarm; taken as firing")
        return (make_member(FIRING, _other(sent), sent, profile, remarks=remarks),)
    if state not in _TYPES:
        remarks.append("the alarm's state is none we know; taken as ALARM")
    type_ = _TYPES.get(state or "", FIRING)
    time = _instant(payload.pop("time"))
    payload["starts_at"] = time if type_ == FIRING else None
    payload["ends_at"] = time if type_ == RESOLVED else None
    return (make_member(type_, payload, sent, profile, remarks=remarks),)


def _message(text: Any) -> Any:
    """Return what the message holds, where it is the JSON we read; else the message."""
    if not isinstance(text, str):
        return text
    read = decode_json(text.encode(), bytes_max=_MESSAGE_BYTES_MAX)
    return text if isinstance(read, Problem) else read


def _alarm(alarm: dict[str, Any]) -> dict[str, Any]:
    name, arn = text_at(alarm, "AlarmName"), text_at(alarm, "AlarmArn")
    account = text_at(alarm, "AWSAccountId")
    dimensions = {
        f"dimension_{text_at(entry, 'name')}": part(entry, "value")
        for entry in list_at(alarm, "Trigger", "Dimensions")
        if text_at(entry, "name")
    }
    return {
        "fingerprint": arn or fingerprint_of([account, alarm.get("Region"), name]),
        "title": name,
        "summary": text_at(alarm, "AlarmDescription") or name,
        "description": text_at(alarm, "NewStateReason"),
        "labels": texts(
            **dimensions,
            alertname=name,
            account=account,
            region=_region(arn) or alarm.get("Region"),
            namespace=part(alarm, "Trigger", "Namespace"),
            metric=part(alarm, "Trigger", "MetricName"),
        ),
        "metadata": _links(arn, name),
        "time": alarm.get("StateChangeTime"),
    }


def _event(event: dict[str, Any]) -> dict[str, Any]:
    """Return an alarm as EventBridge tells of it (`CloudWatch Alarm State Change`)."""
    name = text_at(event, "detail", "alarmName")
    resources = [arn for arn in list_at(event, "resources") if isinstance(arn, str) and arn]
    arn = resources[0] if resources else None
    return {
        "fingerprint": arn or fingerprint_of([event.get("account"), event.get("region"), name]),
        "title": name,
        "description": text_at(event, "detail", "state", "reason"),
        "labels": texts(alertname=name, account=event.get("account"), region=event.get("region")),
        "metadata": _links(arn, name),
        "time": part(event, "detail", "state", "timestamp") or event.get("time"),
    }


def _other(sent: dict[str, Any]) -> dict[str, Any]:
    message = sent.get("Message")
    subject = text_at(sent, "Subject")
    return {
        "fingerprint": fingerprint_of([sent.get("TopicArn"), subject or message]),
        "title": subject or (message if isinstance(message, str) else None),
        "description": message if isinstance(message, str) else None,
        "labels": texts(topic=sent.get("TopicArn")),
    }


def _links(arn: str | None, name: str | None) -> dict[str, str]:
    """Return the alarm's page in the console; there is none in what SNS sends."""
    region = _region(arn)
    if region is None or name is None:
        return {}
    page = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return {"alert_url": f"{page}#alarmsV2:alarm/{quote(name, safe='')}"}


def _region(arn: str | None) -> str | None:
    found = _ARN_REGION.match(arn) if arn else None
    return found[1] if found else None


def _instant(time: Any) -> Any:
    """Return a time as RFC 3339: CloudWatch writes +0000 for +00:00."""
    return _OFFSET.sub(r"\1:\2", time) if isinstance(time, str) else time
