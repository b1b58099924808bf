"""One alert of each sender, as it fires and as it ends, after the page its module or map names.

The payloads are written by hand in the documented shapes; `Sample` says what they must come to.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A sender's two bodies; `resolved` is None for a sender that knows no end."""

    type: str
    firing: Any
    resolved: Any
    severity: str | None
    title: str
    labels: dict[str, str]
    starts_at: str | None = None
    ends_at: str | None = None
    links: dict[str, str] = field(default_factory=dict)
    batch: str | None = None
    """How several alerts stand in one body: `list`, the key of a list, or None: it is one."""


def _grafana(status: str, **more: Any) -> dict[str, Any]:
    alert = {
        "status": status,
        "labels": {"alertname": "High memory usage", "team": "blue", "severity": "critical"},
        "annotations": {"summary": "Memory is short in us-1"},
        "startsAt": "2026-10-12T09:51:03.157076+02:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://play.grafana.test/alerting/1afz29v7z/edit",
        "fingerprint": "c6eadffa33fcdf37",
        "silenceURL": "https://play.grafana.test/alerting/silence/new?x=1",
        "dashboardURL": "",
        "panelURL": "",
        "values": {"B": 44.2, "C": 1},
        **more,
    }
    return {"receiver": "hook", "status": status, "orgId": 1, "version": "1", "alerts": [alert]}


def _alertmanager(status: str, **more: Any) -> dict[str, Any]:
    body = _grafana(status, **more)
    body["version"] = "4"
    for name in ("values", "silenceURL", "dashboardURL", "panelURL"):
        del body["alerts"][0][name]
    return body


def _datadog(transition: str) -> dict[str, Any]:
    return {
        "alert_id": "1234",
        "alert_title": f"[{transition} on {{host:web-1}}] High load",
        "alert_transition": transition,
        "alert_priority": "P2",
        "alert_type": "error",
        "alert_scope": "host:web-1",
        "alert_cycle_key": "5678",
        "hostname": "web-1",
        "tags": "env:prod,team:core,monitor",
        "date": "1790000000000",
        "link": "https://app.datadoghq.test/monitors/1234",
        "body": "load is high",
    }


def _sentry_metric(action: str) -> dict[str, Any]:
    return {
        "action": action,
        "data": {
            "description_title": "Too many errors",
            "description_text": "1000 events in the last 10 minutes",
            "web_url": "https://sentry.test/alerts/4/",
            "metric_alert": {
                "id": "4",
                "projects": ["shop"],
                "alert_rule": {"id": 9, "name": "Too many errors", "environment": "prod"},
                "date_started": "2026-09-09T12:00:00Z",
                "date_closed": "2026-09-09T12:30:00Z" if action == "resolved" else None,
            },
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    }


def _pagerduty(kind: str) -> dict[str, Any]:
    return {
        "event": {
            "id": "01BBYA8QQ4",
            "event_type": kind,
            "resource_type": "incident",
            "occurred_at": "2026-10-02T18:45:22.169Z",
            "data": {
                "id": "PGR0VU2",
                "type": "incident",
                "self": "https://api.pagerduty.test/incidents/PGR0VU2",
                "html_url": "https://acme.pagerduty.test/incidents/PGR0VU2",
                "number": 2,
                "title": "A little bump in the road",
                "service": {"id": "PF9KMXH", "summary": "API"},
                "urgency": "high",
                "priority": {"id": "PSO75BM", "summary": "P1"},
            },
        }
    }


def _pagerduty_event(action: str) -> dict[str, Any]:
    return {
        "routing_key": "R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY00",
        "event_action": action,
        "dedup_key": "srv01/HTTP",
        "payload": {
            "summary": "Disk is full",
            "source": "srv01",
            "severity": "error",
            "timestamp": "2026-07-17T08:42:58.315Z",
            "component": "mysql",
        },
        "client": "Nagios",
        "client_url": "https://nagios.test/srv01",
    }


def sns(message: Any, **more: Any) -> dict[str, Any]:
    """Return a notification of SNS as it comes over HTTP."""
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic",
        "Subject": "ALARM",
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-05-02T00:54:06.655Z",
        "SignatureVersion": "2",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.us-west-2.amazonaws.com/cert.pem",
        **more,
    }


