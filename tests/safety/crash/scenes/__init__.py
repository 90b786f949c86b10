"""Everything that is killed: requests, jobs, messages in and out."""

from tests.safety.crash.scenes.jobs import JOBS
from tests.safety.crash.scenes.messages import MESSAGES
from tests.safety.crash.scenes.requests import REQUESTS
from tests.safety.crash.scenes.rules import RULES
from tests.safety.crash.scenes.scene import Scene

SCENES: dict[str, Scene] = {scene.name: scene for scene in (*REQUESTS, *RULES, *MESSAGES, *JOBS)}

__all__ = ["SCENES", "Scene"]
