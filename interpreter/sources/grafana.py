"""Grafana Alerting's webhook contact point, to one event per alert.

Responsible for that one format: Alertmanager's shape, with links to panels and the values that the
rule computed. A member that cannot be read becomes a problem in its place. Never raises.
Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/
manage-contact-points/integrations/webhook-notifier/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from interlock.interpreter.sources.alertmanager import Dialect, normalise_notification

if TYPE_CHECKING:
    from interlock.interpreter.sources.delivery import Members, Problem
    from interlock.interpreter.sources.profile import SourceProfile

_GRAFANA: Final = Dialect(
    sender="Grafana",
    version="1",
    links={
        "generatorURL": "generator_url",
        "silenceURL": "silence_url",
        "dashboardURL": "dashboard_url",
        "panelURL": "panel_url",
        "imageURL": "image_url",
    },
    metrics="values",
)


def normalise_grafana(body: Any, profile: SourceProfile) -> Members | Problem:
    """Return a member for each alert of the notification, in its order."""
    return normalise_notification(body, profile, _GRAFANA)