def cloudwatch_alarm(state: str) -> dict[str, Any]:
    """Return the message of a CloudWatch alarm."""
    return {
        "AlarmName": "HighCPU",
        "AlarmDescription": "CPU is high",
        "AWSAccountId": "123456789012",
        "NewStateValue": state,
        "NewStateReason": "Threshold Crossed: 1 datapoint",
        "StateChangeTime": "2026-05-02T00:54:06.655+0000",
        "Region": "US West (Oregon)",
        "AlarmArn": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:HighCPU",
        "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/EC2",
            "Dimensions": [{"name": "InstanceId", "value": "i-1"}],
        },
    }


def _otlp(status: str | None) -> dict[str, Any]:
    attributes = [{"key": "exception.type", "value": {"stringValue": "Timeout"}}]
    if status:
        attributes.append({"key": "interlock.status", "value": {"stringValue": status}})
    log = {
        "timeUnixNano": "1790000000000000000",
        "severityNumber": 17,
        "severityText": "Error",
        "body": {"stringValue": "upstream timed out"},
        "attributes": attributes,
        "traceId": "5b8aa5a2d2c872e8321cf37308d69df2",
    }
    service = {"key": "service.name", "value": {"stringValue": "checkout"}}
    scopes = [{"scope": {"name": "http"}, "logRecords": [log]}]
    return {"resourceLogs": [{"resource": {"attributes": [service]}, "scopeLogs": scopes}]}


def _cloudevent(kind: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "A234-1234",
        "source": "/sensors/7",
        "type": f"test.alert.{kind}",
        "subject": "overheated",
        "time": "2026-04-05T17:31:00Z",
        "datacontenttype": "application/json",
        "data": {"severity": "critical", "labels": {"room": "7"}},
    }


def _gcp(state: str) -> dict[str, Any]:
    return {
        "version": "1.2",
        "incident": {
            "incident_id": "0.opqiw61fsv7p",
            "scoping_project_id": "internal-project",
            "url": "https://console.cloud.google.test/alerts/0.opqiw61fsv7p",
            "started_at": 1790000000,
            "ended_at": 1790000600 if state == "closed" else None,
            "state": state,
            "severity": "Error",
            "summary": "CPU of web-1 is above 0.5",
            "resource": {"type": "gce_instance", "labels": {"zone": "us-1"}},
            "resource_name": "web-1",
            "metric": {"type": "compute.googleapis.com/instance/cpu/utilization"},
            "policy_name": "CPU",
            "condition_name": "VM CPU",
        },
    }


def _azure(condition: str) -> dict[str, Any]:
    essentials = {
        "alertId": "/subscriptions/1/alerts/b9569717",
        "alertRule": "WCUS-R2-Gen2",
        "severity": "Sev1",
        "signalType": "Metric",
        "monitorCondition": condition,
        "monitoringService": "Platform",
        "alertTargetIDs": ["/subscriptions/1/vm/wcus-r2-gen2"],
        "configurationItems": ["wcus-r2-gen2"],
        "firedDateTime": "2026-03-22T13:58:24.3713213Z",
        "description": "too hot",
        "essentialsVersion": "1.0",
    }
    if condition == "Resolved":
        essentials["resolvedDateTime"] = "2026-03-22T14:03:16.2246313Z"
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {"essentials": essentials, "alertContext": {"properties": None}},
    }


def _newrelic(state: str) -> dict[str, Any]:
    return {
        "issueId": "2b1c",
        "issueUrl": "https://radar.newrelic.test/i/2b1c",
        "title": ["Error rate is high"],
        "priority": "CRITICAL",
        "state": state,
        "createdAt": 1790000000000,
        "closedAt": 1790000600000 if state == "CLOSED" else None,
        "conditionName": ["Errors"],
        "entityName": ["shop"],
        "policyName": ["Golden"],
    }


def _zabbix(value: str) -> dict[str, Any]:
    return {
        "event_id": "42",
        "event_value": value,
        "event_update_status": "0",
        "event_nseverity": "4",
        "event_name": "Disk is full",
        "event_tags": "service:db,scope:capacity",
        "event_opdata": "97 %",
        "trigger_id": "1701",
        "host": "db-1",
        "host_group": "Databases",
        "event_url": "https://zabbix.test/tr_events.php?triggerid=1701&eventid=42",
        "alert_message": "Only 3 % left",
    }


