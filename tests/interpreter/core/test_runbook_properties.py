"""What holds of every runbook, whatever its shape and however its calls end.

Shapes, outcomes and people's words come from a seeded random source. The checks keep a model of
their own (which call was answered how) and read the engine's records only.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from interlock.interpreter.core.event import OutcomeInput, OutcomeStatus
from interlock.rulebook import compile_rulebook
from support.story import Story

SHAPES = 800
INPUTS_MAX = 80
HEAD = """\
lifecycle: {extend: default, states: [AWAY]}
severity_matrix:
  P2: {auto_remediation: true, notification_channels: [chat]}
notification_channels: {chat: {type: log}}
workflow_rules:
  - {transition: DETECTED -> MITIGATING, validator: severity_defined, action: book}
  - {transition: MITIGATING -> AWAY, trigger: [go.away]}
remediation_hooks:
  - {id: act, endpoint: "https://api.internal/act", idempotency_key: key}
  - {id: back, endpoint: "https://api.internal/back", idempotency_key: key}
  - {id: ask, endpoint: "https://api.internal/ask", automation: ask}
"""
END = {"runbook.succeeded", "runbook.failed", "runbook.undone"}
OVER = {"succeeded", "failed", "skipped", "cancelled", "undone"}


class Shape:
    """A random runbook: groups of steps, each with options of its own."""

    def __init__(self, rng: random.Random) -> None:
        self.groups: list[list[dict[str, Any]]] = []
        number = 0
        for _ in range(rng.randint(1, 4)):
            group = []
            for _ in range(rng.choice([1, 1, 2, 3])):
                number += 1
                group.append(self._step(rng, f"s{number}"))
            self.groups.append(group)
        self.steps = {step["id"]: step for group in self.groups for step in group}
        self.order = list(self.steps)

    def _step(self, rng: random.Random, name: str) -> dict[str, Any]:
        step = {"id": name, "hook": rng.choice(["act", "act", "act", "ask"])}
        step["on_failure"] = rng.choice(["stop", "continue", "escalate", "undo", "undo"])
        if rng.random() < 0.6:
            step["undo"] = "{hook: back}"
        if rng.random() < 0.3:
            step["verify"] = rng.choice(
                [
                    f"'steps.{name}.result == 1'",
                    f"{{guard: 'steps.{name}.result == 1', after: 30s}}",
                    "{guard: 'incident.metrics.ok > 0.5', within: 30s, every: 10s}",
                ]
            )
        if rng.random() < 0.2:
            step["when"] = rng.choice(["'true'", "'false'", "'incident.metrics.no > 1.0'"])
        return step

    @property
    def text(self) -> str:
        """The rulebook."""
        lines = [HEAD + "runbooks:\n  book:\n    steps:"]
        for group in self.groups:
            flows = ["{" + ", ".join(f"{k}: {v}" for k, v in step.items()) + "}" for step in group]
            if len(flows) == 1:
                lines.append(f"      - {flows[0]}")
            else:
                lines.append("      - parallel:")
                lines += [f"          - {flow}" for flow in flows]
        return "\n".join(lines) + "\n"


class Run:
    """One incident on one shape, driven by random inputs; every record is checked."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.shape = Shape(self.rng)
        self.story = Story(compile_rulebook(self.shape.text, name=f"shape-{seed}"))
        self.unanswered: list[Any] = []
        self.carried_out: set[str] = set()
        self.doubtful: set[str] = set()
        self.keys: set[str] = set()
        self.ends: list[str] = []
        self.undone: list[str] = []
        self.stopped = False
        self.left = False
        self.undos_asked = 0
        self.take(self.story.alert(severity="P2", metrics={"ok": self.rng.choice([0.0, 1.0])}))

    def statuses(self) -> dict[str, str]:
        return {p: step.status.value for p, step in self.story.incident.steps.items()}

    def take(self, decision: Any) -> None:
        """Check a decision against the model, then take it into the model."""
        record = decision.records[0]
        calls = [effect for effect in record.effects if effect.__struct_config__.tag == "hook"]
        for call in calls:
            assert call.key not in self.keys, "a key was used before"
            self.keys.add(call.key)
            name, _, undo = call.path.removeprefix("book/").partition("#")
            if undo:
                self._check_undo(name)
            elif name in self.doubtful:
                assert decision.records[0].input.event.type == "runbook.start"
            else:
                assert not self.stopped, "a step was asked for after a stop"
                assert not self.left, "a step was asked for after the state was left"
                self._check_order(name)
        self.unanswered += calls
        self.ends += [
            change.type
            for change in record.changes
            if change.__struct_config__.tag == "raised" and change.type in END
        ]
        for change in record.changes:
            if change.__struct_config__.tag == "step" and change.to == "failed":
                step = self.shape.steps[change.step.id]
                is_undo = change.step.undoes is not None
                self.stopped |= not is_undo and step["on_failure"] != "continue"

    def _check_undo(self, name: str) -> None:
        assert name in self.carried_out, "an undo of what was not carried out"
        assert "undo" in self.shape.steps[name], "an undo that nobody wrote"
        later = self.shape.order[self.shape.order.index(name) + 1 :]
        pending = [call.path for call in self.unanswered if call.path.endswith("#undo")]
        assert not pending, "two undos at a time"
        for other in later:
            has_undo = "undo" in self.shape.steps[other]
            if other in self.carried_out and has_undo:
                status = self.statuses().get(f"book/{other}#undo")
                assert status in ("failed", "observed"), "an undo out of order"

    def _check_order(self, name: str) -> None:
        place = next(i for i, group in enumerate(self.shape.groups) if self._holds(group, name))
        for group in self.shape.groups[:place]:
            for step in group:
                assert self.statuses()[f"book/{step['id']}"] in OVER, "a group began too early"

    def _holds(self, group: list[dict[str, Any]], name: str) -> bool:
        return any(step["id"] == name for step in group)

    def answer(self, call: Any, status: str) -> None:
        """Let a call end; whether its step was carried out is the model's to remember."""
        self.unanswered.remove(call)
        name, _, undo = call.path.removeprefix("book/").partition("#")
        if status == "in_doubt":
            self.doubtful.add(name)
        elif status == "succeeded":
            if undo:
                self.carried_out.discard(name)
                self.undone.append(name)
            else:
                self.carried_out.add(name)
        outcome = OutcomeInput(
            key=call.key,
            path=call.path,
            status=OutcomeStatus(status),
            result=self.rng.choice([1, 2]),
            detail=None if status == "succeeded" else status,
        )
        self.take(self.story.receive(outcome))
        if self.rng.random() < 0.2:
            again = self.story.receive(outcome)
            assert not again.records[0].effects, "an outcome was taken in twice"

    def step(self) -> bool:
        """Feed one input; False when nothing is left to happen by itself."""
        rng, story = self.rng, self.story
        statuses = set(self.statuses().values())
        chance = rng.random()
        if chance < 0.03 and not self.left:
            self.left = True
            self.take(story.say("go.away"))
        elif chance < 0.08:
            decision = story.say("runbook.undo")
            self.undos_asked += decision.disposition == "applied"
            self.stopped |= decision.disposition == "applied"
            self.take(decision)
        elif self.unanswered:
            call = rng.choice(self.unanswered)
            if rng.random() < 0.1 and not self.left:
                self.answer(call, "in_doubt")
            else:
                self.answer(call, rng.choice(["succeeded", "succeeded", "succeeded", "failed"]))
        elif due := [t for t in story.incident.timers.values() if t.name.startswith("verify/")]:
            self.take(story.timer(rng.choice(due).name))
        elif statuses & {"waiting", "in_doubt"} and not self.left:
            self.take(story.say("runbook.start"))
        else:
            return False
        return True

    def check_end(self) -> None:
        """Every run that was not left has ended, and said so once."""
        statuses = self.statuses()
        begun = {s for path, s in statuses.items() if "#" not in path}
        if self.left:
            assert not {"planned", "pending", "verifying"} & begun
            return
        assert not {"planned", "pending", "verifying", "waiting"} & set(statuses.values())
        assert 1 <= len(self.ends) <= 1 + self.undos_asked, self.ends
        if self.ends[-1] == "runbook.undone":
            left = {n for n in self.carried_out if "undo" in self.shape.steps[n]}
            assert not left, "undone, and not everything was taken back"
        if self.ends == ["runbook.succeeded"]:
            assert not self.stopped
        assert sorted(self.undone) == sorted(set(self.undone)), "taken back twice"


def run(seed: int) -> Run:
    """Drive one shape to its end."""
    world = Run(seed)
    try:
        for _ in range(INPUTS_MAX):
            if not world.step():
                break
        else:
            pytest.fail("it never ends")
        world.check_end()
    except BaseException as error:
        error.add_note(f"seed {seed}:\n{world.shape.text}\n{world.statuses()}\n{world.ends}")
        raise
    return world


@pytest.mark.parametrize("block", range(8))
def test_every_runbook_keeps_its_order_and_comes_to_an_end(block):
    for seed in range(block * SHAPES // 8, (block + 1) * SHAPES // 8):
        run(seed)


def test_the_random_runbooks_meet_every_kind_of_end():
    worlds = [run(seed) for seed in range(SHAPES // 4)]
    ends = {world.ends[-1] for world in worlds if world.ends}
    assert ends == END
    assert any(world.left for world in worlds)
    assert any(world.undone for world in worlds)
    met = set().union(*(world.statuses().values() for world in worlds))
    assert met >= {"succeeded", "failed", "skipped", "cancelled", "undone"}