def _icinga(kind: str) -> dict[str, Any]:
    return {
        "notification_type": kind,
        "host_name": "web-1",
        "host_address": "192.0.2.7",
        "host_state": "UP",
        "service_name": "http",
        "service_state": "OK" if kind == "RECOVERY" else "CRITICAL",
        "output": "HTTP CRITICAL - timeout",
        "last_state_change": "1790000000.5",
        "url": "https://icinga.test/web-1/http",
    }


def _nagios(kind: str) -> dict[str, Any]:
    return {
        "NOTIFICATIONTYPE": kind,
        "HOSTNAME": "web-1",
        "HOSTADDRESS": "192.0.2.7",
        "HOSTSTATE": "UP",
        "SERVICEDESC": "http",
        "SERVICESTATE": "OK" if kind == "RECOVERY" else "CRITICAL",
        "SERVICEOUTPUT": "HTTP CRITICAL - timeout",
        "LASTSERVICESTATECHANGE": "1790000000",
        "SERVICEPROBLEMID": "7",
        "SERVICEACTIONURL": "https://nagios.test/web-1/http",
    }


def _checkmk(kind: str) -> dict[str, Any]:
    body = _nagios(kind) | {"OMD_SITE": "prod", "SERVICECONTACTGROUPNAMES": "web"}
    del body["SERVICEACTIONURL"]
    return body


def _elastic(group: str) -> dict[str, Any]:
    return {
        "rule": {
            "id": "r1",
            "name": "CPU",
            "spaceId": "default",
            "tags": ["infra"],
            "url": "https://kibana.test/rule/r1",
        },
        "alert": {"id": "host-1", "actionGroup": group},
        "severity": "high",
        "reason": "CPU is 97 %",
        "alertDetailsUrl": "https://kibana.test/alert/1",
    }


def _opsgenie(action: str) -> dict[str, Any]:
    return {
        "action": action,
        "alert": {
            "alertId": "052652ac",
            "message": "test alert",
            "tags": ["db"],
            "tinyId": "23",
            "entity": "db-1",
            "alias": "aliastest",
            "createdAt": 1790000000000,
            "priority": "P2",
            "description": "long",
            "source": "monitoring",
        },
        "integrationName": "Interlock",
    }


def _pingdom(state: str) -> dict[str, Any]:
    return {
        "check_id": 12345,
        "check_name": "Shop",
        "check_type": "HTTP",
        "check_params": {"hostname": "www.example.test", "full_url": "https://www.example.test/"},
        "tags": ["shop"],
        "previous_state": "UP",
        "current_state": state,
        "importance_level": "HIGH",
        "state_changed_timestamp": 1790000000,
        "long_description": "Long error message",
        "description": "Short error message",
        "first_probe": {"location": "Stockholm, Sweden"},
    }


def _checkly(kind: str) -> dict[str, Any]:
    return {
        "alert_type": kind,
        "alert_title": 'Check "Shop" has failed',
        "check_id": "abc123",
        "check_name": "Shop",
        "check_type": "API",
        "error_message": "timeout",
        "run_location": "N. Virginia",
        "group_name": "Shops",
        "result_link": "https://app.checklyhq.test/r/1",
        "started_at": "2026-01-15T14:30:22.000Z",
        "tags": ["shop"],
    }


def _uptimerobot(kind: str) -> dict[str, Any]:
    return {
        "monitorID": "777",
        "monitorURL": "https://www.example.test/",
        "monitorFriendlyName": "Shop",
        "alertType": kind,
        "alertTypeFriendlyName": "Up" if kind == "2" else "Down",
        "alertDetails": "HTTP 503",
        "alertDateTime": "1790000000",
    }


def _kubernetes() -> dict[str, Any]:
    return {
        "kind": "Event",
        "apiVersion": "v1",
        "metadata": {"name": "web.17"},
        "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "shop", "uid": "u-1"},
        "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "type": "Warning",
        "source": {"component": "kubelet", "host": "node-1"},
        "firstTimestamp": "2026-01-15T14:30:22Z",
    }


_SPLUNK = {
    "result": {"sourcetype": "mongod", "count": "8", "host": "db-1"},
    "sid": "scheduler_admin_search_W2_at_14232356_132",
    "results_link": "https://splunk.test/app/search/@go?sid=1",
    "search_name": "Too many errors",
    "owner": "admin",
    "app": "search",
}
_EPOCH = "2026-09-21T14:13:20Z"

SAMPLES = [
    Sample(
        "alertmanager",
        _alertmanager("firing"),
        _alertmanager("resolved", endsAt="2026-10-12T10:00:00Z"),
        "P1",
        "Memory is short in us-1",
        {"team": "blue", "alertname": "High memory usage"},
        "2026-10-12T07:51:03.157076Z",
        "2026-10-12T10:00:00Z",
        {"generator_url": "https://play.grafana.test/alerting/1afz29v7z/edit"},
        "alerts",
    ),
    Sample(
        "grafana",
        _grafana("firing"),
        _grafana("resolved", endsAt="2026-10-12T10:00:00Z"),
        "P1",
        "Memory is short in us-1",
        {"team": "blue"},
        "2026-10-12T07:51:03.157076Z",
        "2026-10-12T10:00:00Z",
        {"silence_url": "https://play.grafana.test/alerting/silence/new?x=1"},
        "alerts",
    ),
    Sample(
        "datadog",
        _datadog("Triggered"),
        _datadog("Recovered"),
        "P2",
        "High load",
        {"env": "prod", "team": "core", "host": "web-1"},
        _EPOCH,
        _EPOCH,
        {"alert_url": "https://app.datadoghq.test/monitors/1234"},
        "list",
    ),
    Sample(
        "sentry",
        _sentry_metric("critical"),
        _sentry_metric("resolved"),
        "P1",
        "Too many errors",
        {"project": "shop", "environment": "prod"},
        "2026-09-09T12:00:00Z",
        "2026-09-09T12:30:00Z",
        {"alert_url": "https://sentry.test/alerts/4/"},
    ),
    Sample(
        "pagerduty",
        _pagerduty("incident.triggered"),
        _pagerduty("incident.resolved"),
        "P1",
        "A little bump in the road",
        {"service": "API", "urgency": "high"},
        "2026-10-02T18:45:22.169Z",
        "2026-10-02T18:45:22.169Z",
        {"alert_url": "https://acme.pagerduty.test/incidents/PGR0VU2"},
    ),
    Sample(
        "pagerduty-events",
        _pagerduty_event("trigger"),
        _pagerduty_event("resolve"),
        "P2",
        "Disk is full",
        {"host": "srv01", "component": "mysql"},
        "2026-07-17T08:42:58.315Z",
        None,
        {"alert_url": "https://nagios.test/srv01"},
        "list",
    ),
    Sample(
        "cloudwatch",
        sns(cloudwatch_alarm("ALARM")),
        sns(cloudwatch_alarm("OK")),
        None,
        "HighCPU",
        {"dimension_InstanceId": "i-1", "region": "us-west-2", "namespace": "AWS/EC2"},
        "2026-05-02T00:54:06.655Z",
        "2026-05-02T00:54:06.655Z",
        {
            "alert_url": "https://us-west-2.console.aws.amazon.com/cloudwatch/home"
            "?region=us-west-2#alarmsV2:alarm/HighCPU"
        },
    ),
    Sample(
        "otlp",
        _otlp(None),
        _otlp("resolved"),
        "P2",
        "upstream timed out",
        {"service.name": "checkout", "exception.type": "Timeout"},
        _EPOCH,
        None,
        {"trace_id": "5b8aa5a2d2c872e8321cf37308d69df2"},
        "resourceLogs",
    ),
    Sample(
        "cloudevents",
        _cloudevent("triggered"),
        _cloudevent("resolved"),
        "P1",
        "overheated",
        {"room": "7", "source": "/sensors/7"},
        "2026-04-05T17:31:00Z",
        "2026-04-05T17:31:00Z",
        batch="list",
    ),
    Sample(
        "gcp",
        _gcp("open"),
        _gcp("closed"),
        "P2",
        "CPU: VM CPU",
        {"resource": "web-1", "project": "internal-project"},
        _EPOCH,
        "2026-09-21T14:23:20Z",
        {"alert_url": "https://console.cloud.google.test/alerts/0.opqiw61fsv7p"},
        "list",
    ),
    Sample(
        "azure",
        _azure("Fired"),
        _azure("Resolved"),
        "P2",
        "WCUS-R2-Gen2",
        {"resource": "wcus-r2-gen2", "signal": "Metric"},
        "2026-03-22T13:58:24.3713213Z",
        "2026-03-22T14:03:16.2246313Z",
        batch="list",
    ),
    Sample(
        "newrelic",
        _newrelic("ACTIVATED"),
        _newrelic("CLOSED"),
        "P1",
        "Error rate is high",
        {"condition": "Errors", "entity": "shop"},
        _EPOCH,
        "2026-09-21T14:23:20Z",
        {"alert_url": "https://radar.newrelic.test/i/2b1c"},
        "list",
    ),
    Sample(
        "zabbix",
        _zabbix("1"),
        _zabbix("0"),
        "P2",
        "Disk is full",
        {"host": "db-1", "host_group": "Databases"},
        links={"alert_url": "https://zabbix.test/tr_events.php?triggerid=1701&eventid=42"},
        batch="list",
    ),
    Sample(
        "icinga",
        _icinga("PROBLEM"),
        _icinga("RECOVERY"),
        "P1",
        "web-1: http",
        {"host": "web-1", "service": "http", "address": "192.0.2.7"},
        "2026-09-21T14:13:20.5Z",
        None,
        {"alert_url": "https://icinga.test/web-1/http"},
        "list",
    ),
    Sample(
        "nagios",
        _nagios("PROBLEM"),
        _nagios("RECOVERY"),
        "P1",
        "web-1: http",
        {"host": "web-1", "service": "http"},
        _EPOCH,
        None,
        {"alert_url": "https://nagios.test/web-1/http"},
        "list",
    ),
    Sample(
        "checkmk",
        _checkmk("PROBLEM"),
        _checkmk("RECOVERY"),
        "P1",
        "web-1: http",
        {"host": "web-1", "service": "http", "site": "prod"},
        _EPOCH,
        batch="list",
    ),
    Sample(
        "splunk",
        _SPLUNK,
        None,
        None,
        "Too many errors",
        {"app": "search", "host": "db-1"},
        links={"alert_url": "https://splunk.test/app/search/@go?sid=1"},
        batch="list",
    ),
    Sample(
        "elastic",
        _elastic("metrics.threshold.fired"),
        _elastic("recovered"),
        "P2",
        "CPU",
        {"instance": "host-1", "space": "default"},
        links={"alert_url": "https://kibana.test/alert/1"},
        batch="list",
    ),
    Sample(
        "opsgenie",
        _opsgenie("Create"),
        _opsgenie("Close"),
        "P2",
        "test alert",
        {"alias": "aliastest", "entity": "db-1"},
        _EPOCH,
        None,
        {"alert_url": "https://app.opsgenie.com/alert/detail/052652ac"},
        "list",
    ),
    Sample(
        "pingdom",
        _pingdom("DOWN"),
        _pingdom("UP"),
        "P1",
        "Shop",
        {"host": "www.example.test", "check_type": "HTTP"},
        _EPOCH,
        _EPOCH,
        {"checked_url": "https://www.example.test/"},
        "list",
    ),
    Sample(
        "checkly",
        _checkly("ALERT_FAILURE"),
        _checkly("ALERT_RECOVERY"),
        "P1",
        'Check "Shop" has failed',
        {"check": "Shop", "location": "N. Virginia"},
        "2026-01-15T14:30:22Z",
        "2026-01-15T14:30:22Z",
        {"alert_url": "https://app.checklyhq.test/r/1"},
        "list",
    ),
    Sample(
        "uptimerobot",
        _uptimerobot("1"),
        _uptimerobot("2"),
        "P1",
        "Shop: Down",
        {"monitor": "Shop"},
        _EPOCH,
        None,
        {"checked_url": "https://www.example.test/"},
        "list",
    ),
    Sample(
        "kubernetes",
        _kubernetes(),
        None,
        "P3",
        "BackOff: Pod web-1",
        {"namespace": "shop", "node": "node-1"},
        "2026-01-15T14:30:22Z",
        batch="items",
    ),
]
